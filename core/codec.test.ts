import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { settingsStates } from './agent-settings.ts';
import { decodeFromAgent, decodeFromViewer, decodeToAgent, decodeToViewer, encodeMessage } from './codec.ts';
import { ProtocolError, type ProtocolErrorCode } from './errors.ts';
import { alertRowsMax, bulkMessageBytesMax, liveMessageBytesMax, seqMax, seriesKeyBytesMax } from './limits.ts';
import {
  type AlertRow,
  alertPhases,
  type Frame,
  gapReasons,
  hostStates,
  type Live,
  type Message,
  messageKinds,
  nackCodes,
  scriptDoors,
  scriptStates,
  storageStates,
  type Tick,
} from './message.ts';
import { formatMessage, type MessageContext } from './message-template.ts';
import { alertCauses, alertDecisions, severities } from './rule-spec.ts';
import { type GoldenMessage, goldenMessages } from './testing/golden-messages.ts';

const seed = 20_261_122;
const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false });

const decoders = {
  agent: decodeFromAgent,
  'hub to agent': decodeToAgent,
  viewer: decodeFromViewer,
  'hub to viewer': decodeToViewer,
} as const;

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** What a decoder made of `bytes`: the code of its ProtocolError, or the kind that it took them for. */
function outcome(decode: (bytes: Uint8Array) => Message, bytes: Uint8Array): ProtocolErrorCode | string {
  try {
    return decode(bytes).kind;
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
}

/** The golden message of a kind with one field put in place of another. */
function forged(kind: Message['kind'], change: (fields: unknown[]) => void): Uint8Array {
  const golden = goldenMessages.find((one) => one.message.kind === kind)!;
  const fields = unpackr.unpack(bytesOf(golden.hex)) as unknown[];
  change(fields);
  return packr.pack(fields);
}

describe('golden bytes', () => {
  test.each(goldenMessages.map((golden) => [golden.message.kind, golden] as const))(
    '%s encodes to its bytes and decodes from them',
    (_kind, { from, message, hex }: GoldenMessage) => {
      expect(Buffer.from(encodeMessage(message)).toString('hex')).toBe(hex);
      expect(decoders[from](bytesOf(hex))).toEqual(message);
    },
  );

  test('there is one for every kind', () => {
    expect(new Set(goldenMessages.map(({ message }) => message.kind))).toEqual(new Set(Object.keys(messageKinds)));
  });

  test('docs/wire.md shows each of them', () => {
    const page = readFileSync(new URL('../docs/wire.md', import.meta.url), 'utf8').replace(/\s/g, '');
    expect(goldenMessages.filter(({ hex }) => !page.includes(hex)).map(({ message }) => message.kind)).toEqual([]);
  });

  test('byte fields of a decoded message are views, not copies', () => {
    const golden = goldenMessages.find(({ message }) => message.kind === 'replay')!;
    const bytes = bytesOf(golden.hex);
    const replay = decodeFromAgent(bytes);
    expect(replay.kind === 'replay' && replay.block.buffer === bytes.buffer).toBe(true);
  });
});

describe('round trips', () => {
  const whole = fc.nat().map((n) => n * 977);
  const seq = fc.integer({ min: 1, max: 2 ** 51 });
  // msgpack has one form of 0, and a time of −0 means nothing.
  const time = fc.double({ noNaN: true, noDefaultInfinity: true }).map((ms) => ms + 0);
  const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });
  const bin = fc.uint8Array({ maxLength: 200 });
  const hex = (count: number) =>
    fc.uint8Array({ minLength: count, maxLength: count }).map((b) => Buffer.from(b).toString('hex'));
  const text = (max: number) =>
    fc.string({ unit: 'grapheme', maxLength: max / 4 }).filter((t) => t.length <= max && !t.includes('\0'));
  // Any bytes: NaN payloads and infinities too are values to the wire.
  const column = fc.uint8Array({ maxLength: 100 }).map((b) => b.subarray(0, b.length - (b.length % 8)));
  const record = fc.dictionary(
    text(100).filter((name) => name !== ''),
    text(100),
    { maxKeys: 5, noNullPrototype: false },
  );
  const one = <T extends string>(names: readonly T[]) => fc.constantFrom(...names);
  const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 5 });
  const offer = fc.record({
    epoch: hex(16),
    bootId: hex(16),
    startWallMs: time,
    startMonotonicMs: time,
    oldest: seq,
    next: seq,
    acked: whole,
  });
  const answer = fc.record({
    epoch: hex(16),
    ordinal: whole,
    storedSeq: whole,
    storedCrc: orNull(whole),
    gapTicks: whole,
  });
  const row = fc.record({ pid: whole, name: text(100), cpuPercent: time, memoryBytes: time, user: text(100) });
  const host = fc.record({
    hostId: whole,
    name: text(255),
    alias: text(255),
    state: one(hostStates),
    intervalMs: whole,
    lastMs: time,
    downtimeUntilMs: time,
    tags: record,
    facts: record,
  });
  const page = { page: whole, pageCount: whole };
  const report = fc.record({
    name: text(64),
    version: whole,
    state: one(scriptStates),
    problem: text(1_024),
    exitCode: orNull(whole),
    durationMs: orNull(time),
    lastRunMs: orNull(time),
    nextRunMs: orNull(time),
    runCount: whole,
    failureCount: whole,
    seriesCount: whole,
    output: text(1_024),
    errors: text(1_024),
  });
  const kind = <K extends Message['kind']>(name: K) => ({ kind: fc.constant(name) });

  const alert = fc.record({
    ruleId: whole,
    hostId: whole,
    series: text(1_000),
    phase: one(alertPhases),
    alertId: orNull(whole),
    ruleName: text(200),
    severity: one(severities),
    cause: one(alertCauses),
    sinceMs: time,
    value: orNull(time),
    message: text(1_000),
    decision: one(alertDecisions),
    isAcknowledged: fc.boolean(),
  });
  const messages: { readonly [K in Message['kind']]: fc.Arbitrary<Message> } = {
    hello: fc.record({
      ...kind('hello'),
      version: fc.constant(1),
      agentId: hex(16),
      hostName: text(255),
      agentVersion: text(100),
      machineId: text(100),
      bootId: hex(16),
      wallMs: time,
      monotonicMs: time,
      tags: record,
      facts: record,
      hubId: orNull(hex(16)),
      streams: list(offer),
    }),
    stream: fc.record({ ...kind('stream'), streams: list(offer) }),
    welcome: fc.record({
      ...kind('welcome'),
      hubId: hex(16),
      hubVersion: text(100),
      hostName: text(255),
      token: orNull(text(200)),
      creditBytes: whole,
      seriesMax: whole,
      nowMs: time,
      streams: orNull(list(answer)),
    }),
    layout: fc.record({ ...kind('layout'), layoutId: hex(8), ...page, bytes: bin }),
    frame: fc.record({
      ...kind('frame'),
      ordinal: whole,
      seq,
      layoutId: orNull(hex(8)),
      timeMs: orNull(time),
      column,
    }),
    replay: fc.record({
      ...kind('replay'),
      ordinal: whole,
      firstSeq: seq,
      tickCount: whole,
      layoutId: hex(8),
      inflatedBytes: whole,
      block: bin,
    }),
    live: fc.record({ ...kind('live'), ordinal: whole, seq: whole, layoutId: hex(8), timeMs: time, column }),
    top: fc.record({ ...kind('top'), atMs: time, processes: list(row) }),
    ack: fc.record({ ...kind('ack'), ordinal: whole, storedSeq: whole, gapTicks: whole }),
    nack: fc.record({ ...kind('nack'), ordinal: whole, code: one(nackCodes), seq, why: text(500) }),
    gap: fc.record({
      ...kind('gap'),
      ordinal: whole,
      firstSeq: seq,
      lastSeq: seq,
      reason: one(gapReasons),
      fromMs: time,
      toMs: time,
    }),
    credit: fc.record({ ...kind('credit'), bytes: whole }),
    config: fc.record({ ...kind('config'), intervalMs: orNull(whole) }),
    bye: fc.record({ ...kind('bye') }),
    verify: fc.record({ ...kind('verify'), ordinal: whole, firstSeq: seq, count: whole }),
    checksums: fc.record({ ...kind('checksums'), ordinal: whole, firstSeq: seq, checksums: bin }),
    scripts: fc.record({ ...kind('scripts'), index: whole, count: whole, text: text(65_536) }),
    scriptReports: fc.record({
      ...kind('scriptReports'),
      door: one(scriptDoors),
      problem: text(1_024),
      keys: list(text(64)),
      isWhole: fc.boolean(),
      reports: list(report),
    }),
    settings: fc.record({ ...kind('settings'), version: whole, text: text(2_000) }),
    settingsReport: fc.record({
      ...kind('settingsReport'),
      version: whole,
      state: one(settingsStates),
      why: text(1_000),
      pinned: list(text(250)),
      effective: text(2_000),
    }),
    identity: fc.record({ ...kind('identity'), hubId: hex(16), agentId: hex(16), token: text(200) }),
    identityKept: fc.record({ ...kind('identityKept'), tokenId: hex(8) }),
    subscribe: fc.record({ ...kind('subscribe'), hostIds: list(whole), windowMs: time }),
    unsubscribe: fc.record({ ...kind('unsubscribe'), hostIds: list(whole) }),
    watch: fc.record({ ...kind('watch'), keys: list(text(1_000)), hostIds: orNull(list(whole)), othersMs: whole }),
    snapshot: fc.record({
      ...kind('snapshot'),
      hostId: whole,
      ...page,
      ordinal: whole,
      layoutId: hex(8),
      tickCount: whole,
      block: bin,
    }),
    tick: fc.record({
      ...kind('tick'),
      hostId: whole,
      ordinal: whole,
      seq: whole,
      layoutId: hex(8),
      timeMs: time,
      column,
    }),
    overview: fc.record({ ...kind('overview'), nowMs: time, hostIds: bin, timesMs: bin, values: bin }),
    status: fc.record({
      ...kind('status'),
      nowMs: time,
      storage: one(storageStates),
      unstoredMs: time,
      hostCount: whole,
      connectedCount: whole,
      viewerCount: whole,
      samplesPerSec: time,
      newestMs: time,
      pulse: orNull(fc.record({ onTimeRatio: time, ageMsMedian: orNull(time), ageMsSlow: orNull(time) })),
    }),
    hosts: fc.record({ ...kind('hosts'), hosts: list(host), removed: list(whole) }),
    processes: fc.record({ ...kind('processes'), hostId: whole, atMs: time, processes: list(row) }),
    notes: fc.record(kind('notes')),
    agents: fc.record(kind('agents')),
    alert: fc.record({ ...kind('alert'), isWhole: fc.boolean(), alerts: list(alert) }),
  };
  const senders = new Map(goldenMessages.map(({ from, message }) => [message.kind, from]));

  test.each(Object.keys(messages) as Message['kind'][])('%s comes back as it went, in ordinary msgpack', (name) => {
    fc.assert(
      fc.property(messages[name], (message) => {
        const bytes = encodeMessage(message);
        expect(decoders[senders.get(name)!](bytes)).toEqual(message);
        expect((unpackr.unpack(bytes) as unknown[])[0]).toBe(messageKinds[name]);
      }),
      { seed, numRuns: 50 },
    );
  });

  test('frame, live and tick are to the library what they are to us, in every form of a number', () => {
    const any = fc.oneof(messages.frame, messages.live, messages.tick) as fc.Arbitrary<Frame | Live | Tick>;
    fc.assert(
      fc.property(any, (message) => {
        const { ordinal, seq: number, layoutId, timeMs } = message;
        const fields = [
          messageKinds[message.kind],
          ...(message.kind === 'tick' ? [message.hostId] : []),
          ordinal,
          number,
          layoutId === null ? null : Buffer.from(layoutId, 'hex'),
          timeMs,
          Buffer.from(message.column),
        ];
        expect(unpackr.unpack(Buffer.from(encodeMessage(message)))).toEqual(fields);
        expect(decoders[senders.get(message.kind)!](packr.pack(fields))).toEqual(message);
      }),
      { seed, numRuns: 300 },
    );
  });

  test('byte fields are plain bytes, whatever Node made of the socket', () => {
    const block = Buffer.from('010203', 'hex');
    const golden = goldenMessages.find(({ message }) => message.kind === 'replay')!;
    const replay = decodeFromAgent(encodeMessage({ ...golden.message, block } as Message));
    expect(replay.kind === 'replay' && replay.block.constructor).toBe(Uint8Array);
  });

  test('a column of NaN payloads comes back bit for bit', () => {
    const column = bytesOf('010000000000f87f020000000000f87f030000000000f8ffffffffffffffffff');
    const frame: Frame = { kind: 'frame', ordinal: 1, seq: 1, layoutId: null, timeMs: null, column };
    expect(decodeFromAgent(encodeMessage(frame))).toEqual(frame);
  });

  test('a lone surrogate goes out as U+FFFD, however long the text', () => {
    for (const length of [1, 80]) {
      const why = `${'x'.repeat(length)}\ud83d`;
      const nack = decodeToAgent(encodeMessage({ kind: 'nack', ordinal: 1, code: 'busy', seq: 1, why }));
      expect(nack).toMatchObject({ why: `${'x'.repeat(length)}\ufffd` });
    }
  });
});

