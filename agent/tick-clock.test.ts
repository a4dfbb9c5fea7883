import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { phaseMs } from '#core/time.ts';
import { type ClockReading, TickClock, type TickDue } from './tick-clock.ts';

const agentId = '00112233445566778899aabbccddeeff';
const startWallMs = 1_800_000_000_000;

/** Reading so many ms after the start, with the wall clock set by `stepMs`. */
function at(sinceMs: number, stepMs = 0): ClockReading {
  return { wallMs: startWallMs + sinceMs + stepMs, monotonicMs: 5_000 + sinceMs };
}

function clockOf(intervalMs: number): TickClock {
  return new TickClock({ agentId, intervalMs, start: at(0) });
}

/** Polls until the clock wants to wait or to step. */
function ticksAt(clock: TickClock, now: ClockReading): TickDue[] {
  const dues: TickDue[] = [];
  for (;;) {
    const due = clock.poll(now);
    if (due.kind === 'wait') return dues;
    dues.push(due);
    if (due.kind === 'step') return dues;
  }
}

describe('TickClock', () => {
  test('poll() answers ticks at the own phase of the agent, one interval apart', () => {
    const clock = clockOf(1_000);
    const first = clock.poll(at(0));
    const waitMs = first.kind === 'wait' ? first.waitMs : Number.NaN;
    expect((startWallMs + waitMs) % 1_000).toBe(phaseMs(agentId, 1_000));
    const times = [0, 1, 2].map((count) => clock.poll(at(waitMs + count * 1_000 + 3)));
    expect(times).toEqual(
      [0, 1, 2].map((count) => ({ kind: 'tick', tickMs: startWallMs + waitMs + count * 1_000, missedCount: 0 })),
    );
  });

  test('poll() waits until the next tick is due', () => {
    const clock = clockOf(60_000);
    const first = clock.poll(at(0));
    const waitMs = first.kind === 'wait' ? first.waitMs : Number.NaN;
    expect(clock.poll(at(waitMs - 0.5))).toEqual({ kind: 'wait', waitMs: 0.5 });
    expect(clock.poll(at(waitMs)).kind).toBe('tick');
    expect(clock.poll(at(waitMs))).toEqual({ kind: 'wait', waitMs: 60_000 });
  });

  test('poll() makes one tick after a pause and counts the ones that were not made', () => {
    const clock = clockOf(1_000);
    const waitMs = (clock.poll(at(0)) as { waitMs: number }).waitMs;
    expect(ticksAt(clock, at(waitMs + 600_250))).toEqual([
      { kind: 'tick', tickMs: startWallMs + waitMs + 600_000, missedCount: 600 },
    ]);
  });

  test.each([3_600_000, -3_600_000, -startWallMs, 2_001])(
    'poll() asks for a new epoch when the wall clock is set by %d ms',
    (stepMs) => {
      const clock = clockOf(1_000);
      expect(clock.poll(at(60_000, stepMs))).toEqual({ kind: 'step', stepMs });
      clock.startEpoch(at(60_000, stepMs));
      expect(clock.start).toEqual(at(60_000, stepMs));
      const due = clock.poll(at(60_000, stepMs));
      expect(due.kind).toBe('wait');
      const tick = clock.poll(at(61_000, stepMs));
      expect(tick.kind === 'tick' && tick.tickMs > startWallMs + 60_000 + stepMs).toBe(true);
    },
  );

  test.each([2_000, -2_000])('poll() keeps the epoch when the clocks are %d ms apart', (stepMs) => {
    expect(ticksAt(clockOf(1_000), at(90_000, stepMs)).map((due) => due.kind)).toEqual(['tick']);
  });

  test('poll() keeps the time of the stream while its epoch is younger than a minute', () => {
    const clock = clockOf(1_000);
    const kinds = [10_000, 30_000, 59_999].flatMap((sinceMs) => ticksAt(clock, at(sinceMs, 300_000)));
    expect(kinds.every((due) => due.kind === 'tick' && due.tickMs < startWallMs + 60_000)).toBe(true);
    expect(clock.poll(at(60_000, 300_000)).kind).toBe('step');
  });

  test('changeInterval() moves to the grid of the new interval without going back', () => {
    const clock = clockOf(1_000);
    const [before] = ticksAt(clock, at(5_000));
    clock.changeInterval(7_000, at(5_000));
    const [after] = ticksAt(clock, at(12_000));
    const times = [before, after].map((due) => (due?.kind === 'tick' ? due.tickMs : Number.NaN));
    expect(times[1]! > times[0]!).toBe(true);
    expect(times[1]! % 7_000).toBe(phaseMs(agentId, 7_000));
  });

  test('tick times of a stream only rise and stay on the grid, whatever the wall clock does', () => {
    const steps = fc.array(fc.record({ passMs: fc.nat(5_000), stepMs: fc.integer({ min: -1e7, max: 1e7 }) }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(steps, fc.constantFrom(100, 1_000, 10_000), (readings, intervalMs) => {
        const clock = clockOf(intervalMs);
        let sinceMs = 0;
        let lastMs = Number.NEGATIVE_INFINITY;
        let epochAtMs = 0;
        for (const { passMs, stepMs } of readings) {
          sinceMs += passMs;
          for (const due of ticksAt(clock, at(sinceMs, stepMs))) {
            if (due.kind === 'step') {
              expect(sinceMs - epochAtMs).toBeGreaterThanOrEqual(60_000);
              epochAtMs = sinceMs;
              clock.startEpoch(at(sinceMs, stepMs));
              lastMs = Number.NEGATIVE_INFINITY;
            } else if (due.kind === 'tick') {
              expect(due.tickMs).toBeGreaterThan(lastMs);
              const phase = ((due.tickMs % intervalMs) + intervalMs) % intervalMs;
              expect(phase).toBe(phaseMs(agentId, intervalMs));
              lastMs = due.tickMs;
            }
          }
        }
      }),
      { seed: 20_261_122, numRuns: 200 },
    );
  });
});
