/**
 * What each target begins with: real messages, bodies and addresses, made anew at each build from the examples that tests
 * hold, so that they cannot rot. What a run has found on top of them is in `corpus/`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BlockEncoder, joinBlock } from '#core/block.ts';
import { encodeMessage } from '#core/codec.ts';
import { overviewSeriesMax, subscribedHostsMax } from '#core/limits.ts';
import type { Message, StreamOffer } from '#core/message.ts';
import { goldenLayoutText, goldenMessages } from '#core/testing/golden-messages.ts';
import { defaultRules } from '../hub/alerting/default-rules.ts';
import { ruleBodyOf } from '../hub/routes/rule-body.ts';
import { joinParts } from './parts.ts';

type Example = Readonly<Record<string, unknown>>;

const alerts = JSON.parse(readFileSync(join(process.cwd(), 'config/alerts.json'), 'utf8')) as Readonly<
  Record<'rules' | 'channels' | 'downtimes', readonly Example[]>
>;
const golden = (from: string) => goldenMessages.filter((one) => one.from === from).map(({ message }) => message);
const ofKind = (kind: Message['kind']) => goldenMessages.map(({ message }) => message).filter((m) => m.kind === kind);
const hosts = { names: ['web-*'], tags: { role: 'web' }, not_names: ['*-test'], not_tags: { site: 'x' } };

/** By the name of the target. */
export const seeds: Readonly<Record<string, readonly (string | Uint8Array)[]>> = {
  message: goldenMessages.map(({ message }) => encodeMessage(message)),
  layout: [
    goldenLayoutText,
    '100\n',
    '3600000\na\t\tgauge\t86400\n',
    '1000\nCPU usage %\t%\tgauge\t1\nx{a="\\\\\\"\\n",b=""}\t1\tcounter\t2\n',
  ],
  block: blocks().map(joinBlock),
  'agent-session': sessions().map((messages) => joinParts(messages.map(encodeMessage))),
  viewer: [
    golden('viewer'),
    subscriptions([1, 2, 3], 300_000),
    subscriptions([1], 5_000),
    // One more than may be subscribed to.
    subscriptions(range(subscribedHostsMax + 1), 5_000),
    [{ kind: 'watch', keys: ['a', 'b{x="1"}'], hostIds: [1, 2], othersMs: 1_000 } as const],
    [{ kind: 'watch', keys: ['a'], hostIds: null, othersMs: 0 } as const],
    [{ kind: 'watch', keys: range(overviewSeriesMax + 1).map(String), hostIds: [1], othersMs: 0 } as const],
  ].map((messages) => joinParts(messages.map(encodeMessage))),
  rule: [...alerts.rules, ...defaultRules.map(ruleBodyOf), ...moreRules()].map(toJson),
  'rest-body': restBodies(),
  downtime: [...alerts.downtimes.map(({ name, ...body }) => body), ...moreDowntimes()].map(toJson),
  'address-guard': [
    'https://hooks.example.org/a?b=c\n1.1.1.1\n2606:4700::1111',
    'http://example.org:8080/\n10.0.0.1',
    'http://user:secret@example.org/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://017700000001/',
    'https://8.8.8.8/x',
    'http://[::1]:80/',
    'http://[::ffff:7f00:1]/',
    'http://[2606:4700::1111]/',
    'http://[2002:7f00:1::]/',
    'http://xn--bcher-kva.example/\n169.254.169.254',
    'https://example.org./\nfe80::1%eth0\n64:ff9b::7f00:1',
    'file:///etc/passwd',
  ],
};

function toJson(value: unknown): string {
  return JSON.stringify(value);
}

