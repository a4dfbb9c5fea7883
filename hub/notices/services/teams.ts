/**
 * Teams: a workflow's webhook gets an adaptive card. Texts are runs of a RichTextBlock, which knows no Markdown; a TextBlock
 * would make links of what a host is called.
 */
import type { ChannelSettings } from '../channel.ts';
import type { HttpRequest } from '../http-sender.ts';
import type { NoticeMessage } from '../notice.ts';
import { fitLines, isFiringIn, linesOf, titleOf } from '../notice-text.ts';

/** A message may take some 28 KB, the card around the text 1 KB. */
const textBytesMax = 20_000;

export function toTeamsRequest(settings: ChannelSettings<'teams'>, message: NoticeMessage): HttpRequest {
  const isFiring = isFiringIn(message);
  const text = fitLines(linesOf(message), {
    sizeMax: textBytesMax,
    measure: jsonBytes,
    omittedCount: message.omittedCount,
  });
  const title = { type: 'TextRun', text: titleOf(message), weight: 'Bolder', color: isFiring ? 'Attention' : 'Good' };
  const body = [
    { type: 'RichTextBlock', inlines: [title] },
    ...text.split('\n').map((line) => ({ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: line }] })),
  ];
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body,
  };
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
  return {
    method: 'POST',
    url: settings.url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'message', attachments: [attachment] }),
  };
}

/** As it stands in the card: escaped, and with a block around each line. */
function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) + 70 * text.split('\n').length;
}
