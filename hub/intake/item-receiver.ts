/**
 * The items of one connection, taken in: frames, replays, gaps and the layouts that they name.
 *
 *   message ─checks─► offer (is it its turn?) ─► layout and content ─► accept ─► Intake
 *                        '─ duplicate, nack         '─ refuse: one nack for its seq
 *
 * Invariants: nothing reaches the intake that its stream has not accepted, and nothing is accepted whose layout or
 * content is at fault; a frame leans only on the one that came right before it on this connection. Hot path, guarded by
 * `bench ingest`.
 */
import { DecodeError, ProtocolError } from '#core/errors.ts';
import type { Frame, Gap, LayoutMessage, Live, NackCode, Replay, ToAgent } from '#core/message.ts';
import type { LayoutId, Sha256 } from '#core/series.ts';
import type { HostIntake, StreamEntry } from './host-intake.ts';
import type { Intake } from './intake.ts';
import { LayoutPages } from './layout-pages.ts';
import { checkGapRange, checkReplay, checkReplaySamples, clampTime, isTime, tickProblem } from './message-checks.ts';

export interface ReceiverPorts {
  send(message: ToAgent): void;
}

export interface ReceiverOptions {
  readonly intake: Intake;
  /** Series that a layout may have. */
  readonly seriesMax: number;
  readonly sha256: Sha256;
}

interface LastFrame {
  readonly seq: number;
  readonly timeMs: number;
  readonly layoutId: LayoutId;
}

export class ItemReceiver {
  readonly #ports: ReceiverPorts;
  readonly #intake: Intake;
  readonly #seriesMax: number;
  readonly #pages: LayoutPages;
  readonly #lastFrames = new Map<number, LastFrame>();

  constructor(ports: ReceiverPorts, { intake, seriesMax, sha256 }: ReceiverOptions) {
    this.#ports = ports;
    this.#intake = intake;
    this.#seriesMax = seriesMax;
    this.#pages = new LayoutPages(sha256);
  }

