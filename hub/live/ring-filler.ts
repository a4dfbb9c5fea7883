/**
 * Rings filled from storage: after a start those of a small fleet, others when somebody looks, and again where a replay
 * has reached into their window. Inflating every replay on the main thread would keep its loop from live ticks.
 */
import type { Layout, LayoutId } from '#core/series.ts';
import type { Registry } from '../registry.ts';
import type { ReplayedHost } from '../store/flight-runner.ts';
import type { RecentRequest, readRecent } from '../store/recent.ts';
import { RemoteError } from '../threads/rpc.ts';

export interface RingFillerPorts {
  readonly registry: Registry;
  /** Rejects when the database is away. */
  readRecent(request: RecentRequest): ReturnType<typeof readRecent>;
  decodeLayout(bytes: Uint8Array, id: LayoutId): Layout;
  isWatched(hostId: number): boolean;
  /** Those who watch the host get it again. */
  filled(hostId: number): void;
  /** Work that nobody waits for. */
  background(work: Promise<void>): void;
}

/** Rings of more hosts than this are filled when somebody looks at them: each costs a read of some milliseconds. */
const startFillHostsMax = 500;

export class RingFiller {
  readonly #ports: RingFillerPorts;
  readonly #replayedHosts = new Set<number>();

  constructor(ports: RingFillerPorts) {
    this.#ports = ports;
  }

  /**
   * Replayed ticks that reach into a ring's window belong there too. They are read back from storage, once a
   * viewer watches the host: inflating every replay here as well would keep the loop from its live ticks.
   */
  noteReplays(hosts: readonly ReplayedHost[], nowMs: number): void {
    const sinceMs = nowMs - this.#ports.registry.ringWindowMs;
    for (const { hostId, toMs } of hosts) {
      const host = this.#ports.registry.host(hostId);
      if (host === undefined || toMs < sinceMs) continue;
      host.isRingFilled = false;
      if (this.#ports.isWatched(hostId)) this.#replayedHosts.add(hostId);
    }
  }

  /** A backlog comes in many flights; its host is read once a second at most. */
  fillReplayed(): void {
    for (const hostId of this.#replayedHosts) {
      this.#ports.registry.host(hostId)!.isRingFilled = true;
      this.#ports.background(this.fill(hostId));
    }
    this.#replayedHosts.clear();
  }

  /** Fills the rings of a small fleet after a restart, so that the first look shows the last minutes. */
  async fillAll(): Promise<void> {
    for (const host of [...this.#ports.registry.hosts()].slice(0, startFillHostsMax)) {
      if (host.isRingFilled) continue;
      host.isRingFilled = true;
      await this.fill(host.identity.hostId);
    }
  }

  /** Fills a ring from storage; those who watch the host get it again. While the database is away the next one to look asks again. */
  async fill(hostId: number): Promise<void> {
    const host = this.#ports.registry.host(hostId);
    if (host === undefined) return;
    const sinceMs = Date.now() - this.#ports.registry.ringWindowMs;
    try {
      const { layouts, blocks } = await this.#ports.readRecent({ hostId, sinceMs });
      const byId = new Map(layouts.map(({ id, bytes }) => [id, this.#ports.decodeLayout(bytes, id)]));
      for (const { ordinal, firstSeq, layoutId, times, values } of blocks) {
        const layout = byId.get(layoutId)!;
        const rowBytes = layout.series.length * 8;
        for (const [tick, timeMs] of times.entries()) {
          const column = new Uint8Array(values.buffer, values.byteOffset + tick * rowBytes, rowBytes);
          host.ring.push({ ordinal, seq: ordinal === 0 ? 0 : firstSeq + tick, timeMs, layout, column });
        }
      }
      if (blocks.length > 0) this.#ports.filled(hostId);
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      host.isRingFilled = false;
    }
  }

  /** The host is no more. */
  removed(hostId: number): void {
    this.#replayedHosts.delete(hostId);
  }
}
