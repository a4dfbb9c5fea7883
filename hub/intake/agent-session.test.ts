import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '#core/errors.ts';
import {
  blockTicksMax,
  layoutBytesMax,
  nackRepeatMs,
  replayInflatedBytesMax,
  streamsPerAgentMax,
} from '#core/limits.ts';
import type { Frame, FromAgent, StreamOffer, ToAgent } from '#core/message.ts';
import { createLayout, encodeLayout } from '#core/series.ts';
import type { HubStreamShape } from '#core/stream/hub-stream.ts';
import { AgentSession, type Credential } from './agent-session.ts';
import type { Batch, Flight } from './flight.ts';
import { Intake } from './intake.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const series = { unit: '', kind: 'gauge' as const, every: 1 };
const layout = createLayout(
  {
    intervalMs: 1_000,
    series: [
      { key: 'a', ...series },
      { key: 'b', ...series },
    ],
  },
  sha256,
);
const layoutBytes = encodeLayout(layout);
const agentId = 'a'.repeat(32);
const nowMs = 1_700_000_000_000;

function offer(epoch = 'e1', rest: Partial<StreamOffer> = {}): StreamOffer {
  return { epoch, bootId: 'b', startWallMs: nowMs, startMonotonicMs: 0, oldest: 1, next: 5, acked: 0, ...rest };
}

function hello(streams: readonly StreamOffer[] = [offer()]): FromAgent {
  return {
    kind: 'hello',
    version: 1,
    agentId,
    hostName: 'h',
    agentVersion: '1',
    machineId: '',
    bootId: 'b',
    wallMs: nowMs,
    monotonicMs: 0,
    tags: {},
    facts: {},
    hubId: null,
    streams,
  };
}

function shapeOf(epoch: string, ordinal: number): HubStreamShape {
  return { id: ordinal * 10, epoch, ordinal, storedSeq: 0, storedCrc: null, gapTicks: 0, shiftMs: 0, lease: ordinal };
}

const layoutMessage: FromAgent = { kind: 'layout', layoutId: layout.id, page: 0, pageCount: 1, bytes: layoutBytes };

function frame(seq: number, rest: Partial<Frame> = {}): Frame {
  const column = new Uint8Array(Float64Array.of(seq, seq).buffer);
  return { kind: 'frame', ordinal: 1, seq, layoutId: layout.id, timeMs: nowMs + seq * 1_000, column, ...rest };
}

function replay(firstSeq: number, rest: Partial<Extract<FromAgent, { kind: 'replay' }>> = {}): FromAgent {
  return {
    kind: 'replay',
    ordinal: 1,
    firstSeq,
    tickCount: 4,
    layoutId: layout.id,
    inflatedBytes: 10,
    block: new Uint8Array(6),
    ...rest,
  };
}

function gap(firstSeq: number, lastSeq: number): FromAgent {
  return { kind: 'gap', ordinal: 1, firstSeq, lastSeq, reason: 'damaged', fromMs: -1, toMs: 9e99 };
}

/** A session whose database answers when the test says so. */
class Rig {
  readonly sent: ToAgent[] = [];
  readonly closes: number[] = [];
  readonly asked: string[] = [];
  readonly shifts: number[] = [];
  readonly flights: Flight[] = [];
  readonly intake = new Intake(
    { flush: (flight) => this.flights.push(flight), onTick: () => undefined },
    { batchAgeMs: 1_000, flushDelayMs: 0, queuedBytesMax: 1_000_000 },
  );
  readonly session: AgentSession;

  constructor(credential: Credential = { kind: 'token', agentId, hostId: 1, hash: '' }) {
    this.session = new AgentSession(credential, {
      ports: {
        send: (message) => this.sent.push(message),
        close: (code) => this.closes.push(code),
        admit: (_, streams) => {
          this.asked.push('admit');
          this.shifts.push(...streams.map(({ shiftMs }) => shiftMs));
        },
        openStreams: (_, streams) => {
          this.asked.push(`open ${streams.map((one) => one.offer.epoch).join(' ')}`);
          this.shifts.push(...streams.map(({ shiftMs }) => shiftMs));
        },
        readChecksums: (_, range) => this.asked.push(`checksums ${range.firstSeq}+${range.count}`),
        onTop: () => undefined,
        onScriptReports: () => undefined,
        onBye: () => this.asked.push('bye'),
        onIdentityKept: () => undefined,
      },
      intake: this.intake,
      identity: { hubId: 'f'.repeat(32), hubVersion: '1', seriesMax: 2 },
      sha256,
    });
  }

