/**
 * What to add to the times of a stream whose agent had a wrong clock. Pure.
 *
 * For streams of the boot that is running, the hub knows when they started by the monotonic clock, to within
 * the round trip. Streams of earlier boots keep their times unless they lie in the future.
 */
import { clockShiftMsMin, futureMsMax } from '#core/limits.ts';
import type { Hello, StreamOffer } from '#core/message.ts';
import { intervalOf } from './message-checks.ts';

/** A stream to open in the database, with the shift that it gets if this is its first contact. */
export interface OfferedStream {
  readonly offer: StreamOffer;
  readonly shiftMs: number;
}

/** Shifts are whole seconds, so that ticks stay on the grid of any interval of whole seconds. */
const gridMs = 1_000;
/** A run is taken to be no longer than this: its interval is a guess, and what is put too far back may have expired. */
const runMsMax = 7 * 86_400_000;

/** `nowMs` is when the hello came. */
export function offeredStream(
  offer: StreamOffer,
  hello: Pick<Hello, 'bootId' | 'monotonicMs' | 'facts'>,
  nowMs: number,
): OfferedStream {
  return { offer, shiftMs: clockShiftMs(offer, hello, nowMs) };
}

/** The shift in ms, 0 when the clock is right enough to be believed. */
export function clockShiftMs(
  offer: Pick<StreamOffer, 'bootId' | 'startWallMs' | 'startMonotonicMs' | 'next'>,
  hello: Pick<Hello, 'bootId' | 'monotonicMs' | 'facts'>,
  nowMs: number,
): number {
  if (offer.bootId === hello.bootId) {
    const trueStartMs = nowMs - (hello.monotonicMs - offer.startMonotonicMs);
    const shiftMs = trueStartMs - offer.startWallMs;
    return Math.abs(shiftMs) > clockShiftMsMin ? Math.round(shiftMs / gridMs) * gridMs : 0;
  }
  const aheadMs = offer.startWallMs - nowMs;
  if (aheadMs <= futureMsMax) return 0;
  // Its times are wrong in any case. It is put where it ends now, if it ticked as its agent does today.
  const runMs = Math.min(runMsMax, (offer.next - 1) * intervalOf(hello.facts));
  return -Math.ceil((aheadMs + runMs) / gridMs) * gridMs;
}
