import { describe, expect, test } from 'vitest';
import { decodeToViewer } from '#core/codec.ts';
import { Ring, type RingTick } from '#core/ring.ts';
import { gauges, tickOf } from '../testing/ticks.ts';
import { OverviewGroup } from './overview.ts';

function hostOf(hostId: number, ticks: readonly RingTick[]) {
  const ring = new Ring({ windowMs: 1e9, ticksMax: 100 });
  for (const tick of ticks) ring.push(tick);
  return { hostId, ring };
}

function decoded(bytes: Uint8Array | null) {
  if (bytes === null) return null;
  const message = decodeToViewer(bytes);
  if (message.kind !== 'overview') throw new Error(`got ${message.kind}`);
  return {
    hostIds: Array.from(new Uint32Array(message.hostIds.slice().buffer)),
    timesMs: Array.from(new Float64Array(message.timesMs.slice().buffer)),
    values: Array.from(new Float32Array(message.values.slice().buffer)),
  };
}

const layout = gauges(['a', 'b', 'slow'], { every: { slow: 5 } });

describe('OverviewGroup', () => {
  test('gives the newest values of each host in the order of its keys, NaN for what a host has not', () => {
    const group = new OverviewGroup(['b', 'a', 'none'], null);
    const hosts = [
      hostOf(7, [tickOf(layout, 1, [1, 2, 3])]),
      hostOf(9, []),
      hostOf(8, [tickOf(gauges(['b']), 4, [5])]),
    ];

    expect(decoded(group.encode(hosts, 0))).toEqual({
      hostIds: [7, 8],
      timesMs: [1_000, 4_000],
      values: [2, 1, Number.NaN, 5, Number.NaN, Number.NaN],
    });
  });

  test('is nothing when no host of it has a tick', () => {
    expect(
      new OverviewGroup(['a'], [1]).encode([hostOf(2, [tickOf(layout, 1, [1, 2, 3])]), hostOf(1, [])], 0),
    ).toBeNull();
  });

  test('looks for a slow series as far back as its own interval reaches', () => {
    const group = new OverviewGroup(['slow'], null);
    const idle = (seq: number) => tickOf(layout, seq, [1, 2, 'notDue']);
    const within = [tickOf(layout, 1, [1, 2, 42]), ...[2, 3, 4, 5, 6].map(idle)];

    expect(decoded(group.encode([hostOf(1, within)], 0))!.values).toEqual([42]);
    expect(decoded(group.encode([hostOf(1, [...within, idle(7)])], 0))!.values).toEqual([Number.NaN]);
  });

  test('gives no value for a reading that failed', () => {
    const ticks = [tickOf(layout, 1, [1, 2, 3]), tickOf(layout, 2, ['failed', 2, 'gone'])];

    expect(decoded(new OverviewGroup(['a', 'b', 'slow'], null).encode([hostOf(1, ticks)], 0))!.values).toEqual([
      Number.NaN,
      2,
      Number.NaN,
    ]);
  });

  test('tells of a tick before the newest, where a host has one', () => {
    const hosts = [
      hostOf(
        1,
        [1, 2, 3].map((seq) => tickOf(layout, seq, [seq, 0, 0])),
      ),
      hostOf(2, [tickOf(layout, 9, [9, 0, 0])]),
    ];

    expect(decoded(new OverviewGroup(['a'], null).encode(hosts, 0, 2))).toEqual({
      hostIds: [1],
      timesMs: [1_000],
      values: [1],
    });
  });
});
