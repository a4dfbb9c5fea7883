/**
 * Telegram: sendMessage of a bot, as plain text without a parse mode. Plain text still turns "@name" into a mention, so a
 * word joiner stands behind each "@".
 */
import type { ChannelSettings } from '../channel.ts';
import type { HttpRequest } from '../http-sender.ts';
import type { NoticeMessage } from '../notice.ts';
import { characters, fitLines, linesOf, titleOf } from '../notice-text.ts';

export const telegramUrl = 'https://api.telegram.org';
const textMax = 4_096;

/** `baseUrl`: another server in tests. */
export function toTelegramRequest(
  settings: ChannelSettings<'telegram'>,
  message: NoticeMessage,
  baseUrl: string = telegramUrl,
): HttpRequest {
  const lines = [titleOf(message), '', ...linesOf(message)].map((line) => line.replaceAll('@', '@\u2060'));
  const text = fitLines(lines, { sizeMax: textMax, measure: characters, omittedCount: message.omittedCount });
  return {
    method: 'POST',
    url: `${baseUrl}/bot${settings.token}/sendMessage`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ chat_id: settings.chat, text, link_preview_options: { is_disabled: true } }),
  };
}