  /** Takes a tick if its turn has come and it is whole; answers the agent by a nack if not. Throws ProtocolError. */
  acceptFrame(host: HostIntake, frame: Frame, nowMs: number): void {
    const entry = entryOf(host, frame.ordinal);
    const resolved = this.#resolve(host, frame);
    const { stream } = entry;
    if (this.#offer(entry, { firstSeq: frame.seq, lastSeq: frame.seq }, nowMs) === null) return;
    if (resolved === null) {
      throw new ProtocolError(
        'ERR_MESSAGE_SHAPE',
        `Cannot accept frame: seq ${frame.seq} leans on a frame that did not come before it`,
      );
    }
    const { layoutId, timeMs } = resolved;

    const layout = host.layout(layoutId);
    if (layout === undefined) {
      this.#refuse(entry, {
        code: 'unknown_layout',
        why: `Cannot accept frame: layout ${layoutId} is not known`,
        nowMs,
      });
      return;
    }
    const problem = tickProblem(
      { timeMs, byteLength: frame.column.byteLength },
      { seriesCount: layout.series.length, lastMs: stream.lastMs },
    );
    if (problem !== null) {
      this.#refuse(entry, { code: 'rejected', why: problem, nowMs });
      return;
    }
    stream.accept(frame.seq);
    stream.lastMs = timeMs;
    this.#intake.addTick(entry, { seq: frame.seq, timeMs, layout, column: frame.column }, nowMs);
  }

  /** Layout and time of a frame, which may lean on the frame before it; null when that did not come before it. */
  #resolve(host: HostIntake, frame: Frame): { readonly layoutId: LayoutId; readonly timeMs: number } | null {
    const before = this.#lastFrames.get(frame.ordinal);
    const leansOn = before !== undefined && before.seq === frame.seq - 1 ? before : null;
    const layoutId = frame.layoutId ?? leansOn?.layoutId ?? null;
    const intervalMs = layoutId === null ? undefined : host.layout(layoutId)?.intervalMs;
    // Without its layout the time cannot be known either, and the frame will be refused for the layout.
    const timeMs = frame.timeMs ?? (leansOn === null ? null : leansOn.timeMs + (intervalMs ?? 0));
    if (layoutId === null || timeMs === null) return null;
    this.#lastFrames.set(frame.ordinal, { seq: frame.seq, timeMs, layoutId });
    return { layoutId, timeMs };
  }

  /** Shows the tick; nothing is stored. */
  showLive(host: HostIntake, live: Live): void {
    const layout = host.layout(live.layoutId);
    // Nothing is lost by not showing it: the agent sends the layout before the first frame that needs it.
    if (layout === undefined || live.column.byteLength !== layout.series.length * 8) return;
    const entry = host.byOrdinal(live.ordinal);
    if (!isTime(live.timeMs)) return;
    const timeMs = live.timeMs + (entry?.stream.shiftMs ?? 0);
    this.#intake.showTick({
      hostId: host.hostId,
      ordinal: live.ordinal,
      seq: live.seq,
      layout,
      timeMs,
      column: live.column,
    });
  }

  /** As `acceptFrame`, for ticks in bulk: what is inside the block is checked by the storage thread. */
  acceptReplay(host: HostIntake, replay: Replay, nowMs: number): void {
    const entry = entryOf(host, replay.ordinal);
    const { stream } = entry;
    const { firstSeq, tickCount, inflatedBytes, layoutId } = replay;
    const lastSeq = firstSeq + tickCount - 1;
    checkReplay(replay);
    const offer = this.#offer(entry, { firstSeq, lastSeq }, nowMs);
    if (offer === null) return;
    const layout = host.layout(layoutId);
    if (layout === undefined) {
      this.#refuse(entry, {
        code: 'unknown_layout',
        why: `Cannot accept replay: layout ${layoutId} is not known`,
        nowMs,
      });
      return;
    }
    const columnCount = layout.series.length;
    checkReplaySamples(replay, columnCount);
    stream.accept(lastSeq);
    stream.lastMs = Number.NEGATIVE_INFINITY;
    const skipTicks = offer - firstSeq;
    this.#intake.addReplay(
      entry,
      {
        firstSeq: offer,
        lastSeq,
        layoutId,
        intervalMs: layout.intervalMs,
        tickCount,
        skipTicks,
        columnCount,
        inflatedBytes,
      },
      replay.block,
      nowMs,
    );
  }

  /** As `acceptFrame`, for ticks that the agent has given up. */
  acceptGap(host: HostIntake, gap: Gap, nowMs: number): void {
    const entry = entryOf(host, gap.ordinal);
    const { firstSeq, lastSeq, reason, fromMs, toMs } = gap;
    checkGapRange(gap);
    const fromSeq = this.#offer(entry, { firstSeq, lastSeq }, nowMs);
    if (fromSeq === null) return;
    entry.stream.accept(lastSeq);
    this.#intake.addGap(
      entry,
      {
        firstSeq: fromSeq,
        lastSeq,
        reason,
        fromMs: clampTime(Math.min(fromMs, toMs)),
        toMs: clampTime(Math.max(fromMs, toMs)),
      },
      nowMs,
    );
  }

  /** Takes a page of a layout; the host knows the layout after the last one. */
  acceptLayout(host: HostIntake, message: LayoutMessage): void {
    const all = this.#pages.add(message);
    if (all === null) return;
    try {
      const layout = this.#intake.layouts.decode(all, message.layoutId);
      if (layout.series.length > this.#seriesMax) {
        throw new DecodeError(
          `Cannot accept layout: at most ${this.#seriesMax} series are allowed: got ${layout.series.length}`,
        );
      }
      host.addLayout(layout, all.byteLength);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new ProtocolError('ERR_LAYOUT_INVALID', error.message, { cause: error });
    }
  }

  /** The seq from which the items are to be taken, or null when they are not; answers the agent when it must hear of it. */
  #offer(
    entry: StreamEntry,
    range: { readonly firstSeq: number; readonly lastSeq: number },
    nowMs: number,
  ): number | null {
    const offer = entry.stream.offer(range, nowMs);
    switch (offer.kind) {
      case 'take':
        return offer.fromSeq;
      case 'duplicate':
        this.#intake.counters.duplicateItems += 1;
        return null;
      case 'nack':
        this.nack(
          entry,
          'unexpected_seq',
          `Cannot accept seq ${range.firstSeq}: the next one is ${offer.seq}`,
          offer.seq,
        );
        return null;
      case 'awaiting':
        return null;
    }
  }

  #refuse(
    entry: StreamEntry,
    { code, why, nowMs }: { readonly code: NackCode; readonly why: string; readonly nowMs: number },
  ): void {
    const seq = entry.stream.refuse(nowMs);
    if (code === 'rejected') this.#intake.counters.refusedTicks += 1;
    if (seq !== null) this.nack(entry, code, why, seq);
  }

  /** Tells the agent from which seq to send again: behind what is accepted, if nothing else is said. */
  nack(entry: StreamEntry, code: NackCode, why: string, seq = entry.stream.acceptedSeq + 1): void {
    this.#intake.counters.nacks += 1;
    this.#ports.send({ kind: 'nack', ordinal: entry.stream.ordinal, code, seq, why: why.slice(0, 500) });
  }
}

/** The stream that a message names. Throws ProtocolError. */
export function entryOf(host: HostIntake, ordinal: number): StreamEntry {
  const entry = host.byOrdinal(ordinal);
  if (entry !== undefined) return entry;
  throw new ProtocolError('ERR_STREAM_UNKNOWN', `Cannot accept message: no stream of this host has ordinal ${ordinal}`);
}
