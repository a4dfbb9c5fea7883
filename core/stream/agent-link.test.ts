import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import type { FromAgent, StreamAnswer, Welcome } from '../message.ts';
import { AgentLink, type LinkPorts, type NewTick } from './agent-link.ts';
import { itemCrc, type TickItem } from './item.ts';
import { MemorySpool } from './memory-spool.ts';

const layoutId = '0011223344556677';
const layoutBytes = new Uint8Array([1]);
/** An item of one value: 8 bytes and 32. */
const itemBytes = 40;

function tickAt(seq: number, value = seq): TickItem {
  return { kind: 'tick', seq, timeMs: 1_000 * seq, layoutId, column: new Uint8Array(Float64Array.of(value).buffer) };
}

/** A link over a spool with `count` ticks in the stream e1; what it sends is kept as short texts. */
class Rig {
  readonly spool = new MemorySpool();
  readonly sent: FromAgent[] = [];
  isCongested = false;
  epochCount = 1;
  readonly link: AgentLink;

  constructor(count: number, ports: Partial<LinkPorts> = {}) {
    this.spool.addLayout(layoutId, layoutBytes);
    this.openEpoch();
    for (let seq = 1; seq <= count; seq += 1) this.spool.append(tickAt(seq));
    this.link = new AgentLink({
      spool: this.spool,
      send: (message) => this.sent.push(message),
      isCongested: () => this.isCongested,
      packReplay: (ticks) => ({ block: new Uint8Array(ticks.length), inflatedBytes: ticks.length }),
      greet: () => ({
        version: 1,
        agentId: 'a',
        hostName: 'h',
        agentVersion: '1',
        machineId: '',
        bootId: 'b',
        wallMs: 0,
        monotonicMs: 0,
        tags: {},
        facts: {},
        hubId: null,
      }),
      welcomed: () => undefined,
      openEpoch: () => this.openEpoch(),
      configured: () => undefined,
      scripted: () => undefined,
      ...ports,
    });
  }

  openEpoch(): void {
    this.spool.openEpoch({ epoch: `e${this.epochCount}`, bootId: 'b', startWallMs: 0, startMonotonicMs: 0 });
    this.epochCount += 1;
  }

  /** Connects and is welcomed with what the hub has of e1. */
  open(stored: Partial<StreamAnswer> = {}, creditBytes = 1_000_000): this {
    this.link.opened(0);
    this.welcome([{ epoch: 'e1', ordinal: 1, storedSeq: 0, storedCrc: null, gapTicks: 0, ...stored }], creditBytes);
    return this;
  }

  welcome(streams: Welcome['streams'], creditBytes = 1_000_000): void {
    this.link.received(
      {
        kind: 'welcome',
        hubId: 'hub',
        hubVersion: '1',
        hostName: 'h',
        token: null,
        creditBytes,
        seriesMax: 10,
        nowMs: 0,
        streams,
      },
      0,
    );
    this.link.pump(0);
  }

  /** A new tick of e1 from the sampler. */
  tick(): void {
    const seq = this.spool.stream('e1')!.next;
    const { timeMs, column } = tickAt(seq);
    this.spool.append({ timeMs, layoutId, column });
    const tick: NewTick = { epoch: 'e1', seq, timeMs, layoutId, layoutBytes, intervalMs: 1_000, column };
    this.link.ticked(tick, timeMs);
  }

  /** What was sent since the last call. */
  take(): string {
    return this.sent
      .splice(0)
      .map((message) => {
        if (message.kind === 'frame' || message.kind === 'live') return `${message.kind} ${message.seq}`;
        if (message.kind === 'replay') return `replay ${message.firstSeq}+${message.tickCount}`;
        if (message.kind === 'gap') return `${message.reason} ${message.firstSeq}-${message.lastSeq}`;
        if (message.kind === 'verify') return `verify ${message.firstSeq}+${message.count}`;
        return message.kind;
      })
      .join(', ');
  }
}