function blocks() {
  const encoder = new BlockEncoder();
  const shape = { tickCount: 6, columnCount: 4, intervalMs: 1_000 };
  const onGrid = Float64Array.from({ length: 6 }, (_, tick) => 1_700_000_000_000 + tick * 1_000);
  const values = [1, 0.1, 5, Number.NaN, 2, 0.2, 5, 1e300, 3, 0.3, 5, -1, 4, 0.4, 5, 0, 5, 0.5, 5, 7, 6, 0.7, 5, 7];
  return [
    { ...shape, times: onGrid, values: Float64Array.from(values) },
    { ...shape, times: onGrid.map((time, tick) => time + tick ** 2), values: Float64Array.from(values) },
    { ...shape, times: onGrid, values: new Float64Array(24).map((_, index) => Math.sin(index) * 1e6) },
    { ...shape, tickCount: 1, columnCount: 0, times: onGrid, values: new Float64Array(0) },
    { ...shape, tickCount: 1, columnCount: 24, times: onGrid, values: Float64Array.from(values) },
    // The encoder's memory is valid until its next call.
  ].map((input) => structuredClone(encoder.encode(input)));
}

/** A hello and what an agent sends after it; the hub gives the first stream the ordinal 1. */
function sessions(): readonly (readonly Message[])[] {
  const hello = golden('agent').find((message) => message.kind === 'hello')!;
  const layout = ofKind('layout')[0]!;
  const layoutId = layout.kind === 'layout' ? layout.layoutId : '';
  const column = new Uint8Array(Float64Array.of(1, 2, 3).buffer);
  const timeMs = 1_700_000_000_000;
  const frame = { kind: 'frame', ordinal: 1, seq: 1, layoutId, timeMs, column } as const;
  const next = { ...frame, layoutId: null, timeMs: null };
  const gap = { kind: 'gap', ordinal: 1, lastSeq: 9, reason: 'damaged', fromMs: timeMs, toMs: timeMs + 5_000 } as const;
  const replay = { kind: 'replay', ordinal: 1, firstSeq: 1, tickCount: 4, layoutId } as const;
  const offer: StreamOffer = {
    ...{ epoch: 'ab'.repeat(16), bootId: 'cd'.repeat(16), startWallMs: timeMs, startMonotonicMs: 5 },
    ...{ oldest: 1, next: 1, acked: 0 },
  };
  return [
    golden('agent'),
    [hello, layout, frame, { ...next, seq: 2 }, { ...next, seq: 3 }, { ...frame, seq: 7 }],
    [hello, layout, frame, { ...gap, firstSeq: 2 }, { ...frame, kind: 'live', seq: 0 }],
    [hello, layout, { ...replay, inflatedBytes: 10, block: new Uint8Array(6) }, { ...frame, seq: 5 }],
    [hello, layout, frame, { ...replay, inflatedBytes: 10, block: new Uint8Array(6) }, { ...gap, firstSeq: 3 }],
    [hello, frame, { kind: 'verify', ordinal: 1, firstSeq: 1, count: 2 }, { kind: 'bye' }],
    [hello, { kind: 'stream', streams: [offer] }, layout, { ...frame, ordinal: 2 }, ...ofKind('scriptReports')],
    [hello, ...ofKind('top'), ...ofKind('settingsReport'), ...ofKind('identityKept'), hello],
  ];
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function subscriptions(hostIds: readonly number[], windowMs: number): Message[] {
  return [
    { kind: 'subscribe', hostIds, windowMs },
    { kind: 'unsubscribe', hostIds },
  ];
}

function moreRules(): Example[] {
  const limits = { metric: ['disk_*', 'a{b="c"}'], labels: { device: 'vd*' }, input: { rate: 60 }, hosts };
  const overrides = [{ hosts, enabled: false, condition: 'above', threshold: 5, for: 1.5, severity: 'info' }];
  return [
    { metric: 'cpu_used_percent', condition: 'above', threshold: 90 },
    { ...limits, condition: 'outside', low: 1, high: 2, recovery_low: 1.2, recovery_high: 1.8, overrides },
    {
      ...limits,
      condition: 'below',
      threshold: -1e300,
      recovery: 0,
      message: '{{host}} {{label.device}} {{tag.site}}',
    },
  ];
}

function moreDowntimes(): Example[] {
  const start = '2026-03-28T02:00:00';
  const recurring = { hosts, start, duration: 3_600, zone: 'Europe/Berlin', author: 'a', reason: 'b' };
  const rules = [
    'FREQ=DAILY;INTERVAL=2;COUNT=10',
    'FREQ=MONTHLY;BYDAY=2TU,-1FR;UNTIL=20270101T000000Z',
    'FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=29,30,31;BYSETPOS=-1;WKST=SU',
    'FREQ=HOURLY;BYHOUR=1,2,3;BYMINUTE=0,30',
    'FREQ=WEEKLY;BYDAY=MO,WE;BYSECOND=0',
  ];
  return [
    { hosts: {}, start: 1_767_225_600, end: 1_767_229_200 },
    { hosts, start: '2026-03-28T02:00:00Z', duration: 60 },
    ...rules.map((rule) => ({ ...recurring, rule })),
  ];
}

/** A letter and a body each, in the order of `bodies` in `targets/rest-body.ts`. */
function restBodies(): string[] {
  const metrics = { cpu: 1.5, 'CPU usage %': { value: -2, timestamp: 1_700_000_000.25 }, 'a{b="c"}': 0 };
  const settings = {
    ...{ interval: 1, tags: { role: 'web' }, spool_bytes: 1e9, metrics: [{ pattern: 'disk_*', every: 10 }] },
    collectors: { cpu: { enabled: true, every: 5 } },
  };
  const password = 'correct horse battery';
  const channels = alerts.channels.map((channel) => {
    const text = channel['kind'] === 'email' ? { password } : { topic: 't' };
    return { ...channel, settings: { ...(channel['settings'] as Example), ...text } };
  });
  const letters: readonly (readonly Example[])[] = [
    [{ hostname: 'web-1', client_id: 'c', tags: { role: 'web' }, metrics }],
    [
      { rules: ['*'], duration: 60 },
      { hosts, series: ['a'], severities: ['info'], until: '2026-03-28T02:00:00Z' },
    ],
    [{ text: 'deploy', at: 1_700_000_000, until: '2026-03-28T02:00:00Z', hosts, author: 'me' }],
    [{ text: 'deploy', until: null }],
    [
      ...channels,
      { name: 'hook', kind: 'webhook', settings: { url: 'https://example.org/a', secret: 's' } },
      { name: 'bot', kind: 'telegram', settings: { token: `1:${'a'.repeat(30)}`, chat: '@a' } },
    ],
    [{ version: 2, enabled: false }],
    [{ version: 1, settings }],
    [{ hosts, settings: { ...settings, interval: null } }],
    [{ text: '# pulsewire-script v1\n{}\n\necho 1\n' }],
    [{ name: 'x', code: 'echo 1', tags: { role: 'web' } }],
    [{ hosts: ['web-1'], series: ['cpu'], start: 1_700_000_000, end: 1_700_003_600, step: 60 }],
    [{ name: 'web-2', alias: 'The web', tags: { role: null, site: 'b' } }],
    [{ hostname: 'web-1', tags: { role: 'web' } }],
    [{ hostname: 'web-1' }],
    [{ by: 'me', comment: 'looking' }],
    [{ name: 'rack', uses: 3, expires: 3_600, tags: { role: 'web' } }],
    [{ name: 'anna', password }],
    [{ code: 'c', name: 'anna', password }],
    [{ old: password, new: password }],
    [{ name: 'anna', role: 'editor', password }],
    [{ role: 'admin', is_disabled: true, password }],
    [{ name: 'ci', scope: 'read', expires: 3_600 }],
    [{ client_id: 'c', config: { interval: 1 }, tags: {} }],
    [{ client_id: 'c', config: { interval: 1 } }],
    [{ version: 1, config: { interval: 1 } }],
    [{ hostname: 'web-1', metric_name: 'cpu', condition: 'above', threshold: 1, duration: 60 }],
    [{ id: 1 }],
    [{ id: 1, enabled: true }],
    [{ hostname: 'web-1', start_time: 1_767_225_600, end_time: 1_767_229_200 }],
  ];
  return letters.flatMap((examples, index) => examples.map((body) => String.fromCharCode(0x61 + index) + toJson(body)));
}
