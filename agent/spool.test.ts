import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstSeqOf, type Item, itemCrc, lastSeqOf, type Spool } from '#core/stream/item.ts';
import { MemorySpool } from '#core/stream/memory-spool.ts';
import { openSpool, type SpoolOptions, type SqliteSpool } from './spool.ts';

const limits = { tickCountMax: 1_000, samplesMax: 65_536 };
const layoutId = '0011223344556677';
const otherLayoutId = '8899aabbccddeeff';
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const MiB = 1024 * 1024;

let folder: string;
let opened: SqliteSpool[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-spool-'));
  opened = [];
});

afterEach(() => {
  for (const spool of opened) spool.close();
  rmSync(folder, { recursive: true, force: true });
});

function fileName(): string {
  return join(folder, 'a', 'spool.sqlite');
}

function open(options: Partial<SpoolOptions> = {}): SqliteSpool {
  const spool = openSpool({ file: fileName(), bytesMax: 8 * MiB, log: silent, nowMs: () => 0, ...options });
  opened.push(spool);
  return spool;
}

function start(index: number) {
  return {
    epoch: index.toString(16).padStart(32, '0'),
    bootId: 'b'.repeat(32),
    startWallMs: 1_000,
    startMonotonicMs: 5,
  };
}

const e1 = start(1).epoch;
const e2 = start(2).epoch;

function tick(timeMs: number, options: { seriesCount?: number; layout?: string } = {}) {
  const column = new Uint8Array(Float64Array.from({ length: options.seriesCount ?? 2 }, () => timeMs / 7).buffer);
  return { timeMs, layoutId: options.layout ?? layoutId, column };
}

/** Appends ticks, one second apart from 1,000 for seq 1. */
function fill(spool: SqliteSpool, count: number, seriesCount = 2): void {
  const { next } = spool.streams().at(-1)!;
  for (let seq = next; seq < next + count; seq += 1) spool.append(tick(seq * 1_000, { seriesCount }));
}

function openWith(count: number, options: Partial<SpoolOptions> = {}): SqliteSpool {
  const spool = open(options);
  spool.openEpoch(start(1));
  spool.addLayout(layoutId, new Uint8Array([1]));
  fill(spool, count);
  return spool;
}

function itemsOf(spool: Spool, epoch: string): Item[] {
  const items: Item[] = [];
  const stream = spool.stream(epoch)!;
  let seq = stream.oldest;
  while (seq < stream.next) {
    const read = spool.read(epoch, seq, limits);
    expect(read.length).toBeGreaterThan(0);
    expect(firstSeqOf(read[0]!)).toBe(seq);
    items.push(...read);
    seq = lastSeqOf(read.at(-1)!) + 1;
  }
  return items;
}

function shape(spool: Spool, epoch = e1): string {
  return itemsOf(spool, epoch)
    .map((item) => (item.kind === 'tick' ? `${item.seq}` : `${item.reason}:${item.firstSeq}-${item.lastSeq}`))
    .join(' ');
}

/** Copies the file and its WAL as they are now, as a crash would leave them, and opens the copy. */
function openAfterCrash(
  options: Partial<SpoolOptions> = {},
  damage: (file: string) => void = () => undefined,
): SqliteSpool {
  const copy = join(folder, `crash-${readdirSync(folder).length}.sqlite`);
  for (const suffix of ['', '-wal']) {
    if (existsSync(fileName() + suffix)) writeFileSync(copy + suffix, readFileSync(fileName() + suffix));
  }
  damage(copy);
  return open({ file: copy, ...options });
}

function flip(file: string, at: number, bytes = 64): void {
  const content = readFileSync(file);
  for (let index = at; index < at + bytes; index += 1) content[index] = content[index]! ^ 0xff;
  writeFileSync(file, content);
}