  /** Greeted, admitted, with the layout known. */
  open(): this {
    this.send(hello());
    this.session.admitted({ hostId: 1, hostName: 'h', token: null, streams: [shapeOf('e1', 1)] }, nowMs);
    this.send(layoutMessage);
    this.sent.length = 0;
    return this;
  }

  send(...messages: FromAgent[]): this {
    for (const message of messages) this.session.received(message, nowMs);
    return this;
  }

  /** The code of the breach that a message is. */
  breach(...messages: FromAgent[]): string {
    try {
      this.send(...messages);
    } catch (error) {
      if (error instanceof ProtocolError) return error.code;
      throw error;
    }
    return 'none';
  }

  nacks(): string[] {
    return this.sent.filter((message) => message.kind === 'nack').map((nack) => `${nack.code} ${nack.seq}`);
  }

  /** What was accepted, sealed and sent on. */
  batches(): string[] {
    this.intake.sealAll(nowMs);
    this.intake.poll(nowMs);
    return this.flights.flatMap(({ batches }) => batches.map(shown));
  }
}

function shown(batch: Batch): string {
  return `${batch.kind} ${batch.firstSeq}-${batch.lastSeq}`;
}

describe('AgentSession refuses what breaks the envelope', () => {
  test.each<[string, string, (rig: Rig) => string]>([
    ['data before hello', 'ERR_MESSAGE_UNEXPECTED', () => new Rig().breach(frame(1))],
    ['hello twice', 'ERR_MESSAGE_UNEXPECTED', (rig) => rig.breach(hello())],
    [
      'the id of another agent',
      'ERR_TOKEN_REFUSED',
      () => new Rig({ kind: 'token', agentId: 'b'.repeat(32), hostId: 1, hash: '' }).breach(hello()),
    ],
    ['a stream offered twice', 'ERR_SEQ_RANGE', () => new Rig().breach(hello([offer(), offer()]))],
    ['oldest beyond next', 'ERR_SEQ_RANGE', () => new Rig().breach(hello([offer('e1', { oldest: 6 })]))],
    ['acked beyond next', 'ERR_SEQ_RANGE', () => new Rig().breach(hello([offer('e1', { acked: 5 })]))],
    ['an unknown ordinal', 'ERR_STREAM_UNKNOWN', (rig) => rig.breach(frame(1, { ordinal: 2 }))],
    ['a gap that ends before it starts', 'ERR_SEQ_RANGE', (rig) => rig.breach(gap(4, 3))],
    ['a frame that leans on nothing', 'ERR_MESSAGE_SHAPE', (rig) => rig.breach(frame(1, { timeMs: null }))],
    ['a replay of no ticks', 'ERR_BLOCK_MALFORMED', (rig) => rig.breach(replay(1, { tickCount: 0 }))],
    [
      'a replay of too many ticks',
      'ERR_BLOCK_MALFORMED',
      (rig) => rig.breach(replay(1, { tickCount: blockTicksMax + 1 })),
    ],
    [
      'a replay of too many bytes',
      'ERR_BLOCK_MALFORMED',
      (rig) => rig.breach(replay(1, { inflatedBytes: replayInflatedBytesMax + 1 })),
    ],
    [
      'a layout of another hash',
      'ERR_LAYOUT_INVALID',
      (rig) => rig.breach({ ...layoutMessage, layoutId: '0'.repeat(16) }),
    ],
    ['a second page first', 'ERR_LAYOUT_INVALID', (rig) => rig.breach({ ...layoutMessage, page: 1, pageCount: 2 })],
    [
      'too many bytes of layout',
      'ERR_LAYOUT_INVALID',
      (rig) => rig.breach({ ...layoutMessage, pageCount: 9, bytes: new Uint8Array(layoutBytesMax + 1) }),
    ],
    ['too many series', 'ERR_LAYOUT_INVALID', (rig) => rig.breach(wideLayout())],
    ['too many streams', 'ERR_STREAM_LIMIT', (rig) => rig.breach(...manyStreams())],
    [
      'a verification without end',
      'ERR_SEQ_RANGE',
      (rig) => rig.breach({ kind: 'verify', ordinal: 1, firstSeq: 1, count: 100_000 }),
    ],
  ])('%s is %s', (_, code, breach) => {
    expect(breach(new Rig().open())).toBe(code);
  });
});

