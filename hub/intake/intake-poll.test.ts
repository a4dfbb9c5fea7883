import { describe, expect, test } from 'vitest';
import type { Layout } from '#core/series.ts';
import type { Flight } from './flight.ts';
import { Intake } from './intake.ts';

const layout: Layout = {
  id: '00000000000000aa',
  intervalMs: 1_000,
  series: [{ key: 'a', unit: '', kind: 'gauge', every: 1 }],
};
const settings = { batchAgeMs: 10_000, flushDelayMs: 500, queuedBytesMax: 64 * 1024 * 1024 };

function fleet(hostCount: number) {
  const flights: Flight[] = [];
  const intake = new Intake({ flush: (flight) => flights.push(flight), onTick: () => {} }, settings);
  const entries = Array.from({ length: hostCount }, (_, index) => {
    const shape = { id: index + 1, epoch: String(index).padStart(32, '0'), ordinal: 1, storedSeq: 0, storedCrc: null };
    const [entry] = intake.opened(index + 1, [{ ...shape, gapTicks: 0, shiftMs: 0, lease: 1 }]);
    return entry!;
  });
  const add = (host: number, seq: number, nowMs: number) => {
    const column = new Uint8Array(Float64Array.of(seq).buffer);
    entries[host]!.stream.accept(seq);
    intake.addTick(entries[host]!, { seq, timeMs: nowMs, layout, column }, nowMs);
  };
  return { intake, flights, add };
}

describe('poll()', () => {
  test('lets a batch that was sealed by age wait for others, but no longer than the flush delay', () => {
    const { intake, flights, add } = fleet(5);
    for (const host of [0, 1, 2, 3, 4]) add(host, 1, host * 100);
    for (let nowMs = 10_000; nowMs <= 10_400; nowMs += 100) intake.poll(nowMs);
    expect(flights).toHaveLength(0);

    intake.poll(10_500);
    expect(flights.map((flight) => flight.batches.length)).toEqual([5]);
  });

  test('counts the age of what is not stored from the oldest tick, through sealing and flight', () => {
    const { intake, flights, add } = fleet(1);
    add(0, 1, 1_000);
    expect(intake.unstoredMs(4_000)).toBe(3_000);
    intake.poll(11_000);
    expect(intake.unstoredMs(11_400)).toBe(10_400);
    intake.poll(11_500);
    expect([flights.length, intake.unstoredMs(12_000)]).toEqual([1, 11_000]);
  });

  test('seals and sends when the clock was set back', () => {
    const { intake, flights, add } = fleet(1);
    add(0, 1, 1_000_000);
    intake.poll(500_000);
    intake.poll(499_000);

    expect(flights).toHaveLength(1);
  });
});