describe('openSpool', () => {
  test('makes folder and file for their owner only', () => {
    open();
    const modes = [join(folder, 'a'), fileName(), `${fileName()}-wal`].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600, 0o600]);
  });

  test('refuses a spool that is open', () => {
    open();
    expect(() => open()).toThrow(/one agent at a time may use it/);
  });

  test('refuses the spool of another machine', () => {
    open({ machineId: 'm1' }).close();
    expect(() => open({ machineId: 'm2' })).toThrow(/must have been made on this machine \(m2\).*got one of m1/);
    expect(open({ machineId: 'm1' }).durability).toBe('disk');
  });

  test('refuses a bound that is too small', () => {
    expect(() => open({ bytesMax: 1 })).toThrow('at least 1048576 bytes are needed: got 1');
  });

  test('keeps agent id, hub and token', () => {
    const spool = open({ newAgentId: 'a'.repeat(32) });
    spool.setHub({ hubId: 'c'.repeat(32), token: 'secret' });
    spool.close();
    expect(open({ newAgentId: 'd'.repeat(32) }).identity).toEqual({
      agentId: 'a'.repeat(32),
      hubId: 'c'.repeat(32),
      token: 'secret',
      old: null,
    });
  });

  test('takes another identity with what it was before, and forgets that when told to', () => {
    const spool = open({ newAgentId: 'a'.repeat(32) });
    spool.setHub({ hubId: 'c'.repeat(32), token: 'first' });
    const second = { agentId: 'b'.repeat(32), hubId: 'c'.repeat(32), token: 'second' };
    const old = { agentId: 'a'.repeat(32), token: 'first' };
    expect(spool.setIdentity({ ...second, old })).toBe(true);
    spool.close();
    const again = open();
    expect(again.identity).toEqual({ ...second, old });
    again.setIdentity({ ...second, old: null });
    again.close();
    expect(open().identity).toEqual({ ...second, old: null });
  });

  test('has a default bound', () => {
    expect(open({ bytesMax: undefined }).counters().bytesMax).toBeGreaterThanOrEqual(MiB);
  });
});

describe('append', () => {
  test('numbers ticks of each epoch from 1, across a reopening', () => {
    openWith(3).close();
    const spool = open();
    spool.openEpoch(start(2));
    spool.addLayout(layoutId, new Uint8Array([1]));
    expect([spool.append(tick(9_000)), spool.append(tick(10_000)), shape(spool), shape(spool, e2)]).toEqual([
      ...[1, 2],
      ...['1 2 3', '1 2'],
    ]);
  });

  test('is durable when it returns', () => {
    openWith(5);
    expect(shape(openAfterCrash())).toBe('1 2 3 4 5');
  });

  test('keeps each bit of a column', () => {
    const spool = openWith(0);
    const column = new Uint8Array(16).map((_, index) => index * 17);
    spool.append({ timeMs: 1_000, layoutId, column });
    expect(spool.read(e1, 1, limits)).toEqual([
      { kind: 'tick', seq: 1, timeMs: 1_000, layoutId, column: Buffer.from(column) },
    ]);
  });

  test('with commitMs is durable once that has passed', () => {
    let nowMs = 0;
    const spool = openWith(2, { commitMs: 10_000, nowMs: () => nowMs });
    const before = shape(openAfterCrash(), e1);
    nowMs = 10_000;
    spool.commitDue(nowMs);
    expect([before, shape(openAfterCrash(), e1)]).toEqual(['', '1 2']);
  });

  test('with commitMs reads what is not yet committed', () => {
    expect(shape(openWith(2, { commitMs: 10_000 }))).toBe('1 2');
  });

  test('refuses a layout that was not added', () => {
    const spool = openWith(0);
    expect(() => spool.append(tick(1, { layout: otherLayoutId }))).toThrow('a layout is added before');
  });
});

describe('read', () => {
  test('ends at a change of layout, at a gap and at the limits', () => {
    const spool = openWith(3);
    spool.addLayout(otherLayoutId, new Uint8Array([2]));
    for (let index = 4; index <= 9; index += 1) spool.append(tick(index * 1_000, { layout: otherLayoutId }));
    spool.putGap(e1, { firstSeq: 7, lastSeq: 7, reason: 'rejected' });
    const reads = [1, 4, 7, 8].map((seq) => spool.read(e1, seq, limits).map(lastSeqOf));
    const limited = [
      spool.read(e1, 1, { tickCountMax: 2, samplesMax: 99 }),
      spool.read(e1, 1, { tickCountMax: 9, samplesMax: 1 }),
    ];
    expect([reads, limited.map((items) => items.length), spool.read(e1, 10, limits)]).toEqual([
      [[1, 2, 3], [4, 5, 6], [7], [8, 9]],
      [2, 1],
      [],
    ]);
  });
});