test('a page of alerts with the longest texts that there can be is within the bounds of a message', () => {
  // A character of three bytes takes most of them for its length.
  const longest = { series: 'x'.repeat(seriesKeyBytesMax), ruleName: '\u{ffff}'.repeat(200) };
  const row: AlertRow = {
    ...{ ruleId: 2 ** 31, hostId: 2 ** 31, phase: 'firing', alertId: 2 ** 40, severity: 'critical', cause: 'limits' },
    ...{ sinceMs: 1.5, value: 1.5, decision: 'told', isAcknowledged: true },
    ...longest,
    message: formatMessage('\u{ffff}'.repeat(2_000), {} as MessageContext),
  };
  const pair = { ...row, message: formatMessage('😀'.repeat(1_000), {} as MessageContext) };
  const alerts = Array.from({ length: alertRowsMax }, (_, index) => (index % 2 === 0 ? row : pair));
  const message = { kind: 'alert', isWhole: true, alerts } as const;
  expect(decodeToViewer(encodeMessage(message))).toEqual(message);
});

describe('hostile messages', () => {
  const hello = goldenMessages[0]!;

  test('a message cut at any byte is refused', () => {
    for (const { from, hex } of goldenMessages) {
      const bytes = bytesOf(hex);
      for (let length = 0; length < bytes.length; length += 1) {
        expect(outcome(decoders[from], bytes.subarray(0, length))).toMatch(/^ERR_MESSAGE_(MALFORMED|SHAPE)$/);
      }
    }
  });

  test('bytes after a message are refused', () => {
    for (const { from, hex } of goldenMessages) {
      expect(outcome(decoders[from], bytesOf(`${hex}c0`))).toMatch(/^ERR_MESSAGE_(MALFORMED|SHAPE)$/);
    }
  });

  test('any one byte changed gives a message or a ProtocolError', () => {
    const random = fc.record({
      index: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
      golden: fc.constantFrom(...goldenMessages),
    });
    fc.assert(
      fc.property(random, ({ index, byte, golden }) => {
        const bytes = bytesOf(golden.hex);
        bytes[index % bytes.length] = byte;
        expect(outcome(decoders[golden.from], bytes)).toBeTypeOf('string');
      }),
      { seed, numRuns: 5_000 },
    );
  });

  test('any bytes at all give a message or a ProtocolError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        for (const decode of Object.values(decoders)) expect(outcome(decode, bytes)).toBeTypeOf('string');
      }),
      { seed, numRuns: 3_000 },
    );
  });

  test('a message of the other direction is refused as unexpected by its kind', () => {
    for (const { from, message, hex } of goldenMessages) {
      for (const [name, decode] of Object.entries(decoders)) {
        const isShared = message.kind === 'layout' && name === 'hub to viewer';
        expect(outcome(decode, bytesOf(hex))).toBe(name === from || isShared ? message.kind : 'ERR_MESSAGE_KIND');
      }
    }
  });

  test.each([
    ['an unknown kind', packr.pack([99]), 'ERR_MESSAGE_KIND'],
    ['a kind that is no number', packr.pack(['hello']), 'ERR_MESSAGE_KIND'],
    ['an empty array', packr.pack([]), 'ERR_MESSAGE_SHAPE'],
    ['no array', packr.pack(1), 'ERR_MESSAGE_MALFORMED'],
    ['a field too many', packr.pack([messageKinds.bye, 1]), 'ERR_MESSAGE_SHAPE'],
    ['a field too few', packr.pack([messageKinds.top, 1]), 'ERR_MESSAGE_SHAPE'],
    [
      'another version, whatever its fields',
      packr.pack([messageKinds.hello, 2, {}.toString()]),
      'ERR_VERSION_UNSUPPORTED',
    ],
    ['version 0', forged('hello', (fields) => (fields[1] = 0)), 'ERR_VERSION_UNSUPPORTED'],
    ['an id of 15 bytes', forged('hello', (fields) => (fields[2] = Buffer.alloc(15))), 'ERR_MESSAGE_SHAPE'],
    ['a name with NUL', forged('hello', (fields) => (fields[3] = 'a\0b')), 'ERR_MESSAGE_SHAPE'],
    ['a name of 256 characters', forged('hello', (fields) => (fields[3] = 'x'.repeat(256))), 'ERR_MESSAGE_SHAPE'],
    ['a name that is a number', forged('hello', (fields) => (fields[3] = 1)), 'ERR_MESSAGE_SHAPE'],
    ['a time that is NaN', forged('hello', (fields) => (fields[7] = Number.NaN)), 'ERR_MESSAGE_SHAPE'],
    [
      'a time that is infinite',
      forged('hello', (fields) => (fields[7] = Number.POSITIVE_INFINITY)),
      'ERR_MESSAGE_SHAPE',
    ],
    ['a time that is text', forged('hello', (fields) => (fields[7] = '1')), 'ERR_MESSAGE_SHAPE'],
    ['a time that is true', forged('hello', (fields) => (fields[7] = true)), 'ERR_MESSAGE_SHAPE'],
    ['a name without value', forged('hello', (fields) => (fields[9] = ['role'])), 'ERR_MESSAGE_SHAPE'],
    ['257 streams', forged('hello', (fields) => (fields[12] = Array(257).fill([]))), 'ERR_MESSAGE_SHAPE'],
    ['a stream of six fields', forged('stream', (fields) => (fields[1] = [Array(6).fill(1)])), 'ERR_MESSAGE_SHAPE'],
    ['seq 0', forged('gap', (fields) => (fields[2] = 0)), 'ERR_SEQ_RANGE'],
    ['a negative seq', forged('gap', (fields) => (fields[2] = -1)), 'ERR_SEQ_RANGE'],
    ['seq 2^52', forged('gap', (fields) => (fields[2] = seqMax)), 'ERR_SEQ_RANGE'],
    ['seq 2^53 + 2 as uint64', forged('gap', (fields) => (fields[2] = 2n ** 53n + 2n)), 'ERR_SEQ_RANGE'],
    ['the largest uint64', forged('gap', (fields) => (fields[2] = 2n ** 64n - 1n)), 'ERR_SEQ_RANGE'],
    ['the least int64', forged('gap', (fields) => (fields[2] = -(2n ** 63n))), 'ERR_SEQ_RANGE'],
    ['a seq with a fraction', forged('gap', (fields) => (fields[2] = 1.5)), 'ERR_SEQ_RANGE'],
    ['a seq that is text', forged('gap', (fields) => (fields[2] = '1')), 'ERR_MESSAGE_SHAPE'],
    ['a seq that is nil', forged('gap', (fields) => (fields[2] = null)), 'ERR_MESSAGE_SHAPE'],
    ['an unknown reason', forged('gap', (fields) => (fields[4] = gapReasons.length)), 'ERR_MESSAGE_SHAPE'],
    ['a reason that is text', forged('gap', (fields) => (fields[4] = 'length')), 'ERR_MESSAGE_SHAPE'],
    ['a frame with seq 0', forged('frame', (fields) => (fields[2] = 0)), 'ERR_SEQ_RANGE'],
    ['a frame with a negative seq', forged('frame', (fields) => (fields[2] = -200)), 'ERR_SEQ_RANGE'],
    ['a frame with seq 2^52', forged('frame', (fields) => (fields[2] = seqMax)), 'ERR_SEQ_RANGE'],
    ['a frame with a fractional seq', forged('frame', (fields) => (fields[2] = 1.5)), 'ERR_SEQ_RANGE'],
    ['a frame whose seq is text', forged('frame', (fields) => (fields[2] = '1')), 'ERR_MESSAGE_SHAPE'],
    ['a frame with a time that is NaN', forged('frame', (fields) => (fields[4] = Number.NaN)), 'ERR_MESSAGE_SHAPE'],
    [
      'a frame with a column of 7 bytes',
      forged('frame', (fields) => (fields[5] = Buffer.alloc(7))),
      'ERR_MESSAGE_SHAPE',
    ],
    [
      'a frame with a layout of 7 bytes',
      forged('frame', (fields) => (fields[3] = Buffer.alloc(7))),
      'ERR_MESSAGE_SHAPE',
    ],
    ['a live tick without layout', forged('live', (fields) => (fields[3] = null)), 'ERR_MESSAGE_SHAPE'],
    ['a frame of five elements', packr.pack([messageKinds.frame, 1, 1, null, null]), 'ERR_MESSAGE_SHAPE'],
    [
      'a frame over the limit',
      forged('frame', (fields) => (fields[5] = Buffer.alloc(liveMessageBytesMax))),
      'ERR_MESSAGE_TOO_LARGE',
    ],
    [
      'a replay over the limit',
      forged('replay', (fields) => (fields[6] = Buffer.alloc(bulkMessageBytesMax))),
      'ERR_MESSAGE_TOO_LARGE',
    ],
  ])('%s is refused', (_what, bytes, code) => {
    expect(outcome(decodeFromAgent, bytes)).toBe(code);
  });

  test('a number that fits is taken in any of its forms, −0 as 0', () => {
    for (const form of [
      '07',
      'cc07',
      'cd0007',
      'ce00000007',
      'cf0000000000000007',
      'd007',
      'd10007',
      'd200000007',
      'd30000000000000007',
      'cb401c000000000000',
      'ca40e00000',
    ]) {
      const ack = bytesOf(`9409${form}07cb8000000000000000`);
      expect(decodeToAgent(ack)).toEqual({ kind: 'ack', ordinal: 7, storedSeq: 7, gapTicks: 0 });
      const frame = bytesOf(`9605${form}${form}c0${form}c400`);
      expect(decodeFromAgent(frame)).toMatchObject({ ordinal: 7, seq: 7, timeMs: 7 });
    }
  });

  test('names such as __proto__ are names and change no prototype', () => {
    const bytes = forged('hello', (fields) => (fields[9] = ['__proto__', 'x', 'constructor', 'y', 'toString', 'z']));
    const message = decodeFromAgent(bytes);
    expect(message.kind === 'hello' && Object.entries(message.tags)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['toString', 'z'],
    ]);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('the error says what was wanted and never quotes content at length', () => {
    const bytes = forged('hello', (fields) => (fields[2] = 'secret'.repeat(100)));
    expect(() => decodeFromAgent(bytes)).toThrow(
      'Cannot decode message: element 3 must be a bin of 16 bytes: got "secretsecretsecretsecretsecretsecretsecr"',
    );
    expect(hello.message.kind).toBe('hello');
  });
});
