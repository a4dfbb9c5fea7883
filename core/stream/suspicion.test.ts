import { describe, expect, test } from 'vitest';
import type { SpoolStream } from './item.ts';
import { isSuspiciousClose, Suspicion } from './suspicion.ts';

/** A stream of 100 ticks of which the hub has the first `acked`. */
function streamAt(acked: number): SpoolStream {
  const start = { epoch: 'e1', bootId: 'b', startWallMs: 0, startMonotonicMs: 0 };
  return { ...start, oldest: acked + 1, next: 101, acked, ackedCrc: null, gapTicks: 0 };
}

/** Closes with all that a trial allows under way, of at most 40 ticks. */
function closeAt(suspicion: Suspicion, acked: number): number | null {
  return suspicion.closedAt(streamAt(acked), acked + Math.min(40, suspicion.trialTicks));
}

describe('Suspicion', () => {
  test('closedAt() leaves a quarter of the ticks under way, down to one', () => {
    const suspicion = new Suspicion(1_024);
    const trials = [1, 2, 3].map(() => {
      closeAt(suspicion, 0);
      return suspicion.trialTicks;
    });
    expect(trials).toEqual([10, 2, 1]);
  });

  test('closedAt() gives up an item only once it was alone, at its third close', () => {
    const suspicion = new Suspicion(1_024);
    expect([1, 2, 3, 4].map(() => closeAt(suspicion, 4))).toEqual([null, null, null, 5]);
  });

  test('closedAt() counts the closes of each item by themselves', () => {
    const suspicion = new Suspicion(1_024);
    for (let close = 0; close < 3; close += 1) closeAt(suspicion, 4);
    expect([1, 2, 3].map(() => closeAt(suspicion, 5))).toEqual([null, null, 6]);
  });

  test('closedAt() gives up nothing where no item is', () => {
    const suspicion = new Suspicion(1_024);
    expect([1, 2, 3, 4, 5].map(() => suspicion.closedAt(streamAt(100), 101))).toEqual([null, null, null, null, null]);
  });

  test('ackedAt() lets twice as many go, and all of them beyond the bound', () => {
    const suspicion = new Suspicion(4);
    for (let close = 0; close < 3; close += 1) closeAt(suspicion, 0);
    const trials = [1, 2, 3].map((seq) => {
      suspicion.ackedAt('e1', seq);
      return suspicion.trialTicks;
    });
    expect([trials, suspicion.isTrying]).toEqual([[2, 4, Number.POSITIVE_INFINITY], false]);
  });

  test('ackedAt() clears an item that was stored after all', () => {
    const suspicion = new Suspicion(1_024);
    for (let close = 0; close < 3; close += 1) closeAt(suspicion, 0);
    suspicion.ackedAt('e1', 1);
    expect([suspicion.trialTicks, closeAt(suspicion, 0), closeAt(suspicion, 0)]).toEqual([2, null, null]);
  });
});

test('isSuspiciousClose() is true of codes that blame a message, not of an end of the hub', () => {
  expect([1002, 1007, 1009, 4400, 1000, 1001, 1006, 4403].map(isSuspiciousClose)).toEqual([
    ...[true, true, true, true],
    ...[false, false, false, false],
  ]);
});
