import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayMs } from '../calendar.ts';
import { simulatedSeries } from './curves.ts';
import { createHostNature, type HostNature } from './host-nature.ts';
import { SimulatedHost, type SimulatedTicks } from './simulated-host.ts';
import { upSpans } from './uptime.ts';

const startMs = Date.UTC(2026, 9, 5); // a Monday
const minuteMs = 60_000;
const hourMs = 3_600_000;

/** Ticks as a map from time to the values of its column. */
function columnsOf({ count, times, values, stride }: SimulatedTicks): Map<number, number[]> {
  return new Map(
    Array.from({ length: count }, (_, tick) => [
      times[tick]!,
      simulatedSeries.map((_, series) => values[series * stride + tick]!),
    ]),
  );
}

function seriesOf(
  host: SimulatedHost,
  key: string,
  span: { readonly fromMs: number; readonly toMs: number },
): number[] {
  const place = simulatedSeries.findIndex((one) => one.key === key);
  return [...columnsOf(host.ticks({ ...span, intervalMs: minuteMs })).values()].map((column) => column[place]!);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The first host of the fleet that is so. */
function findHost(isWanted: (nature: HostNature) => boolean): SimulatedHost {
  for (let index = 0; ; index += 1) if (isWanted(createHostNature(1, index))) return new SimulatedHost(1, index);
}

const anyHost = fc.record({
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
  index: fc.integer({ min: 0, max: 5_000 }),
});
const anySpan = fc
  .record({ atMs: fc.integer({ min: -400 * dayMs, max: 400 * dayMs }), forMs: fc.integer({ min: 1, max: 3 * dayMs }) })
  .map(({ atMs, forMs }) => ({ fromMs: startMs + atMs, toMs: startMs + atMs + forMs }));
const runs = { numRuns: 60, seed: 7 };

describe('SimulatedHost', () => {
  test('gives the same values however a span is cut, and in whatever order it is asked', () => {
    fc.assert(
      fc.property(anyHost, anySpan, fc.double({ min: 0, max: 1, noNaN: true }), ({ seed, index }, span, part) => {
        const cutMs = span.fromMs + Math.floor((span.toMs - span.fromMs) * part);
        const one = new SimulatedHost(seed, index);
        const other = new SimulatedHost(seed, index);
        const intervalMs = 5 * minuteMs;
        const late = columnsOf(other.ticks({ fromMs: cutMs, toMs: span.toMs, intervalMs }));
        const early = columnsOf(other.ticks({ fromMs: span.fromMs, toMs: cutMs, intervalMs }));
        expect(new Map([...early, ...late])).toEqual(columnsOf(one.ticks({ ...span, intervalMs })));
      }),
      runs,
    );
  });

  test('columnAt() reads the same curves', () => {
    fc.assert(
      fc.property(anyHost, anySpan, ({ seed, index }, span) => {
        const host = new SimulatedHost(seed, index);
        const columns = columnsOf(host.ticks({ ...span, intervalMs: 20 * minuteMs }));
        for (const [timeMs, column] of columns) expect([...(host.columnAt(timeMs) ?? [])]).toEqual(column);
      }),
      runs,
    );
  });

  test('keeps percentages in 0..100 with two decimals and rates in whole bytes', () => {
    fc.assert(
      fc.property(anyHost, anySpan, ({ seed, index }, span) => {
        const columns = columnsOf(new SimulatedHost(seed, index).ticks({ ...span, intervalMs: 7 * minuteMs }));
        const isOff = ([cpu, memory, disk, received, sent]: number[]) =>
          [cpu!, memory!, disk!].some((value) => !(value >= 0 && value <= 100 && value === Number(value.toFixed(2)))) ||
          [received!, sent!].some((value) => !(Number.isSafeInteger(value) && value >= 0));
        expect([...columns.values()].find(isOff)).toBe(undefined);
      }),
      runs,
    );
  });

  test('ticks on a grid of its own, inside its runs', () => {
    fc.assert(
      fc.property(anyHost, anySpan, fc.constantFrom(1_000, 60_000, 514_286), ({ seed, index }, span, intervalMs) => {
        const { count, times, runs } = new SimulatedHost(seed, index).ticks({ ...span, intervalMs });
        expect(runs.reduce((sum, run) => sum + run.count, 0)).toBe(count);
        const isOff = (timeMs: number, tick: number) =>
          timeMs < span.fromMs ||
          timeMs >= span.toMs ||
          (timeMs - times[0]!) % intervalMs !== 0 ||
          (tick > 0 && timeMs <= times[tick - 1]!);
        expect(times.subarray(0, count).findIndex(isOff)).toBe(-1);
      }),
      runs,
    );
  });

  test('is busy by day and quiet by night, in its own time zone', () => {
    for (const tag of ['tokyo', 'new-york']) {
      const host = findHost(({ role, tags }) => role === 'web' && tags['location'] === tag);
      const meanAt = (hour: number) => {
        const days = [0, 1, 2, 3, 4].map((day) => startMs + day * dayMs + hour * hourMs - host.nature.zoneMs);
        return mean(days.flatMap((fromMs) => seriesOf(host, 'network_in', { fromMs, toMs: fromMs + hourMs })));
      };
      expect(meanAt(11)).toBeGreaterThan(3 * meanAt(4));
    }
  });

  test('is quieter at weekends where people work at offices', () => {
    const host = findHost(({ role }) => role === 'web');
    const dayMean = (day: number) => {
      const fromMs = startMs + day * dayMs - host.nature.zoneMs;
      return mean(seriesOf(host, 'cpu_usage', { fromMs, toMs: fromMs + dayMs }));
    };
    expect(mean([0, 1, 2, 3, 4].map(dayMean))).toBeGreaterThan(1.3 * mean([5, 6].map(dayMean)));
  });

  test('fills its disk for days and cleans it up', () => {
    const values = seriesOf(new SimulatedHost(1, 0), 'disk_usage', { fromMs: startMs, toMs: startMs + 60 * dayMs });
    const steps = values.slice(1).map((value, index) => value - values[index]!);
    expect(steps.filter((step) => step < -5).length).toBeGreaterThan(1);
    expect(steps.filter((step) => step < 0).length).toBeLessThan(30);
  });

  test('has spikes, and seldom', () => {
    const values = seriesOf(
      findHost(({ load }) => load < 0.4),
      'cpu_usage',
      { fromMs: startMs, toMs: startMs + 28 * dayMs },
    );
    const jumps = values.slice(1).filter((value, index) => value - values[index]! > 10).length;
    expect(jumps).toBeGreaterThan(3);
    expect(jumps).toBeLessThan(60);
  });

  test('loses what it held in memory at a restart', () => {
    const host = new SimulatedHost(1, 2);
    const [before, after] = upSpans(host.nature, { fromMs: startMs, toMs: startMs + 40 * dayMs });
    const usedAt = (timeMs: number) => host.columnAt(timeMs)![1]!;
    expect(usedAt(before!.toMs - minuteMs)).toBeGreaterThan(usedAt(after!.fromMs + minuteMs) + 5);
  });
});

describe('upSpans()', () => {
  test('has a restart each two weeks, and outages of hours', () => {
    const days = 28 * 20;
    const spans = upSpans(createHostNature(3, 1), { fromMs: startMs, toMs: startMs + days * dayMs });
    const downs = spans.slice(1).map((span, index) => span.fromMs - spans[index]!.toMs);
    const restarts = downs.filter((ms) => ms < 130_001);
    expect(restarts.length).toBeGreaterThanOrEqual(37);
    expect(restarts.length).toBeLessThanOrEqual(41);
    expect(Math.max(...downs)).toBeLessThan(11 * hourMs);
    expect(downs.length - restarts.length).toBeGreaterThan(5);
    expect(spans.every((span) => span.bootMs <= span.fromMs)).toBe(true);
  });

  test('names the boot of a run that began before the span', () => {
    fc.assert(
      fc.property(anyHost, anySpan, ({ seed, index }, span) => {
        const nature = createHostNature(seed, index);
        const first = upSpans(nature, span)[0];
        if (first === undefined) return;
        const whole = upSpans(nature, { fromMs: first.bootMs, toMs: span.toMs })[0]!;
        expect(whole.bootMs).toBe(first.bootMs);
        expect(whole.fromMs).toBe(first.bootMs);
      }),
      runs,
    );
  });
});
