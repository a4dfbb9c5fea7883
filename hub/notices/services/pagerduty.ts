/**
 * PagerDuty, Events API v2: an incident for each target, so a message becomes one request for each target in it, with its
 * newest state. Repeated requests change nothing there: the target is the deduplication key.
 */
import { cutText } from '#core/utf8.ts';
import type { ChannelSettings } from '../channel.ts';
import type { HttpRequest } from '../http-sender.ts';
import type { NoticeEvent, NoticeMessage } from '../notice.ts';
import { newestOfTargets, plainLine } from '../notice-text.ts';

export const pagerdutyUrl = 'https://events.pagerduty.com/v2/enqueue';
const keyMax = 255;
const summaryMax = 1_024;
const nameMax = 200;

/** In the order in which they must be sent. `url`: another server in tests. */
export function toPagerdutyRequests(
  settings: ChannelSettings<'pagerduty'>,
  message: NoticeMessage,
  url: string = pagerdutyUrl,
): HttpRequest[] {
  const newest = newestOfTargets(message.events);
  return newest.flatMap((event) => {
    const resolve = { event_action: 'resolve' };
    // Somebody tries the channel: an incident that ends at once.
    const bodies =
      event.kind === 'test' ? [triggerOf(event), resolve] : event.isFiring ? [triggerOf(event)] : [resolve];
    const dedup = { routing_key: settings.routingKey, dedup_key: event.targetKey.slice(0, keyMax) };
    return bodies.map((body) => ({
      method: 'POST' as const,
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...dedup, ...body }),
    }));
  });
}

function triggerOf(event: NoticeEvent): Record<string, unknown> {
  const hostName = plainLine(event.hostName, nameMax);
  const where = hostName === '' ? '' : ` on ${hostName}`;
  const text = plainLine(event.message, summaryMax);
  return {
    event_action: 'trigger',
    client: 'Pulsewire',
    payload: {
      summary: cutText(text === '' ? `${plainLine(event.ruleName, nameMax)}${where}` : text, summaryMax),
      source: hostName === '' ? 'pulsewire' : hostName,
      severity: event.severity,
      timestamp: new Date(event.firedMs ?? event.atMs).toISOString(),
      component: plainLine(event.series, nameMax),
      class: plainLine(event.ruleName, nameMax),
      custom_details: { condition: event.condition, value: event.value, unit: event.unit, kind: event.kind },
    },
  };
}
