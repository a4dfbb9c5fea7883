/** Events and messages for tests of what sends them. */
import type { NoticeEvent, NoticeMessage } from '../notices/notice.ts';

export const noticeAtMs = Date.UTC(2026, 10, 27, 2, 30, 0);

/** A disk of web-1 has fired. */
export function noticeEvent(changes: Partial<NoticeEvent> = {}): NoticeEvent {
  return {
    key: 'event-1',
    targetKey: 'target-1',
    kind: 'fired',
    isFiring: true,
    alertId: 7,
    ruleName: 'Disk nearly full',
    hostName: 'web-1',
    series: 'disk_used_ratio{mount="/"}',
    severity: 'critical',
    cause: 'limits',
    condition: 'above 0.9',
    value: 0.97,
    unit: 'ratio',
    message: '97 % of / is used',
    atMs: noticeAtMs,
    firedMs: noticeAtMs,
    resolvedMs: null,
    ...changes,
  };
}

export function resolvedEvent(changes: Partial<NoticeEvent> = {}): NoticeEvent {
  const resolvedMs = noticeAtMs + 720_000;
  return noticeEvent({
    key: 'event-2',
    kind: 'resolved',
    isFiring: false,
    message: '40 % of / is used',
    atMs: resolvedMs,
    resolvedMs,
    ...changes,
  });
}

export function noticeMessage(events: readonly NoticeEvent[], changes: Partial<NoticeMessage> = {}): NoticeMessage {
  return { key: 'message-1', groupKey: 'rule:1', events, omittedCount: 0, ...changes };
}

/** So many hosts whose disks have fired. */
export function manyEvents(count: number, changes: Partial<NoticeEvent> = {}): NoticeEvent[] {
  return Array.from({ length: count }, (_, index) =>
    noticeEvent({ key: `event-${index}`, targetKey: `target-${index}`, hostName: `web-${index}`, ...changes }),
  );
}

/** What hosts and people might be called to make trouble: markup, mentions, links, control characters, direction marks. */
export const hostileTexts: readonly string[] = [
  '<!channel> <!everyone> <!here>',
  '<@U012AB3CD> <#C012AB3CD>',
  '<https://evil.example|click here>',
  '@everyone @here',
  '<@123456789012345678> <@&123456789012345678>',
  '[click here](https://evil.example)',
  '**bold** __under__ ~~gone~~ `code` ||spoiler||',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '</li></ul><a href="https://evil.example">x</a>',
  '{{ .Secret }} {{7*7}} {{constructor.constructor("alert(1)")()}}',
  'a\r\nBcc: victim@example.com\r\n\r\n<b>body</b>',
  'a\u0000b\u001b[31mred\u0007',
  'a\u2028b\u2029c\u0085d',
  '\u202Emoc.live\u202C \u2066x\u2069',
  '# heading\n> quote\n- item\n1. item',
  '<t:1:R> <:smile:1> :smile:',
  '\uD800 half a pair \uDFFF',
  '&lt;b&gt; &amp; "quoted" \'single\'',
];
