/**
 * Items into messages: ticks as frames or replays, gaps, and each layout once before the first tick that needs it.
 *
 * How much may be sent and when is `AgentLink`'s affair. Invariants: what a lane counts as sent has been handed to the
 * socket, in order; a frame leans only on the frame that went right before it on the same link.
 */
import { assert } from '../errors.ts';
import { bulkMessageBytesMax } from '../limits.ts';
import type { FromAgent, Id128 } from '../message.ts';
import type { LayoutId } from '../series.ts';
import { cutGap } from './gap-range.ts';
import { type GapItem, itemBytes, type Spool, type TickItem } from './item.ts';
import type { Lane } from './lane.ts';

export interface SenderPorts {
  readonly spool: Spool;
  /** Queues one message on the open socket. Never throws. */
  send(message: FromAgent): void;
  /** Encodes ticks of one layout as a joined, deflated block. */
  packReplay(ticks: readonly TickItem[]): { readonly block: Uint8Array; readonly inflatedBytes: number };
}

/** Ticks that make a replay worth its block; fewer go as frames. Four ticks of 60 series deflate to half of four frames. */
const replayTickCountMin = 4;
/** What a bulk message holds beside its fields. */
const payloadBytesMax = bulkMessageBytesMax - 128;

export class ItemSender {
  readonly #ports: SenderPorts;
  /** Layouts that the hub `#hubId` has been sent by this process. */
  readonly #sentLayouts = new Set<LayoutId>();
  #hubId: Id128 | null = null;

  constructor(ports: SenderPorts) {
    this.#ports = ports;
  }

  /** The hub that is being sent to. Another one than before knows no layout. */
  welcomed(hubId: Id128): void {
    if (this.#hubId === hubId) return;
    this.forgetLayouts();
    this.#hubId = hubId;
  }

  /** The hub lacks a layout that it has been sent: sends each again when it is needed. */
  forgetLayouts(): void {
    this.#sentLayouts.clear();
  }

  /** Consecutive ticks of one layout: one by one if they are few, else in bulk. */
  sendTicks(lane: Lane, ticks: readonly TickItem[]): void {
    this.sendLayout(ticks[0]!.layoutId, null);
    if (ticks.length >= replayTickCountMin) this.#sendReplay(lane, ticks);
    else for (const tick of ticks) this.sendFrame(lane, tick, { intervalMs: null });
  }

  /** `intervalMs` null: the caller does not know the grid, so the time is written out. The layout must have been sent. */
  sendFrame(lane: Lane, tick: TickItem, { intervalMs }: { readonly intervalMs: number | null }): void {
    const { seq, timeMs, column } = tick;
    const before = lane.lastFrame;
    const isNext = before !== null && before.seq === seq - 1;
    const isSameLayout = isNext && before.layoutId === tick.layoutId;
    const isOnGrid = isSameLayout && intervalMs !== null && before.timeMs + intervalMs === timeMs;
    const layoutId = isSameLayout ? null : tick.layoutId;
    this.#ports.send({
      kind: 'frame',
      ordinal: lane.ordinal!,
      seq,
      layoutId,
      timeMs: isOnGrid ? null : timeMs,
      column,
    });
    lane.sent(seq, itemBytes(tick));
    lane.lastFrame = { seq, timeMs, layoutId: tick.layoutId };
  }

  /** The part of the gap that has not been sent. */
  sendGap(lane: Lane, gap: GapItem): void {
    const { firstSeq, lastSeq, reason, fromMs, toMs } = cutGap(
      gap,
      Math.max(gap.firstSeq, lane.sentSeq + 1),
      gap.lastSeq,
    );
    this.#ports.send({ kind: 'gap', ordinal: lane.ordinal!, firstSeq, lastSeq, reason, fromMs, toMs });
    lane.sent(lastSeq, itemBytes(gap));
  }

  /** Sends a layout once per hub; `bytes` null reads them from the spool. */
  sendLayout(layoutId: LayoutId, bytes: Uint8Array | null): void {
    if (this.#sentLayouts.has(layoutId)) return;
    const all = bytes ?? this.#ports.spool.layout(layoutId);
    assert(all !== null, `the spool holds ticks of layout ${layoutId} and not the layout`);
    const pageCount = Math.max(1, Math.ceil(all.byteLength / payloadBytesMax));
    for (let page = 0; page < pageCount; page += 1) {
      this.#ports.send({
        kind: 'layout',
        layoutId,
        page,
        pageCount,
        bytes: all.subarray(page * payloadBytesMax, (page + 1) * payloadBytesMax),
      });
    }
    this.#sentLayouts.add(layoutId);
  }

  #sendReplay(lane: Lane, ticks: readonly TickItem[]): void {
    const { block, inflatedBytes } = this.#ports.packReplay(ticks);
    // Noise does not deflate: halve until the message fits.
    if (block.byteLength > payloadBytesMax && ticks.length > 1) {
      const half = ticks.length >> 1;
      this.#sendReplay(lane, ticks.slice(0, half));
      this.#sendReplay(lane, ticks.slice(half));
      return;
    }
    const first = ticks[0]!;
    this.#ports.send({
      kind: 'replay',
      ordinal: lane.ordinal!,
      firstSeq: first.seq,
      tickCount: ticks.length,
      layoutId: first.layoutId,
      inflatedBytes,
      block,
    });
    lane.sent(ticks.at(-1)!.seq, ticks.length * itemBytes(first));
  }
}
