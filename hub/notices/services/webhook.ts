/**
 * A receiver of somebody's own: JSON with every event, and a signature by which it knows us. It must drop events, or whole
 * messages, whose key it has seen: each is sent at least once.
 */
import { createHmac } from 'node:crypto';
import type { ChannelSettings } from '../channel.ts';
import type { HttpRequest } from '../http-sender.ts';
import type { NoticeEvent, NoticeMessage } from '../notice.ts';
import { isFiringIn, severityOf, titleOf } from '../notice-text.ts';

/** `nowMs` is in the signature, so that a receiver can refuse what is repeated much later by somebody else. */
export function toWebhookRequest(
  settings: ChannelSettings<'webhook'>,
  message: NoticeMessage,
  nowMs: number,
): HttpRequest {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const body = JSON.stringify({
    key: message.key,
    group: message.groupKey,
    title: titleOf(message),
    status: isFiringIn(message) ? 'firing' : 'resolved',
    severity: severityOf(message),
    omitted: message.omittedCount,
    events: message.events.map(bodyOf),
  });
  return {
    method: 'POST',
    url: settings.url,
    headers: {
      'content-type': 'application/json',
      'idempotency-key': message.key,
      'x-pulsewire-timestamp': timestamp,
      ...(settings.secret === null
        ? {}
        : { 'x-pulsewire-signature': `sha256=${signatureOf(settings.secret, `${timestamp}.${body}`)}` }),
    },
    body,
  };
}

function signatureOf(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

function bodyOf(event: NoticeEvent) {
  return {
    key: event.key,
    target: event.targetKey,
    kind: event.kind,
    status: event.isFiring ? 'firing' : 'resolved',
    alert: event.alertId,
    rule: event.ruleName,
    host: event.hostName,
    series: event.series,
    severity: event.severity,
    cause: event.cause,
    condition: event.condition,
    value: event.value,
    unit: event.unit,
    message: event.message,
    summary: event.summary ?? '',
    at: isoOf(event.atMs),
    fired_at: isoOf(event.firedMs),
    resolved_at: isoOf(event.resolvedMs),
  };
}

function isoOf(ms: number | null): string | null {
  return ms === null || Number.isNaN(new Date(ms).getTime()) ? null : new Date(ms).toISOString();
}