describe('acknowledge', () => {
  test('forgets ticks, remembers the CRC of the last, and never goes back', () => {
    const spool = openWith(5);
    const third = spool.read(e1, 3, limits)[0]!;
    spool.acknowledge(e1, 3, 0);
    spool.acknowledge(e1, 1, 0);
    spool.close();
    const after = open();
    expect([shape(after), after.stream(e1)]).toMatchObject([
      '4 5',
      { oldest: 4, next: 6, acked: 3, ackedCrc: itemCrc(third) },
    ]);
  });

  test('keeps the next seq of a drained stream', () => {
    const spool = openWith(5);
    spool.acknowledge(e1, 5, 2);
    expect(openAfterCrash().stream(e1)).toMatchObject({ oldest: 6, next: 6, acked: 5, gapTicks: 2 });
  });

  test('counts as expired what the hub stored as a gap although this end gave it up as ticks', () => {
    const spool = openWith(9);
    spool.putGap(e1, { firstSeq: 5, lastSeq: 6, reason: 'rejected' });
    spool.acknowledge(e1, 3, 2);
    spool.acknowledge(e1, 7, 4);
    expect(spool.counters().lostTicks).toEqual({ rejected: 2, expired: 2 });
    spool.acknowledge(e1, 9, 4);
    expect(spool.counters().lostTicks['expired']).toBe(2);
  });

  test('with keepAcked keeps the ticks', () => {
    const spool = openWith(3, { keepAcked: true });
    spool.acknowledge(e1, 2, 0);
    expect([shape(spool), spool.stream(e1)]).toMatchObject(['1 2 3', { oldest: 1, acked: 2 }]);
  });

  test('forgets at the next start what was only kept', () => {
    const spool = openWith(3, { keepAcked: true });
    spool.acknowledge(e1, 2, 0);
    spool.close();
    expect(shape(open())).toBe('3');
  });

  test('removes a drained stream that is not current', () => {
    const spool = openWith(2);
    spool.openEpoch(start(2));
    spool.acknowledge(e1, 2, 0);
    spool.close();
    expect(
      open()
        .streams()
        .map((stream) => stream.epoch),
    ).toEqual([e2]);
  });

  test('removes layouts that no tick uses, but not the one in use', () => {
    const spool = openWith(2);
    spool.addLayout(otherLayoutId, new Uint8Array([2]));
    spool.append(tick(3_000, { layout: otherLayoutId }));
    const before = spool.layout(layoutId);
    spool.acknowledge(e1, 3, 0);
    expect([before, spool.layout(layoutId), spool.layout(otherLayoutId)]).toEqual([
      ...[Buffer.from([1]), null],
      Buffer.from([2]),
    ]);
  });
});

describe('gaps', () => {
  test('rewind covers what is no longer held', () => {
    const spool = openWith(10);
    spool.acknowledge(e1, 8, 0);
    spool.rewind(e1, 3, 'hub_rewound');
    spool.close();
    const after = open();
    expect([shape(after), after.stream(e1)?.acked, after.counters().gapCounts]).toEqual([
      ...['hub_rewound:4-8 9 10', 3],
      { hub_rewound: 1 },
    ]);
  });

  test('putGap merges with a neighbour of the same reason only', () => {
    const spool = openWith(6);
    for (const seq of [2, 3]) spool.putGap(e1, { firstSeq: seq, lastSeq: seq, reason: 'rejected' });
    spool.putGap(e1, { firstSeq: 4, lastSeq: 4, reason: 'expired' });
    expect([shape(spool), spool.counters().lostTicks]).toEqual([
      '1 rejected:2-3 expired:4-4 5 6',
      { rejected: 2, expired: 1 },
    ]);
  });

  test('rehome moves ticks to the current stream in one transaction', () => {
    const spool = openWith(4);
    spool.openEpoch(start(2));
    spool.rehome(e1, [4, 2]);
    const after = openAfterCrash();
    expect([
      after.stream(e1),
      shape(after, e2),
      itemsOf(after, e2).map((item) => item.kind === 'tick' && item.timeMs),
    ]).toEqual([...[null, '1 2'], [2_000, 4_000]]);
  });
});

