/**
 * What a message of an agent must be by itself, apart from what the session knows of it: pure checks.
 *
 * A breach of the envelope throws ProtocolError, which costs the connection; a fault of one tick is answered as text,
 * because it costs that tick alone.
 */
import { ProtocolError } from '#core/errors.ts';
import {
  blockTicksMax,
  replayInflatedBytesMax,
  replaySamplesMax,
  tickIntervalMsMax,
  tickIntervalMsMin,
  verifyCountMax,
} from '#core/limits.ts';
import type { Id128, Replay, StreamOffer, Verify } from '#core/message.ts';

/** The last instant of ECMAScript's Date. */
const timeMsMax = 8.64e15;

/** Whether an agent's time can be stored. */
export function isTime(ms: number): boolean {
  return ms > 0 && ms <= timeMsMax;
}

/** A gap may stand for ticks that were refused for their time, and must not be refused for the same. */
export function clampTime(ms: number): number {
  return Math.min(timeMsMax, Math.max(1, ms));
}

/** The interval that an agent says in its facts, within what an agent may have, ms. */
export function intervalOf(facts: Readonly<Record<string, string>>): number {
  const intervalMs = Math.round(Number(facts['interval_ms'] ?? 1_000)) || 1_000;
  return Math.min(tickIntervalMsMax, Math.max(tickIntervalMsMin, intervalMs));
}

/** Why the content of a tick cannot be taken; null when it can. */
export function tickProblem(
  tick: { readonly timeMs: number; readonly byteLength: number },
  wanted: { readonly seriesCount: number; readonly lastMs: number },
): string | null {
  if (tick.byteLength !== wanted.seriesCount * 8)
    return `Cannot accept tick: the layout has ${wanted.seriesCount} series: got ${tick.byteLength / 8} values`;
  if (!isTime(tick.timeMs)) return `Cannot accept tick: its time must lie in 0..${timeMsMax}: got ${tick.timeMs}`;
  if (tick.timeMs <= wanted.lastMs)
    return `Cannot accept tick: times of a stream rise: got ${tick.timeMs} after ${wanted.lastMs}`;
  return null;
}

/** Each offered stream holds what it says, and is offered once. */
export function checkOffers(offers: readonly StreamOffer[]): void {
  const epochs = new Set<Id128>();
  for (const { epoch, oldest, next, acked } of offers) {
    if (oldest > next || acked >= next || epochs.has(epoch)) {
      throw new ProtocolError(
        'ERR_SEQ_RANGE',
        `Cannot accept stream: oldest ≤ next, acked < next and each epoch once: got ${oldest}, ${next} and ${acked}`,
      );
    }
    epochs.add(epoch);
  }
}

/** A replay is no larger than a hub unpacks, before its layout is known. */
export function checkReplay({ tickCount, inflatedBytes }: Replay): void {
  if (tickCount >= 1 && tickCount <= blockTicksMax && inflatedBytes <= replayInflatedBytesMax) return;
  throw new ProtocolError(
    'ERR_BLOCK_MALFORMED',
    `Cannot accept replay: 1..${blockTicksMax} ticks and at most ${replayInflatedBytesMax} bytes are wanted: got ${tickCount} and ${inflatedBytes}`,
  );
}

/** As `checkReplay`, of the samples; a single tick may have as many as it has series. */
export function checkReplaySamples({ tickCount }: Replay, columnCount: number): void {
  if (columnCount * tickCount <= replaySamplesMax || tickCount === 1) return;
  throw new ProtocolError(
    'ERR_BLOCK_MALFORMED',
    `Cannot accept replay: at most ${replaySamplesMax} samples are allowed: got ${columnCount * tickCount}`,
  );
}

/** A gap stands for one seq at least. */
export function checkGapRange({ firstSeq, lastSeq }: { readonly firstSeq: number; readonly lastSeq: number }): void {
  if (lastSeq >= firstSeq) return;
  throw new ProtocolError(
    'ERR_SEQ_RANGE',
    `Cannot accept gap: it must not end before it starts: got ${firstSeq}..${lastSeq}`,
  );
}

/** Rows compared at once are bounded. */
export function checkVerify({ count }: Verify): void {
  if (count >= 1 && count <= verifyCountMax) return;
  throw new ProtocolError('ERR_SEQ_RANGE', `Cannot verify: a count in 1..${verifyCountMax} is wanted: got ${count}`);
}