function wideLayout(): FromAgent {
  const wide = createLayout({ intervalMs: 1_000, series: ['a', 'b', 'c'].map((key) => ({ key, ...series })) }, sha256);
  return { kind: 'layout', layoutId: wide.id, page: 0, pageCount: 1, bytes: encodeLayout(wide) };
}

function manyStreams(): FromAgent[] {
  const streams = Array.from({ length: 256 }, (_, index) => offer(`e${index + 2}`));
  return Array.from({ length: streamsPerAgentMax / 256 }, () => ({ kind: 'stream', streams }));
}

describe('AgentSession', () => {
  test('hello is answered by what the database knows', () => {
    const rig = new Rig();
    rig.send(hello());
    expect([rig.asked, rig.session.hostId]).toEqual([['admit'], null]);
    rig.session.admitted({ hostId: 1, hostName: 'h2', token: 't', streams: [shapeOf('e1', 1)] }, nowMs);
    expect(rig.sent).toMatchObject([
      {
        kind: 'welcome',
        hostName: 'h2',
        token: 't',
        streams: [{ epoch: 'e1', ordinal: 1, storedSeq: 0, storedCrc: null }],
      },
    ]);
  });

  test('hello is answered twice when the database is away at first', () => {
    const rig = new Rig();
    rig.send(hello());
    rig.session.storageAway(nowMs);
    rig.send(frame(1));
    rig.session.retry();
    rig.session.admitted({ hostId: 1, hostName: 'h', token: null, streams: [] }, nowMs);
    expect(rig.sent.map((message) => message.kind === 'welcome' && message.streams)).toEqual([null, []]);
    expect(rig.asked).toEqual(['admit', 'admit']);
  });

  test('streams that were not answered are asked for again', () => {
    const rig = new Rig().open().send({ kind: 'stream', streams: [offer('e2'), offer('e3')] });
    rig.session.streamsOpened([shapeOf('e2', 2)], nowMs);
    rig.session.retry();
    expect(rig.asked).toEqual(['admit', 'open e2 e3', 'open e3']);
  });

  test('the age of a link, or of a hello that the database could not answer, is not taken for a wrong clock', () => {
    const hourMs = 3_600_000;
    const later = offer('e2', { startWallMs: nowMs + hourMs, startMonotonicMs: hourMs, next: 1 });
    const rig = new Rig();
    rig.send(hello());
    rig.session.storageAway(nowMs);
    rig.session.retry();
    rig.session.admitted({ hostId: 1, hostName: 'h', token: null, streams: [] }, nowMs + hourMs);
    rig.session.received({ kind: 'stream', streams: [later] }, nowMs + hourMs);

    expect(rig.shifts).toEqual([0, 0, 0]);
  });

  test('frames in order become one batch, also those that lean on the one before', () => {
    const rig = new Rig().open().send(frame(1), frame(2, { layoutId: null, timeMs: null }), frame(3));
    expect([rig.batches(), rig.nacks()]).toEqual([['ticks 1-3'], []]);
  });

  test('duplicates are dropped, also one that leans on a frame that was repeated', () => {
    const leaning = frame(2, { layoutId: null, timeMs: null });
    const rig = new Rig().open().send(frame(1), leaning, leaning, frame(1), replay(1, { tickCount: 2 }), gap(1, 2));
    expect([rig.batches(), rig.nacks(), rig.intake.counters.duplicateItems]).toEqual([['ticks 1-2'], [], 4]);
  });

  test('a jump is answered by one nack, and taken up where it was asked for', () => {
    const rig = new Rig().open().send(frame(1), frame(3), frame(4), gap(5, 9), frame(2));
    expect([rig.batches(), rig.nacks()]).toEqual([['ticks 1-2'], ['unexpected_seq 2']]);
  });

  test('a nack that is not followed is repeated', () => {
    const rig = new Rig().open().send(frame(3));
    rig.session.received(frame(4), nowMs + nackRepeatMs);
    expect(rig.nacks()).toEqual(['unexpected_seq 1', 'unexpected_seq 1']);
  });

  test('an unknown layout is asked for', () => {
    const rig = new Rig().open().send(frame(1, { layoutId: '0'.repeat(16) }), frame(1));
    expect([rig.batches(), rig.nacks()]).toEqual([['ticks 1-1'], ['unknown_layout 1']]);
  });

  test.each<[string, Partial<Frame>]>([
    ['another number of values than its layout', { column: new Uint8Array(8) }],
    ['a time of the tick before', { timeMs: nowMs + 1_000 }],
    ['a time before 1970', { timeMs: -1 }],
    ['a time that is no date', { timeMs: 9e15 }],
  ])('a tick with %s is refused, and a gap taken in its place', (_, fault) => {
    const rig = new Rig().open().send(frame(1), frame(2, fault), gap(2, 2), frame(3));
    expect([rig.batches(), rig.nacks()]).toEqual([['ticks 1-1', 'gap 2-2', 'ticks 3-3'], ['rejected 2']]);
  });

  test('a replay that overlaps is taken from where it is new', () => {
    const rig = new Rig().open().send(frame(1), frame(2), replay(1));
    expect(rig.batches()).toEqual(['ticks 1-2', 'replay 3-4']);
    expect(rig.flights[0]?.batches[1]).toMatchObject({ skipTicks: 2, tickCount: 4 });
  });

  test('the times of a gap are brought into the range of dates', () => {
    const rig = new Rig().open().send(gap(1, 3));
    rig.batches();
    expect(rig.flights[0]?.batches).toMatchObject([{ kind: 'gap', fromMs: 1, toMs: 8.64e15 }]);
  });

  test('a link that follows starts from what is stored, and ends the one before', () => {
    const rig = new Rig().open().send(frame(1), frame(2));
    const next = new AgentSession(rig.session.credential, {
      ports: {
        send: () => undefined,
        close: () => undefined,
        admit: () => undefined,
        openStreams: () => undefined,
        readChecksums: () => undefined,
        onTop: () => undefined,
        onScriptReports: () => undefined,
        onBye: () => undefined,
        onIdentityKept: () => undefined,
      },
      intake: rig.intake,
      identity: { hubId: 'f'.repeat(32), hubVersion: '1', seriesMax: 2 },
      sha256,
    });
    next.received(hello(), nowMs);
    next.admitted({ hostId: 1, hostName: 'h', token: null, streams: [{ ...shapeOf('e1', 1), lease: 99 }] }, nowMs);
    rig.send(frame(3));
    next.received(frame(1), nowMs);
    expect([rig.closes, rig.batches()]).toEqual([[4409], ['ticks 1-1']]);
    expect(rig.flights[0]?.batches[0]?.lease).toBe(99);
  });

  test('an ordinal that is given a second time, after a restore, ends the link', () => {
    const rig = new Rig().open();
    rig.session.streamsOpened([{ ...shapeOf('e2', 1), id: 99 }], nowMs);
    expect([rig.closes, rig.sent]).toEqual([[1012], []]);
  });

  test('bye seals what is open', () => {
    const rig = new Rig().open().send(frame(1), { kind: 'bye' });
    rig.intake.poll(nowMs);
    expect([rig.flights.length, rig.asked]).toEqual([1, ['admit', 'bye']]);
  });

  test('nothing is taken after the close', () => {
    const rig = new Rig().open();
    rig.session.gone();
    rig.send(frame(1));
    expect([rig.closes, rig.batches(), rig.intake.linkCount]).toEqual([[4403], [], 0]);
  });
});