describe('AgentLink', () => {
  test('a welcome starts the resume: backlog as replay, then each tick as a frame', () => {
    const rig = new Rig(10).open();
    expect([rig.take(), rig.link.state]).toEqual(['hello, layout, replay 1+10', 'streaming']);
    rig.tick();
    rig.tick();
    expect(rig.take()).toBe('frame 11, frame 12');
  });

  test('a frame on the grid leans on the one before it', () => {
    const rig = new Rig(0).open();
    rig.tick();
    rig.tick();
    const frames = rig.sent.filter((message) => message.kind === 'frame');
    expect(frames.map(({ layoutId: id, timeMs }) => [id, timeMs])).toEqual([
      [layoutId, 1_000],
      [null, null],
    ]);
  });

  test('the newest tick goes ahead as live while credit is used up', () => {
    const rig = new Rig(2).open({}, 2 * itemBytes);
    expect(rig.take()).toBe('hello, layout, frame 1, frame 2');
    rig.tick();
    expect([rig.take(), rig.link.state]).toEqual(['live 3', 'starved']);
    rig.link.received({ kind: 'ack', ordinal: 1, storedSeq: 1, gapTicks: 0 }, 0);
    rig.link.pump(0);
    expect([rig.take(), rig.link.outstandingBytes]).toEqual(['frame 3', 2 * itemBytes]);
  });

  test('the newest tick goes ahead as live on a congested socket, and the backlog waits', () => {
    const rig = new Rig(20);
    rig.isCongested = true;
    rig.open();
    rig.tick();
    rig.tick();
    expect([rig.take(), rig.link.state]).toEqual(['hello, layout, live 21, live 22', 'resuming']);
    rig.isCongested = false;
    rig.link.pump(0);
    expect(rig.take()).toBe('replay 1+22');
  });

  test('one item may go with the smallest credit, none with credit 0', () => {
    const rig = new Rig(2).open({}, 1);
    expect(rig.take()).toBe('hello, layout, frame 1');
    expect(new Rig(2).open({}, 0).take()).toBe('hello');
  });

  test('a replay holds no more than the credit', () => {
    expect(new Rig(20).open({}, 7 * itemBytes + 1).take()).toBe('hello, layout, replay 1+7');
  });

  test('an ack deletes what it covers; a lower one changes nothing', () => {
    const rig = new Rig(5).open();
    rig.link.received({ kind: 'ack', ordinal: 1, storedSeq: 4, gapTicks: 1 }, 0);
    rig.link.received({ kind: 'ack', ordinal: 1, storedSeq: 2, gapTicks: 0 }, 0);
    expect(rig.spool.stream('e1')).toMatchObject({ oldest: 5, acked: 4, gapTicks: 1 });
  });

  test('an ack beyond what exists breaks the contract', () => {
    const rig = new Rig(5).open();
    const ack = () => rig.link.received({ kind: 'ack', ordinal: 1, storedSeq: 6, gapTicks: 0 }, 0);
    expect(ack).toThrow(ProtocolError);
    expect(rig.spool.stream('e1')).toMatchObject({ oldest: 1, acked: 0 });
  });

  test('acks and nacks of a stream that is not on this link are left alone', () => {
    const rig = new Rig(1).open();
    rig.link.received({ kind: 'ack', ordinal: 9, storedSeq: 6, gapTicks: 0 }, 0);
    rig.link.received({ kind: 'nack', ordinal: 9, code: 'busy', seq: 6, why: '' }, 0);
    expect(rig.spool.stream('e1')?.acked).toBe(0);
  });

  test('a nack sends again from its seq, with time and layout written out', () => {
    const rig = new Rig(2).open();
    rig.take();
    rig.link.received({ kind: 'nack', ordinal: 1, code: 'unexpected_seq', seq: 2, why: '' }, 0);
    rig.link.pump(0);
    expect(rig.sent).toMatchObject([{ kind: 'frame', seq: 2, layoutId, timeMs: 2_000 }]);
  });

  test('a nack for an unknown layout sends it again', () => {
    const rig = new Rig(1).open();
    rig.take();
    rig.link.received({ kind: 'nack', ordinal: 1, code: 'unknown_layout', seq: 1, why: '' }, 0);
    rig.link.pump(0);
    expect(rig.take()).toBe('layout, frame 1');
  });

  test('a refused tick becomes a gap in its place', () => {
    const rig = new Rig(3).open();
    rig.take();
    rig.link.received({ kind: 'nack', ordinal: 1, code: 'rejected', seq: 2, why: '' }, 0);
    rig.link.pump(0);
    expect(rig.take()).toBe('rejected 2-2, frame 3');
  });

  test('stored below acked is a database that was restored: what is held goes again, a gap for the rest', () => {
    const rig = new Rig(5);
    rig.spool.acknowledge('e1', 3, 0);
    expect(rig.open({ storedSeq: 1, storedCrc: 5 }).take()).toBe('hello, hub_rewound 2-3, layout, frame 4, frame 5');
  });

  test('stored above acked with the checksum of the own tick is a lost ack', () => {
    const rig = new Rig(5).open({ storedSeq: 4, storedCrc: itemCrc(tickAt(4)) });
    expect([rig.take(), rig.spool.stream('e1')?.acked]).toEqual(['hello, layout, frame 5', 4]);
  });

  test('another checksum is a fork: rows that differ move to a stream of their own', () => {
    const rig = new Rig(5).open({ storedSeq: 4, storedCrc: 12_345 });
    expect(rig.take()).toBe('hello, verify 1+4');
    const checksums = new Uint8Array(Uint32Array.of(itemCrc(tickAt(1)), itemCrc(tickAt(2)), 7, 8).buffer);
    rig.link.received({ kind: 'checksums', ordinal: 1, firstSeq: 1, checksums }, 0);
    expect(rig.spool.streams().map(({ epoch, next }) => [epoch, next])).toEqual([
      ['e2', 4],
      ['e3', 1],
    ]);
    expect(
      rig.spool
        .read('e2', 1, { tickCountMax: 9, samplesMax: 9 })
        .map((item) => (item.kind === 'tick' ? item.timeMs : 0)),
    ).toEqual([3_000, 4_000, 5_000]);
  });

  test('a stream that an empty database opened for a copy of this spool deletes nothing unseen', () => {
    const rig = new Rig(5).open({ storedSeq: 3, storedCrc: null });
    expect(rig.take()).toBe('hello, verify 1+3');
    rig.link.received({ kind: 'checksums', ordinal: 1, firstSeq: 1, checksums: new Uint8Array(12) }, 0);
    expect(rig.spool.stream('e2')?.next).toBe(6);
  });

  test('a stream of an earlier run that is stored further than its copy goes is done with', () => {
    const rig = new Rig(2);
    rig.openEpoch();
    rig.link.opened(0);
    rig.welcome([
      { epoch: 'e1', ordinal: 1, storedSeq: 9, storedCrc: 1, gapTicks: 0 },
      { epoch: 'e2', ordinal: 2, storedSeq: 0, storedCrc: null, gapTicks: 0 },
    ]);
    const checksums = new Uint8Array(Uint32Array.of(itemCrc(tickAt(1)), itemCrc(tickAt(2))).buffer);
    rig.link.received({ kind: 'checksums', ordinal: 1, firstSeq: 1, checksums }, 0);
    expect(rig.spool.streams().map(({ epoch }) => epoch)).toEqual(['e2']);
  });

  test('a hub whose database is away gets the newest tick, and the rest when it knows more', () => {
    const rig = new Rig(1);
    rig.link.opened(0);
    rig.welcome(null);
    rig.tick();
    expect([rig.take(), rig.link.isOverdue(60_000)]).toEqual(['hello, layout, live 2', false]);
    rig.welcome([{ epoch: 'e1', ordinal: 1, storedSeq: 0, storedCrc: null, gapTicks: 0 }]);
    expect(rig.take()).toBe('frame 1, frame 2');
  });

  test('a new epoch is announced on the open link', () => {
    const rig = new Rig(0).open();
    rig.openEpoch();
    rig.link.epochOpened();
    expect(rig.take()).toBe('hello, stream');
  });

  test.each([
    ['no welcome comes', (rig: Rig) => rig.link.opened(0), 20_000],
    [
      'a stream is not answered',
      (rig: Rig) => {
        rig.open();
        rig.openEpoch();
        rig.link.epochOpened();
      },
      20_000,
    ],
    ['nothing is acknowledged', (rig: Rig) => void rig.open(), 120_000],
  ])('isOverdue() when %s', (_, arrange, limitMs) => {
    const rig = new Rig(1);
    arrange(rig);
    expect([rig.link.isOverdue(limitMs), rig.link.isOverdue(limitMs + 1)]).toEqual([false, true]);
  });

  test('nothing is sent once the link has closed', () => {
    const rig = new Rig(0).open();
    rig.link.closed(1006);
    rig.take();
    rig.tick();
    expect([rig.take(), rig.link.state]).toEqual(['', 'closed']);
  });

  test('an item that travelled alone when the hub closed again and again is given up, and no other', () => {
    const rig = new Rig(16);
    for (let close = 0; close < 3; close += 1) {
      rig.open();
      rig.link.closed(1007);
    }
    expect(rig.take()).toBe('hello, layout, replay 1+16, hello, replay 1+4, hello, frame 1');
    rig.open();
    expect(rig.take()).toBe('hello, rejected 1-1');
    rig.link.received({ kind: 'ack', ordinal: 1, storedSeq: 1, gapTicks: 1 }, 0);
    rig.link.pump(0);
    expect(rig.take()).toBe('frame 2, frame 3');
  });

  test('a close that blames nothing does not count', () => {
    const rig = new Rig(8);
    for (let close = 0; close < 6; close += 1) {
      rig.open();
      rig.link.closed(1006);
    }
    expect(rig.open().spool.read('e1', 1, { tickCountMax: 1, samplesMax: 1 })).toMatchObject([
      { kind: 'tick', seq: 1 },
    ]);
  });
});