describe('a full spool', () => {
  test('gives up the oldest ticks as one gap and stays within its bound', () => {
    const spool = openWith(0, { bytesMax: MiB });
    spool.openEpoch(start(2));
    let bytes = 0;
    for (let index = 0; index < 40; index += 1) {
      fill(spool, 50, 100);
      bytes = Math.max(bytes, spool.counters().bytes);
    }
    const [gap, ...ticks] = itemsOf(spool, e2);
    const { heldTicks, lostTicks, gapCounts } = spool.counters();
    expect(bytes).toBeLessThanOrEqual(MiB);
    expect(gap).toMatchObject({ kind: 'gap', firstSeq: 1, reason: 'spool_full', fromMs: 1_000 });
    expect([lastSeqOf(gap!), gap!.kind === 'gap' && gap!.toMs, gapCounts]).toEqual([
      ...[2_000 - ticks.length, (2_000 - ticks.length) * 1_000],
      { spool_full: 1 },
    ]);
    expect([heldTicks, lostTicks]).toEqual([ticks.length, { spool_full: 2_000 - ticks.length }]);
    expect(heldTicks).toBeGreaterThan(300);
  });

  test('drops ticks that are only kept before any other', () => {
    const spool = openWith(0, { bytesMax: MiB, keepAcked: true });
    for (let index = 0; index < 10; index += 1) {
      fill(spool, 100, 100);
      spool.acknowledge(e1, spool.stream(e1)!.next - 1, 0);
    }
    expect([spool.counters().lostTicks, spool.stream(e1)!.oldest > 1]).toEqual([{}, true]);
  });

  test('takes from the oldest stream first, each with a gap of its own', () => {
    const spool = openWith(0, { bytesMax: MiB });
    fill(spool, 40, 100);
    spool.openEpoch(start(2));
    fill(spool, 1_000, 100);
    expect([shape(spool), shape(spool, e2).split(' ')[0]]).toEqual([
      'spool_full:1-40',
      expect.stringMatching(/^spool_full:1-/),
    ]);
  });
});

