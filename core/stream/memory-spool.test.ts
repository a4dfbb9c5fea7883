import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstSeqOf, type Item, itemCrc, lastSeqOf } from './item.ts';
import { MemorySpool, type MemorySpoolOptions } from './memory-spool.ts';

const layoutId = '0011223344556677';
const limits = { tickCountMax: 1_000, samplesMax: 65_536 };

function start(epoch: string) {
  return { epoch, bootId: 'b'.repeat(32), startWallMs: 1_000, startMonotonicMs: 5 };
}

function tick(timeMs: number) {
  return { timeMs, layoutId, column: new Uint8Array(Float64Array.of(timeMs).buffer) };
}

/** A spool with one stream of `count` ticks, one second apart from 1,000. */
function spoolWith(count: number, options: MemorySpoolOptions = {}): MemorySpool {
  const spool = new MemorySpool(options);
  spool.addLayout(layoutId, new Uint8Array([1]));
  spool.openEpoch(start('e1'));
  for (let index = 0; index < count; index += 1) spool.append(tick(1_000 + index * 1_000));
  return spool;
}

function itemsOf(spool: MemorySpool, epoch: string): Item[] {
  const items: Item[] = [];
  const stream = spool.stream(epoch)!;
  for (let seq = stream.oldest; seq < stream.next; seq = lastSeqOf(items.at(-1)!) + 1) {
    items.push(...spool.read(epoch, seq, limits));
  }
  return items;
}

function shape(spool: MemorySpool, epoch = 'e1'): string {
  return itemsOf(spool, epoch)
    .map((item) => (item.kind === 'tick' ? `${item.seq}` : `${item.reason}:${item.firstSeq}-${item.lastSeq}`))
    .join(' ');
}

describe('MemorySpool', () => {
  test('append numbers ticks 1, 2, 3 within an epoch', () => {
    const spool = spoolWith(2);
    spool.openEpoch(start('e2'));
    expect([spool.append(tick(9_000)), spool.append(tick(10_000)), shape(spool)]).toEqual([1, 2, '1 2']);
  });

  test('append gives no seq while the disk takes nothing', () => {
    const spool = spoolWith(1);
    spool.durability = 'none';
    expect([spool.append(tick(2_000)), spool.stream('e1')?.next]).toEqual([null, 2]);
  });

  test('acknowledge forgets items and remembers the CRC of the last', () => {
    const spool = spoolWith(3);
    const [, second] = itemsOf(spool, 'e1');
    spool.acknowledge('e1', 2, 0);
    expect([shape(spool), spool.stream('e1')]).toMatchObject([
      '3',
      { oldest: 3, acked: 2, ackedCrc: itemCrc(second!) },
    ]);
  });

  test('acknowledge cuts a gap that reaches over it and knows no CRC then', () => {
    const spool = spoolWith(6);
    spool.putGap('e1', { firstSeq: 1, lastSeq: 5, reason: 'expired' });
    spool.acknowledge('e1', 3, 0);
    expect([shape(spool), spool.stream('e1')?.ackedCrc]).toEqual(['expired:4-5 6', null]);
  });

  test('acknowledge removes a drained stream that is not current', () => {
    const spool = spoolWith(2);
    spool.openEpoch(start('e2'));
    spool.acknowledge('e1', 2, 0);
    expect(spool.streams().map((stream) => stream.epoch)).toEqual(['e2']);
  });

  test('rewind makes a gap of what is no longer held, with times between what is known', () => {
    const spool = spoolWith(10);
    spool.acknowledge('e1', 8, 0);
    spool.rewind('e1', 3, 'hub_rewound');
    expect([shape(spool), itemsOf(spool, 'e1')[0]]).toMatchObject([
      'hub_rewound:4-8 9 10',
      { fromMs: 4_000, toMs: 8_000 },
    ]);
  });

  test('rewind offers kept ticks again', () => {
    const spool = spoolWith(4, { keepAcked: true });
    spool.acknowledge('e1', 4, 0);
    spool.rewind('e1', 2, 'hub_rewound');
    expect([shape(spool), spool.stream('e1')?.acked]).toEqual(['1 2 3 4', 2]);
  });

  test('rehome appends the listed ticks to the current stream and drops the rest', () => {
    const spool = spoolWith(4);
    spool.openEpoch(start('e2'));
    spool.rehome('e1', [2, 4]);
    expect([spool.streams().length, itemsOf(spool, 'e2').map((item) => item.kind === 'tick' && item.timeMs)]).toEqual([
      1,
      [2_000, 4_000],
    ]);
  });

  test('append turns the oldest ticks into one gap once full, over stream borders', () => {
    const spool = spoolWith(2, { spoolTicksMax: 4, dropRatio: 0.5 });
    spool.openEpoch(start('e2'));
    for (let index = 0; index < 5; index += 1) spool.append(tick(9_000 + index));
    expect([shape(spool, 'e1'), shape(spool, 'e2')]).toEqual(['spool_full:1-2', 'spool_full:1-2 3 4 5']);
  });

  test('append drops kept ticks before unacknowledged ones', () => {
    const spool = spoolWith(4, { spoolTicksMax: 4, dropRatio: 0.5, keepAcked: true });
    spool.acknowledge('e1', 3, 0);
    spool.append(tick(9_000));
    expect(shape(spool)).toBe('3 4 5');
  });

  test('crash loses only what was not committed', () => {
    const spool = spoolWith(2, { commit: 'manual' });
    spool.commit();
    spool.append(tick(9_000));
    spool.crash();
    expect(shape(spool)).toBe('1 2');
  });

  test('restore brings back a snapshot', () => {
    const spool = spoolWith(2);
    const snapshot = spool.snapshot();
    const clone = spool.clone();
    spool.acknowledge('e1', 2, 0);
    spool.restore(snapshot);
    expect([shape(spool), shape(clone)]).toEqual(['1 2', '1 2']);
  });

  test('every stream stays covered from oldest to next without hole or overlap', () => {
    const command = fc.record({
      kind: fc.constantFrom('append', 'append', 'append', 'ack', 'gap', 'rewind', 'epoch', 'rehome'),
      a: fc.nat(20),
      b: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), fc.boolean(), (commands, keepAcked) => {
        const spool = spoolWith(0, { spoolTicksMax: 12, keepAcked });
        let epochs = 1;
        for (const { kind, a, b } of commands) {
          const streams = spool.streams();
          const stream = streams[b % streams.length]!;
          const seq = Math.min(a, stream.next - 1);
          if (kind === 'append') spool.append(tick(1_000 * (a + 1)));
          else if (kind === 'ack') spool.acknowledge(stream.epoch, seq, 0);
          else if (kind === 'gap') {
            spool.putGap(stream.epoch, {
              firstSeq: seq,
              lastSeq: Math.min(seq + b, stream.next - 1),
              reason: 'rejected',
            });
          } else if (kind === 'rewind') spool.rewind(stream.epoch, seq, 'hub_rewound');
          else if (kind === 'epoch') spool.openEpoch(start(`e${(epochs += 1)}`));
          else if (stream !== streams.at(-1))
            spool.rehome(
              stream.epoch,
              [a, b].sort((x, y) => x - y),
            );
          for (const held of spool.streams()) {
            let expected = held.oldest;
            for (const item of itemsOf(spool, held.epoch)) {
              expect(firstSeqOf(item)).toBe(expected);
              expected = lastSeqOf(item) + 1;
            }
            expect(expected).toBe(held.next);
            expect(held.oldest).toBeLessThanOrEqual(held.acked + 1);
          }
          expect(spool.heldTicks()).toBeLessThanOrEqual(12);
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
