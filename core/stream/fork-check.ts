/**
 * Whether what the hub has stored of a stream is the history in this spool, and what to keep when it is not.
 *
 *   answer ─likenessOf─► same ────────────────────────────────► acknowledge
 *                        unsure, foreign ─verify / checksums─► isForked? ─no─► acknowledge
 *                                                                       └yes─► unstoredSeqs move to a new epoch
 *
 * A machine put back to an earlier state, or a copy of it, numbers other ticks with the seqs that are stored already.
 * Invariant: a tick is taken for stored only if its checksum, or one behind it in the same history, is the hub's; so
 * a fork costs rows that are sent twice at worst, never one that is deleted unseen.
 *
 * What has been found so far is in the stream's lane: it is gone with the link.
 */
import { ProtocolError } from '../errors.ts';
import { replaySamplesMax, verifyCountMax } from '../limits.ts';
import type { Checksums, StreamAnswer } from '../message.ts';
import { itemCrc, lastSeqOf, type Spool, type SpoolStream } from './item.ts';
import type { Lane } from './lane.ts';

const readLimits = { tickCountMax: 256, samplesMax: replaySamplesMax };

/**
 * Whether what the hub has stored under these seqs is this history (`same`), another one, because this machine
 * was reverted to an earlier state (`foreign`), or only a comparison of rows can tell (`unsure`).
 */
export function likenessOf(
  answer: StreamAnswer,
  { spool, stream }: { readonly spool: Spool; readonly stream: SpoolStream },
): 'same' | 'foreign' | 'unsure' {
  const { storedSeq, storedCrc } = answer;
  if (storedSeq >= stream.next) return 'unsure';
  if (storedSeq < stream.acked || storedSeq === 0) return 'same';
  // Nothing of the stream is stored, and yet it begins above what this spool holds: a copy of it was here first.
  if (storedCrc === null) return storedSeq > stream.acked ? 'unsure' : 'same';
  if (storedSeq === stream.acked) return stream.ackedCrc === null || stream.ackedCrc === storedCrc ? 'same' : 'foreign';
  const item = spool.read(stream.epoch, storedSeq, { tickCountMax: 1, samplesMax: replaySamplesMax })[0];
  // A gap may have taken the place of a tick that was sent before: then the rows before it can tell.
  if (item === undefined || item.kind === 'gap') return 'unsure';
  return itemCrc(item) === storedCrc ? 'same' : 'foreign';
}

/** The rows to ask about next, from `fromSeq` on; null when all are compared. */
export function rangeToVerify(
  lane: Lane,
  { stream, fromSeq }: { readonly stream: SpoolStream; readonly fromSeq: number },
): { readonly firstSeq: number; readonly count: number } | null {
  const lastSeq = Math.min(stream.next - 1, lane.stored.seq);
  if (fromSeq > lastSeq) return null;
  return { firstSeq: fromSeq, count: Math.min(verifyCountMax, lastSeq - fromSeq + 1) };
}

/**
 * Compares stored checksums with the rows held, and notes in the lane those that differ: they belong to another
 * history. Answers the last seq compared. Throws ProtocolError when there is nothing to compare.
 */
export function compareRows(
  lane: Lane,
  { message, spool }: { readonly message: Checksums; readonly spool: Spool },
): number {
  const { checksums, firstSeq } = message;
  const stream = spool.stream(lane.epoch)!;
  const view = new DataView(checksums.buffer, checksums.byteOffset, checksums.byteLength);
  const count = checksums.byteLength >> 2;
  if (count === 0)
    throw new ProtocolError('ERR_MESSAGE_SHAPE', 'Cannot accept checksums: at least one is wanted: got 0');
  const lastSeq = firstSeq + count - 1;
  for (let seq = firstSeq; seq <= lastSeq && seq < stream.next; ) {
    const items = spool.read(lane.epoch, seq, readLimits);
    if (items.length === 0) break;
    for (const item of items) {
      if (item.kind !== 'tick' || item.seq > lastSeq) continue;
      if (itemCrc(item) !== view.getUint32((item.seq - firstSeq) * 4, true)) lane.differingSeqs.push(item.seq);
    }
    seq = lastSeqOf(items.at(-1)!) + 1;
  }
  return lastSeq;
}

/** Whether the stream must be left to the other history, now that all rows are compared. */
export function isForked(
  lane: Lane,
  { stream, isCurrent }: { readonly stream: SpoolStream; readonly isCurrent: boolean },
): boolean {
  const { seq, isForeign } = lane.stored;
  // The seqs that the present run would give next are taken. (Of an earlier run it only means that a copy of
  // the spool was put back, and that all is stored.)
  const isOvertaken = seq >= stream.next && isCurrent;
  return isForeign || isOvertaken || lane.differingSeqs.length > 0;
}

/** Seqs of all held ticks that the hub has not stored: those that differ, and those above its stored seq. */
export function unstoredSeqs(lane: Lane, spool: Spool): number[] {
  const { next } = spool.stream(lane.epoch)!;
  const seqs = [...lane.differingSeqs];
  for (let seq = lane.stored.seq + 1; seq < next; ) {
    const items = spool.read(lane.epoch, seq, readLimits);
    if (items.length === 0) break;
    for (const item of items) if (item.kind === 'tick') seqs.push(item.seq);
    seq = lastSeqOf(items.at(-1)!) + 1;
  }
  return seqs;
}
