/**
 * One simulated dashboard: watches the fleet, follows a few hosts, and measures how old things are on arrival.
 *
 * Time of arrival is taken once per chunk of the socket, before anything is decoded. Lag is told apart from
 * latency: how long after it was due the newest tick of a followed host came, with hub trouble included.
 *
 * An engine: the socket is its owner's.
 */
import { decodeToViewer, encodeMessage } from '#core/codec.ts';
import type { FromViewer, HostRow, Overview } from '#core/message.ts';
import type { Latencies } from '../latency.ts';

export interface ViewerMeters {
  /** Tick due → arrival, followed hosts. */
  readonly ticks: Latencies;
  /** Tick due → arrival in an overview, all hosts. */
  readonly overviews: Latencies;
  /** At each newer tick of a followed host: how far behind the display was, less one interval. */
  readonly lags: Latencies;
  bytes: number;
  tickCount: number;
  overviewCount: number;
  snapshotCount: number;
}

export interface ViewerOptions {
  readonly keys: readonly string[];
  /** Chooses the hosts to follow among those known; null while there are not enough. */
  readonly choose: (hosts: readonly HostRow[]) => readonly number[] | null;
  readonly windowMs: number;
  readonly intervalMs: number;
  readonly meters: ViewerMeters;
  readonly onFollowing: () => void;
}

export class SimulatedViewer {
  readonly #options: ViewerOptions;
  readonly #hosts = new Map<number, HostRow>();
  /** Newest tick time by followed host, this connection. */
  readonly #newestMs = new Map<number, number>();
  #send: ((payload: Uint8Array) => void) | null = null;
  #followed: readonly number[] | null = null;

  constructor(options: ViewerOptions) {
    this.#options = options;
  }

  opened(send: (payload: Uint8Array) => void): void {
    this.#send = send;
    this.#tell({ kind: 'watch', keys: this.#options.keys, hostIds: null, othersMs: 0 });
    this.#follow();
  }

  closed(): void {
    this.#send = null;
    this.#followed = null;
    this.#hosts.clear();
    this.#newestMs.clear();
  }

  /** Takes one message that arrived at `nowMs`. Throws ProtocolError. */
  received(payload: Uint8Array, nowMs: number): void {
    const { meters } = this.#options;
    meters.bytes += payload.byteLength;
    const message = decodeToViewer(payload);
    switch (message.kind) {
      case 'tick':
        this.#arrived(message.hostId, message.timeMs, nowMs);
        break;
      case 'overview':
        this.#overview(message, nowMs);
        break;
      case 'hosts':
        for (const host of message.hosts) this.#hosts.set(host.hostId, host);
        for (const hostId of message.removed) this.#hosts.delete(hostId);
        this.#follow();
        break;
      case 'snapshot':
        meters.snapshotCount += 1;
        break;
      case 'layout':
      case 'status':
      case 'processes':
        break;
    }
  }

  #arrived(hostId: number, timeMs: number, nowMs: number): void {
    const { meters, intervalMs } = this.#options;
    meters.tickCount += 1;
    const newestMs = this.#newestMs.get(hostId);
    if (newestMs === undefined || timeMs > newestMs) {
      meters.ticks.add(nowMs - timeMs);
      if (newestMs !== undefined) meters.lags.add(nowMs - newestMs - intervalMs);
      this.#newestMs.set(hostId, timeMs);
    }
  }

  #overview(overview: Overview, nowMs: number): void {
    const { meters } = this.#options;
    meters.overviewCount += 1;
    const times = new DataView(overview.timesMs.buffer, overview.timesMs.byteOffset, overview.timesMs.byteLength);
    for (let at = 0; at < times.byteLength; at += 8) meters.overviews.add(nowMs - times.getFloat64(at, true));
  }

  #follow(): void {
    if (this.#followed !== null || this.#send === null) return;
    this.#followed = this.#options.choose([...this.#hosts.values()]);
    if (this.#followed === null) return;
    this.#tell({ kind: 'subscribe', hostIds: this.#followed, windowMs: this.#options.windowMs });
    this.#options.onFollowing();
  }

  #tell(message: FromViewer): void {
    this.#send?.(encodeMessage(message));
  }
}