describe('a damaged spool', () => {
  /** 400 ticks of 100 series, all in the file, none in the WAL. */
  function closedSpool(): void {
    const spool = openWith(0);
    fill(spool, 400, 100);
    spool.acknowledge(e1, 10, 0);
    spool.setHub({ hubId: 'c'.repeat(32), token: 'secret' });
    fill(spool, 100, 100);
    spool.close();
  }

  test('loses only the tail of a truncated file, which a gap covers as far as the last ack knew of it', () => {
    closedSpool();
    const spool = openAfterCrash({}, (file) => truncateSync(file, 200 * 1024));
    const items = itemsOf(spool, e1);
    const gaps = items.filter((item) => item.kind === 'gap');
    expect(gaps.map((gap) => gap.reason)).toEqual(['damaged']);
    expect([firstSeqOf(items[0]!), lastSeqOf(items.at(-1)!)]).toEqual([11, spool.stream(e1)!.next - 1]);
    expect(spool.stream(e1)!.next).toBeGreaterThanOrEqual(401);
    expect(items.length).toBeGreaterThan(150);
    expect([spool.counters().salvages, spool.identity.token]).toEqual([1, 'secret']);
    expect(readdirSync(folder).filter((name) => name.includes('.damaged-')).length).toBe(1);
  });

  test('replaces a page of ticks by a gap', () => {
    closedSpool();
    const spool = openAfterCrash({}, (file) => flip(file, 40 * 4096, 4096));
    const gaps = itemsOf(spool, e1).filter((item) => item.kind === 'gap');
    expect(gaps.map((gap) => gap.reason)).toEqual(['damaged']);
    expect(lastSeqOf(gaps[0]!) - firstSeqOf(gaps[0]!)).toBeLessThan(10);
    expect(spool.stream(e1)?.next).toBe(501);
  });

  test('finds flipped bits of a column and replaces that tick by a gap', () => {
    closedSpool();
    const spool = openAfterCrash({}, (file) => flip(file, 40 * 4096 + 3_000, 1));
    const items = itemsOf(spool, e1);
    expect(items.filter((item) => item.kind === 'gap')).toMatchObject([{ reason: 'damaged' }]);
    expect([items.length, spool.counters().lostTicks]).toEqual([490, { damaged: 1 }]);
  });

  test('starts anew, keeping the old file, when nothing can be read', () => {
    closedSpool();
    const spool = openAfterCrash({}, (file) =>
      writeFileSync(file, 'not a database, but long enough to look at'.repeat(99)),
    );
    expect([spool.durability, spool.streams()]).toEqual(['disk', []]);
  });

  test('takes the place of its file after a crash in the middle of setting that aside', () => {
    closedSpool();
    const spool = openAfterCrash({}, (file) => {
      writeFileSync(`${file}.salvaged`, readFileSync(file));
      writeFileSync(`${file}-wal`, 'left over');
      rmSync(file);
    });
    expect(spool.stream(e1)?.next).toBe(501);
  });

  test('is found while running, and the current stream goes on with its seqs', () => {
    const spool = openWith(0);
    fill(spool, 2_000, 100);
    const damage = readFileSync(fileName());
    damage.fill(0xee, 3 * 4096);
    writeFileSync(fileName(), damage);
    // SQLite has the newest pages in memory: read all until it comes to the damage.
    const items = itemsOf(spool, e1);
    expect([spool.append(tick(9e6)), lastSeqOf(items.at(-1)!), spool.durability]).toEqual([2_001, 2_000, 'disk']);
  });

  test.each(Array.from({ length: 12 }, (_, index) => index * 37 + 1))(
    'never stops the agent: noise at page %i',
    (seed) => {
      closedSpool();
      const spool = openAfterCrash({}, (file) => {
        const size = statSync(file).size;
        for (let index = 0; index < 6; index += 1) flip(file, ((seed * 7_919 + index * 104_729) * 31) % (size - 64));
      });
      spool.openEpoch(start(9));
      spool.addLayout(layoutId, new Uint8Array([1]));
      expect(spool.append(tick(1))).toBe(1);
      for (const { epoch } of spool.streams()) itemsOf(spool, epoch);
    },
  );
});

describe('a disk that takes nothing', () => {
  test('lets the agent start, number nothing, and go on once the disk is there', () => {
    let nowMs = 0;
    writeFileSync(join(folder, 'a'), 'a file where the folder should be');
    const spool = openWith(2, { nowMs: () => nowMs });
    const before = [
      spool.durability,
      spool.stream(e1)?.next,
      spool.counters().uncommittedTicks,
      spool.read(e1, 1, limits),
    ];
    rmSync(join(folder, 'a'));
    nowMs = 60_000;
    expect([before, spool.append(tick(3_000)), spool.durability, shape(spool)]).toEqual([
      ['none', 1, 2, []],
      ...[1, 'disk', '1'],
    ]);
  });

  test('is tried again only after a while', () => {
    let nowMs = 0;
    writeFileSync(join(folder, 'a'), '');
    const spool = openWith(1, { nowMs: () => nowMs });
    for (nowMs = 0; nowMs < 120_000; nowMs += 1_000) spool.append(tick(nowMs));
    expect(spool.counters().diskErrors).toBeLessThan(12);
  });
});

