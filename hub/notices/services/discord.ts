/**
 * Discord: a webhook whose text is Markdown. Every character that means something there is escaped, nobody can be mentioned,
 * and links get no preview.
 */
import type { ChannelSettings } from '../channel.ts';
import type { HttpRequest } from '../http-sender.ts';
import type { NoticeMessage } from '../notice.ts';
import { characters, fitLines, linesOf, titleOf } from '../notice-text.ts';

const contentMax = 2_000;
/** SUPPRESS_EMBEDS, 1 << 2. */
const withoutPreviews = 4;

export function toDiscordRequest(settings: ChannelSettings<'discord'>, message: NoticeMessage): HttpRequest {
  const title = `**${escapeDiscord(titleOf(message))}**`;
  const lines = linesOf(message).map(escapeDiscord);
  const content = fitLines([title, ...lines], {
    sizeMax: contentMax,
    measure: characters,
    omittedCount: message.omittedCount,
  });
  return {
    method: 'POST',
    url: settings.url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ content, allowed_mentions: { parse: [] }, flags: withoutPreviews }),
  };
}

function escapeDiscord(text: string): string {
  return text.replace(/[\\*_~`|>[\]()#<@:-]/g, '\\$&');
}
