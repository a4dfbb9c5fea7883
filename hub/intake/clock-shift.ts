/**
 * What to add to the times of a stream whose agent had a wrong clock. Pure.
 *
 * For streams of the boot that is running, the hub knows when they started by the monotonic clock, to within
 * the round trip. Streams of earlier boots keep their times unless they lie in the future.
 */
import { clockShiftMsMin, futureMsMax } from '#core/limits.ts';
import type { Hello, StreamOffer } from '#core/message.ts';

/** A stream to open in the database, with the shift that it gets if this is its first contact. */
export interface OfferedStream {
  readonly offer: StreamOffer;
  readonly shiftMs: number;
}

/** Shifts are whole seconds, so that ticks stay on the grid of any interval of whole seconds. */
const gridMs = 1_000;

export function offeredStream(
  offer: StreamOffer,
  hello: Pick<Hello, 'bootId' | 'wallMs' | 'monotonicMs'>,
  nowMs: number,
): OfferedStream {
  return { offer, shiftMs: clockShiftMs(offer, hello, nowMs) };
}

/** The shift in ms, 0 when the clock is right enough to be believed. */
export function clockShiftMs(
  offer: Pick<StreamOffer, 'bootId' | 'startWallMs' | 'startMonotonicMs'>,
  hello: Pick<Hello, 'bootId' | 'monotonicMs'>,
  nowMs: number,
): number {
  if (offer.bootId === hello.bootId) {
    const trueStartMs = nowMs - (hello.monotonicMs - offer.startMonotonicMs);
    const shiftMs = trueStartMs - offer.startWallMs;
    return Math.abs(shiftMs) > clockShiftMsMin ? Math.round(shiftMs / gridMs) * gridMs : 0;
  }
  // How long that run lasted is not known here; its start is put where the hub is now.
  const aheadMs = offer.startWallMs - nowMs;
  return aheadMs > futureMsMax ? -Math.ceil(aheadMs / gridMs) * gridMs : 0;
}
