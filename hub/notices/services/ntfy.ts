/**
 * ntfy: published as JSON to the root of the server, so that neither topic nor title stands in a header or a URL.
 */

import type { Severity } from '#core/rule-spec.ts';
import { cutText } from '#core/utf8.ts';
import type { ChannelSettings } from '../channel.ts';
import type { HttpRequest } from '../http-sender.ts';
import type { NoticeMessage } from '../notice.ts';
import { bytes, fitLines, isFiringIn, linesOf, severityOf, titleOf } from '../notice-text.ts';

/** A longer message is made an attachment: 4,096 bytes. */
const messageBytesMax = 4_000;
const titleMax = 200;

/** 5 rings through "do not disturb", 3 is ordinary. */
const priorities: Readonly<Record<Severity, number>> = { critical: 5, warning: 4, info: 3 };
/** Shown as emoji before the title. */
const tags: Readonly<Record<Severity, string>> = {
  critical: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
};

export function toNtfyRequest(settings: ChannelSettings<'ntfy'>, message: NoticeMessage): HttpRequest {
  const isFiring = isFiringIn(message);
  const severity = severityOf(message);
  return {
    method: 'POST',
    url: settings.url,
    headers: {
      'content-type': 'application/json',
      ...(settings.token === null ? {} : { authorization: `Bearer ${settings.token}` }),
    },
    body: JSON.stringify({
      topic: settings.topic,
      title: cutText(titleOf(message), titleMax),
      message: fitLines(linesOf(message), {
        sizeMax: messageBytesMax,
        measure: bytes,
        omittedCount: message.omittedCount,
      }),
      priority: isFiring ? priorities[severity] : priorities.info,
      tags: [isFiring ? tags[severity] : 'white_check_mark'],
    }),
  };
}
