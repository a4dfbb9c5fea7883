/**
 * Slack: an incoming webhook with text that has no markup. `&`, `<` and `>` are the only characters by which links and
 * mentions (`<!channel>`, `<@U1>`, `<http://a|b>`) are written; they are escaped, and markup is turned off beside.
 */
import type { ChannelSettings } from '../channel.ts';
import type { HttpRequest } from '../http-sender.ts';
import type { NoticeMessage } from '../notice.ts';
import { characters, fitLines, linesOf, titleOf } from '../notice-text.ts';

/** Longer texts are split into several messages at 4,000 characters. */
const textMax = 3_900;

export function toSlackRequest(settings: ChannelSettings<'slack'>, message: NoticeMessage): HttpRequest {
  const lines = [titleOf(message), '', ...linesOf(message)].map(escapeSlack);
  const text = fitLines(lines, { sizeMax: textMax, measure: characters, omittedCount: message.omittedCount });
  return {
    method: 'POST',
    url: settings.url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      text,
      mrkdwn: false,
      link_names: false,
      parse: 'none',
      unfurl_links: false,
      unfurl_media: false,
    }),
  };
}

function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
