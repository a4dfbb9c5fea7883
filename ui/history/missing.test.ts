import { describe, expect, test } from 'vitest';
import type { Layout } from '#core/series.ts';
import { HostRing } from '../live/ring.ts';
import { batchesOf } from './batches.ts';
import { HoleWatch } from './hole-watch.ts';
import { holesIn, missingSpans, type Tail } from './missing.ts';
import { emptyTrack, joinTracks } from './track.ts';

const need = { fromMs: 100_000, toMs: 400_000, isPast: false };
const tail: Tail = { ringFromMs: 300_000, advanceMs: 120_000, hole: null };
const past = { ...need, isPast: true };

describe('missingSpans()', () => {
  const known = (fromMs: number, toMs: number) => emptyTrack({ fromMs, toMs }, 10_000);

  test.each([
    ['asks for all of it at first', null, need, tail, [{ fromMs: 100_000, toMs: 400_000 }]],
    ['asks for nothing that the ring has', null, need, { ...tail, ringFromMs: 101_000 }, []],
    ['lets the ring continue a track', known(90_000, 310_000), need, tail, []],
    [
      'continues what the ring does not reach, from the last bucket on',
      known(90_000, 295_000),
      need,
      tail,
      [{ fromMs: 290_000, toMs: 400_000 }],
    ],
    [
      'renews an old end, though the ring reaches it',
      known(90_000, 305_000),
      need,
      { ...tail, advanceMs: 60_000 },
      [{ fromMs: 300_000, toMs: 400_000 }],
    ],
    ['asks for what is missing on the left', known(200_000, 400_000), need, tail, [{ fromMs: 100_000, toMs: 200_000 }]],
    [
      'asks without a ring only now and then',
      known(90_000, 396_000),
      need,
      { ...tail, ringFromMs: null, advanceMs: 10_000 },
      [],
    ],
    [
      'but at once for what is past',
      known(90_000, 396_000),
      past,
      { ...tail, ringFromMs: null },
      [{ fromMs: 390_000, toMs: 400_000 }],
    ],
    [
      'asks for all when what is known lies elsewhere',
      known(0, 50_000),
      need,
      tail,
      [{ fromMs: 100_000, toMs: 400_000 }],
    ],
    [
      'mends a hole',
      known(90_000, 390_000),
      need,
      { ...tail, hole: { fromMs: 333_000, toMs: 341_000 } },
      [{ fromMs: 330_000, toMs: 360_000 }],
    ],
    [
      'mends a hole behind the track, and all that lies between',
      known(90_000, 310_000),
      need,
      { ...tail, hole: { fromMs: 333_000, toMs: 341_000 } },
      [{ fromMs: 310_000, toMs: 360_000 }],
    ],
    ['asks for nothing before the need begins', null, { fromMs: 5, toMs: 5, isPast: true }, tail, []],
  ])('%s', (_, track, wanted, from, expected) => {
    expect(missingSpans(track, wanted, from)).toEqual(expected);
  });
});

const layout: Layout = { id: 'one', intervalMs: 1_000, series: [{ key: 'a', unit: '1', kind: 'gauge', every: 1 }] };

function ringAt(...seconds: readonly number[]): HostRing {
  const ring = new HostRing(100);
  for (const second of seconds)
    ring.push({ ordinal: 1, seq: second, timeMs: second * 1_000 }, layout, Float64Array.of(1));
  return ring;
}

test('holesIn() finds where ticks are missing', () => {
  expect(holesIn(ringAt(1, 2, 5, 6, 9), 5_500)).toEqual([{ fromMs: 6_000, toMs: 9_000 }]);
});

describe('HoleWatch', () => {
  test('is due soon after a hole is seen, again later, and then no more', () => {
    const watch = new HoleWatch();
    const ring = ringAt(1, 2, 5);
    const hole = { fromMs: 2_000, toMs: 5_000 };
    const dueAt = (nowMs: number) => {
      const due = watch.due(ring, 0, nowMs);
      if (due !== null) watch.asked(nowMs);
      return due;
    };
    expect([dueAt(5_000), dueAt(6_900)]).toEqual([null, null]);
    expect(dueAt(7_000)).toEqual(hole);
    expect([dueAt(8_000), dueAt(17_000), dueAt(20_000), dueAt(77_000), dueAt(999_000)]).toEqual([
      null,
      hole,
      null,
      hole,
      null,
    ]);
  });

  test('forgets a hole that was filled', () => {
    const watch = new HoleWatch();
    const ring = ringAt(1, 3, 4);
    expect(watch.due(ring, 0, 4_000)).toBe(null);
    ring.push({ ordinal: 1, seq: 2, timeMs: 2_000 }, layout, Float64Array.of(1));
    expect(watch.due(ring, 0, 9_000)).toBe(null);
  });
});

test('batchesOf() asks together for what lies side by side', () => {
  const span = { fromMs: 0, toMs: 10 };
  const other = { fromMs: 5, toMs: 10 };
  const batches = batchesOf([
    { host: 'web-01', key: 'a', span },
    { host: 'web-01', key: 'b', span },
    { host: 'web-02', key: 'b', span },
    { host: 'web-02', key: 'a', span },
    { host: 'web-02', key: 'c', span: other },
    ...Array.from({ length: 150 }, (_, index) => ({ host: 'db-01', key: `k${index}`, span })),
  ]);
  expect(batches.map(({ hosts, keys, fromMs }) => [hosts, keys.length, fromMs])).toEqual([
    [['web-01', 'web-02'], 2, 0],
    [['web-02'], 1, 5],
    [['db-01'], 100, 0],
    [['db-01'], 50, 0],
  ]);
});

test('joinTracks() takes tracks that do not touch for strangers', () => {
  const one = emptyTrack({ fromMs: 0, toMs: 10 }, 0);
  const other = emptyTrack({ fromMs: 20, toMs: 30 }, 0);
  expect(joinTracks(one, other)).toBe(other);
  expect(joinTracks(one, emptyTrack({ fromMs: 10, toMs: 30 }, 0))).toMatchObject({ fromMs: 0, toMs: 30 });
});