test('the spool does as the model does, over reopenings', () => {
  const command = fc.record({
    kind: fc.constantFrom('append', 'append', 'append', 'ack', 'gap', 'rewind', 'epoch', 'rehome', 'reopen'),
    a: fc.nat(30),
    b: fc.nat(30),
  });
  let run = 0;
  fc.assert(
    fc.property(fc.array(command, { maxLength: 50 }), fc.boolean(), (commands, keepAcked) => {
      const file = join(folder, `model-${(run += 1)}.sqlite`);
      const options = { file, keepAcked };
      let spool = open(options);
      const model = new MemorySpool({ keepAcked });
      let epochs = 0;
      const openEpoch = (): void => {
        epochs += 1;
        for (const each of [spool, model]) {
          each.openEpoch(start(epochs));
          each.addLayout(layoutId, new Uint8Array([1]));
        }
      };
      openEpoch();
      for (const { kind, a, b } of commands) {
        const streams = model.streams();
        const stream = streams[b % streams.length]!;
        const seq = Math.min(a, stream.next - 1);
        if (kind === 'reopen') {
          spool.close();
          spool = open(options);
          openEpoch();
          continue;
        }
        for (const each of [spool, model]) {
          if (kind === 'append') for (let index = 0; index <= b % 4; index += 1) each.append(tick(a * 1_000 + index));
          else if (kind === 'ack') each.acknowledge(stream.epoch, seq, b);
          else if (kind === 'rewind') each.rewind(stream.epoch, seq, 'hub_rewound');
          else if (kind === 'gap') {
            const lastSeq = Math.min(seq + b, stream.next - 1);
            each.putGap(stream.epoch, { firstSeq: seq, lastSeq, reason: a % 2 === 0 ? 'rejected' : 'expired' });
          } else if (kind === 'rehome' && stream !== streams.at(-1)) each.rehome(stream.epoch, [a, b]);
        }
        if (kind === 'epoch') openEpoch();
        expect(spool.streams()).toEqual(model.streams());
        for (const { epoch } of streams) {
          if (model.stream(epoch) === null) continue;
          expect(itemsOf(spool, epoch).map(plain)).toEqual(itemsOf(model, epoch).map(plain));
        }
        expect(spool.counters().heldTicks).toBe(model.heldTicks());
      }
      spool.close();
    }),
    { seed: 11, numRuns: 60 },
  );
});

function plain(item: Item): object {
  return item.kind === 'tick' ? { ...item, column: Buffer.from(item.column).toString('hex') } : item;
}

describe('changeBytesMax()', () => {
  const fileBytes = () => statSync(fileName()).size;
  /** Thousands of ticks in one transaction, 800 bytes each. */
  const openFull = (bytesMax: number, count: number): SqliteSpool => {
    const spool = openWith(0, { bytesMax, commitMs: 10_000 });
    fill(spool, count, 100);
    spool.commit();
    return spool;
  };

  test('gives more room, and what was held stays', () => {
    const spool = openFull(2 * MiB, 3_000);
    const lost = spool.counters().lostTicks.spool_full ?? 0;
    expect(lost).toBeGreaterThan(0);
    spool.changeBytesMax(16 * MiB);
    fill(spool, 3_000, 100);
    expect(spool.counters()).toMatchObject({ bytesMax: 16 * MiB, lostTicks: { spool_full: lost } });
    expect(shape(spool).split(' ')).toHaveLength(6_000 - lost + 1);
  });

  test('takes room away: the oldest become one gap, a part after each tick, and what is left is whole', () => {
    const spool = openFull(16 * MiB, 6_000);
    spool.changeBytesMax(4 * MiB);
    let turns = 0;
    let left = spool.counters().heldTicks;
    for (;;) {
      spool.shrink();
      turns += 1;
      const { heldTicks } = spool.counters();
      if (heldTicks === left) break;
      left = heldTicks;
    }
    expect(turns).toBeGreaterThan(2);
    fill(spool, 10, 100);
    const { heldTicks, lostTicks } = spool.counters();
    expect(heldTicks + lostTicks.spool_full!).toBe(6_010);
    expect(heldTicks * 800).toBeLessThan(4 * MiB);
    expect(heldTicks * 800).toBeGreaterThan(1 * MiB);
    expect(shape(spool)).toMatch(/^spool_full:1-\d+ /);
  });

  test('gives the disk back once what was held is acknowledged', () => {
    const spool = openFull(16 * MiB, 6_000);
    expect(fileBytes()).toBeGreaterThan(4 * MiB);
    spool.changeBytesMax(2 * MiB);
    spool.acknowledge(e1, 6_000, 0);
    spool.shrink();
    expect(fileBytes()).toBeLessThan(1 * MiB);
    fill(spool, 10, 100);
    expect(itemsOf(spool, e1)).toHaveLength(10);
  });

  test('holds over a reopening with a smaller size in the same way', () => {
    openFull(16 * MiB, 3_000).close();
    opened = [];
    const spool = open({ bytesMax: 1 * MiB });
    for (let turn = 0; turn < 20; turn += 1) spool.shrink();
    expect(fileBytes()).toBeLessThan(1 * MiB);
  });
});
