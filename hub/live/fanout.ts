/**
 * Live viewing: every accepted tick to every viewer that watches its host, and nobody waits for anybody.
 *
 *   live --buffer over 48 KiB, or a message dropped--> behind --drained--> live, with one snapshot per host
 *                                                        \--30 s--> closed with 1013
 *
 * A viewer that is behind gets nothing at all, so it costs nothing. Ticks are encoded once and published by
 * topic; large ones are sent one by one, because a topic's buffer is shared. An engine: sockets are a port.
 * Hot path, guarded by `bench steady`.
 */
import { encodeMessage } from '#core/codec.ts';
import { ProtocolError } from '#core/errors.ts';
import {
  bulkMessageBytesMax,
  overviewSeriesMax,
  publishBytesMax,
  subscribedHostsMax,
  viewerBehindMsMax,
  viewerBufferedBytesMax,
} from '#core/limits.ts';
import type {
  AlertRow,
  FromViewer,
  HostRow,
  Processes,
  Status,
  Subscribe,
  Top,
  ToViewer,
  Watch,
} from '#core/message.ts';
import { encodeLayout, type Layout, type LayoutId } from '#core/series.ts';
import type { AcceptedTick } from '../intake/intake.ts';
import { hostRowOf, type Registry } from '../registry.ts';
import { type OverviewReader, Overviews } from './overviews.ts';
import { alertPages, hostPages } from './pages.ts';
import { snapshotPages } from './snapshot.ts';
import { SnapshotTurns } from './snapshot-turns.ts';

/** One viewer's socket. */
export interface ViewerSocket {
  /** Sends now or queues; `dropped` when the socket's own bound was reached. */
  send(bytes: Uint8Array): 'sent' | 'queued' | 'dropped';
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  bufferedBytes(): number;
  close(closeCode: number, reason: string): void;
}

export interface FanoutPorts {
  publish(topic: string, bytes: Uint8Array): void;
  /** The ring of this host should hold its last minutes: read them from storage; `hostFilled` answers. */
  fillRing(hostId: number): void;
  /** All alerts that are pending or firing; null while the hub starts and does not know them: `alertsKnown` answers. */
  openAlerts(): readonly AlertRow[] | null;
}

interface Viewer extends OverviewReader {
  readonly socket: ViewerSocket;
  /** Window asked for, by host. */
  readonly hosts: Map<number, number>;
  readonly sentLayouts: Set<LayoutId>;
  /** Monotonic ms; null while it keeps up. */
  behindSinceMs: number | null;
  /** Hosts that were removed while it was behind. */
  missedRemovals: number[];
  /** What was left in its buffer by what is sent at once (hosts, snapshots): it may take its time to read that. Falls with the buffer. */
  grantedBytes: number;
}

export class Fanout {
  readonly #registry: Registry;
  readonly #ports: FanoutPorts;
  readonly #viewers = new Map<ViewerSocket, Viewer>();
  readonly #watchers = new Map<number, Set<Viewer>>();
  readonly #overviews: Overviews;
  readonly #turns = new SnapshotTurns<Viewer>();
  readonly #publishedLayouts = new Map<number, LayoutId>();
  #changedHosts = new Set<number>();
  behindCount = 0;
  closedSlowCount = 0;
  publishedCount = 0;

  constructor(registry: Registry, ports: FanoutPorts) {
    this.#registry = registry;
    this.#ports = ports;
    this.#overviews = new Overviews(registry);
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** Bytes queued at the slowest viewer. */
  bufferedBytesMax(): number {
    let most = 0;
    for (const socket of this.#viewers.keys()) most = Math.max(most, socket.bufferedBytes());
    return most;
  }

  opened(socket: ViewerSocket, status: Status): void {
    const viewer: Viewer = {
      socket,
      hosts: new Map(),
      sentLayouts: new Set(),
      behindSinceMs: null,
      missedRemovals: [],
      grantedBytes: 0,
      receive(bytes) {
        if (viewer.behindSinceMs === null) socket.send(bytes);
      },
    };
    this.#viewers.set(socket, viewer);
    this.#send(viewer, status);
    this.#sendHosts(viewer, []);
    this.#sendAlerts(viewer);
    this.#grant(viewer);
    this.#join(viewer, 'all');
  }

  closed(socket: ViewerSocket): void {
    const viewer = this.#viewers.get(socket);
    if (viewer === undefined) return;
    this.#viewers.delete(socket);
    if (viewer.behindSinceMs !== null) this.behindCount -= 1;
    for (const hostId of viewer.hosts.keys()) this.#unwatch(viewer, hostId);
    this.#turns.dropAll(viewer);
    this.#overviews.closed(viewer);
  }

  /** Closes the connections of all viewers, who come back by themselves. */
  closeAll(closeCode: number, reason: string): void {
    for (const socket of [...this.#viewers.keys()]) socket.close(closeCode, reason);
  }

  /** Takes a message of a viewer. Throws ProtocolError. */
  received(socket: ViewerSocket, message: FromViewer, nowMs: number): void {
    const viewer = this.#viewers.get(socket);
    if (viewer === undefined) return;
    switch (message.kind) {
      case 'subscribe':
        this.#subscribe(viewer, message, nowMs);
        break;
      case 'unsubscribe':
        for (const hostId of message.hostIds) {
          if (!viewer.hosts.delete(hostId)) continue;
          this.#unwatch(viewer, hostId);
          this.#turns.drop(viewer, hostId);
          socket.unsubscribe(topicOf(hostId));
        }
        break;
      case 'watch':
        this.#watch(viewer, message, nowMs);
        break;
    }
  }

  /** A tick that has gone into the host's ring as its newest. */
  ticked(tick: AcceptedTick): void {
    this.#changedHosts.add(tick.hostId);
    this.#publish(tick);
  }

  /** A tick that has gone further back into the ring: only those who watch the host care. */
  backfilled(tick: AcceptedTick): void {
    this.#publish(tick);
  }

  processes(hostId: number, top: Top): void {
    if (this.#watchers.has(hostId)) this.#publishTo(topicOf(hostId), processesOf(hostId, top));
  }

  status(status: Status): void {
    this.#publishTo('all', status);
  }

  hostsChanged(changes: { readonly hosts: readonly HostRow[]; readonly removed: readonly number[] }): void {
    if (changes.removed.length > 0) {
      for (const viewer of this.#viewers.values())
        if (viewer.behindSinceMs !== null) viewer.missedRemovals.push(...changes.removed);
    }
    for (const message of hostPages(changes.hosts, changes.removed)) this.#publishTo('all', message);
  }

  alertsChanged(alerts: readonly AlertRow[]): void {
    for (const message of alertPages(alerts)) this.#publishTo('all', message);
  }

  /** The hub has come to know which alerts are open: those who were there before are told now, an empty list would be a lie. */
  alertsKnown(): void {
    for (const viewer of this.#viewers.values()) this.#sendAlerts(viewer);
  }

  notesChanged(): void {
    this.#publishTo('all', { kind: 'notes' });
  }

  agentsChanged(): void {
    this.#publishTo('all', { kind: 'agents' });
  }

  /** Nobody watches a removed host any more; that it is gone is said by `hostsChanged`. */
  removed(hostId: number): void {
    for (const viewer of this.#watchers.get(hostId) ?? []) {
      viewer.hosts.delete(hostId);
      this.#turns.drop(viewer, hostId);
      viewer.socket.unsubscribe(topicOf(hostId));
    }
    this.#watchers.delete(hostId);
    this.#publishedLayouts.delete(hostId);
    this.#changedHosts.delete(hostId);
  }

  /** Whether some viewer watches this host. */
  isWatched(hostId: number): boolean {
    return this.#watchers.has(hostId);
  }

  /** The ring of a host has been filled from storage: those who watch it get it again. */
  hostFilled(hostId: number, nowMs: number): void {
    for (const viewer of this.#watchers.get(hostId) ?? []) this.#want(viewer, hostId);
    this.#takeTurns(nowMs);
  }

  /** Sends overviews and looks after slow viewers. Call it every 100 ms. */
  poll(nowMs: number, nowMonotonicMs: number): void {
    this.#turns.poll();
    for (const viewer of [...this.#viewers.values()]) this.#checkViewer(viewer, nowMs, nowMonotonicMs);
    this.#takeTurns(nowMs);
    const changed = this.#changedHosts;
    this.#changedHosts = new Set();
    this.#overviews.poll(changed, nowMs);
  }

  /** The socket says that a message was dropped for this viewer. */
  dropped(socket: ViewerSocket, nowMonotonicMs: number): void {
    const viewer = this.#viewers.get(socket);
    if (viewer !== undefined && viewer.behindSinceMs === null) this.#fallBehind(viewer, nowMonotonicMs);
  }

  /** The socket has sent everything it held. */
  drained(socket: ViewerSocket, nowMs: number): void {
    const viewer = this.#viewers.get(socket);
    if (viewer === undefined || viewer.behindSinceMs === null || socket.bufferedBytes() > 0) return;
    viewer.behindSinceMs = null;
    this.behindCount -= 1;
    this.#sendHosts(viewer, viewer.missedRemovals);
    viewer.missedRemovals = [];
    this.#sendAlerts(viewer);
    this.#send(viewer, { kind: 'notes' });
    this.#send(viewer, { kind: 'agents' });
    this.#grant(viewer);
    this.#join(viewer, 'all');
    for (const hostId of viewer.hosts.keys()) this.#want(viewer, hostId);
    this.#takeTurns(nowMs);
    this.#overviews.resume(viewer, nowMs);
    this.#grant(viewer);
  }

  #subscribe(viewer: Viewer, message: Subscribe, nowMs: number): void {
    for (const hostId of new Set(message.hostIds)) {
      if (this.#registry.host(hostId) === undefined) continue;
      if (!viewer.hosts.has(hostId) && viewer.hosts.size >= subscribedHostsMax) {
        throw new ProtocolError(
          'ERR_SUBSCRIPTION_LIMIT',
          `Cannot subscribe: at most ${subscribedHostsMax} hosts are allowed at once: got more`,
        );
      }
      viewer.hosts.set(hostId, Math.max(0, message.windowMs));
      const watchers = this.#watchers.get(hostId) ?? new Set();
      watchers.add(viewer);
      this.#watchers.set(hostId, watchers);
      this.#want(viewer, hostId);
    }
    this.#takeTurns(nowMs);
  }

  /** The viewer is to be shown the host, when its turn comes; one that is behind will be when it has read everything. */
  #want(viewer: Viewer, hostId: number): void {
    if (viewer.behindSinceMs === null) this.#turns.add(viewer, hostId);
  }

  #takeTurns(nowMs: number): void {
    for (let turn = this.#turns.take(); turn !== null; turn = this.#turns.take())
      this.#turns.spent(this.#show(turn.viewer, turn.hostId, nowMs));
  }

  /** A host's snapshot and from then on its ticks; nothing more to a viewer that falls behind by it. Answers how many values it has. */
  #show(viewer: Viewer, hostId: number, nowMs: number): number {
    const cells = this.#sendSnapshot(viewer, hostId, nowMs);
    this.#join(viewer, topicOf(hostId));
    // The next tick looks again who lacks its layout: this viewer's snapshot need not have named it.
    this.#publishedLayouts.delete(hostId);
    return cells;
  }

  /** What lies in its buffer now was sent all at once, and says nothing of how fast the viewer reads. */
  #grant(viewer: Viewer): void {
    if (viewer.behindSinceMs === null) viewer.grantedBytes = viewer.socket.bufferedBytes();
  }

  #join(viewer: Viewer, topic: string): void {
    if (viewer.behindSinceMs === null) viewer.socket.subscribe(topic);
  }

  #watch(viewer: Viewer, message: Watch, nowMs: number): void {
    if (message.keys.length > overviewSeriesMax) {
      throw new ProtocolError(
        'ERR_SUBSCRIPTION_LIMIT',
        `Cannot watch: at most ${overviewSeriesMax} series are allowed: got ${message.keys.length}`,
      );
    }
    this.#overviews.watch(viewer, message, nowMs);
    this.#grant(viewer);
  }

  #unwatch(viewer: Viewer, hostId: number): void {
    const watchers = this.#watchers.get(hostId);
    watchers?.delete(viewer);
    if (watchers?.size === 0) {
      this.#watchers.delete(hostId);
      this.#publishedLayouts.delete(hostId);
    }
  }

  #publish(tick: AcceptedTick): void {
    const watchers = this.#watchers.get(tick.hostId);
    if (watchers === undefined) return;
    const { hostId, ordinal, seq, layout, timeMs, column } = tick;
    if (this.#publishedLayouts.get(hostId) !== layout.id) {
      this.#publishedLayouts.set(hostId, layout.id);
      for (const viewer of watchers) if (viewer.behindSinceMs === null) this.#sendLayout(viewer, layout);
    }
    const bytes = encodeMessage({ kind: 'tick', hostId, ordinal, seq, layoutId: layout.id, timeMs, column });
    this.publishedCount += 1;
    if (bytes.byteLength <= publishBytesMax) {
      this.#ports.publish(topicOf(hostId), bytes);
      return;
    }
    for (const viewer of watchers)
      if (viewer.behindSinceMs === null && !this.#turns.has(viewer, hostId)) viewer.socket.send(bytes);
  }

  #publishTo(topic: string, message: ToViewer): void {
    this.#ports.publish(topic, encodeMessage(message));
  }

  #sendSnapshot(viewer: Viewer, hostId: number, nowMs: number): number {
    const host = this.#registry.host(hostId);
    if (host === undefined) return 0;
    if (!host.isRingFilled) {
      host.isRingFilled = true;
      this.#ports.fillRing(hostId);
    }
    const windowMs = viewer.hosts.get(hostId) ?? 0;
    const newestMs = Math.max(host.ring.newest()?.timeMs ?? 0, nowMs);
    const sinceMs = newestMs - windowMs;
    let cells = 0;
    for (let index = host.ring.indexSince(sinceMs); index < host.ring.count; index += 1) {
      const { layout } = host.ring.at(index);
      this.#sendLayout(viewer, layout);
      cells += layout.series.length + 1;
    }
    for (const page of snapshotPages(hostId, host.ring, sinceMs)) this.#send(viewer, page);
    if (host.top !== null) this.#send(viewer, processesOf(hostId, host.top));
    this.#grant(viewer);
    return cells;
  }

  #sendLayout(viewer: Viewer, layout: Layout): void {
    if (viewer.sentLayouts.has(layout.id) || viewer.behindSinceMs !== null) return;
    viewer.sentLayouts.add(layout.id);
    const bytes = encodeLayout(layout);
    const pageBytes = bulkMessageBytesMax - 128;
    const pageCount = Math.max(1, Math.ceil(bytes.byteLength / pageBytes));
    for (let page = 0; page < pageCount; page += 1) {
      const part = bytes.subarray(page * pageBytes, (page + 1) * pageBytes);
      this.#send(viewer, { kind: 'layout', layoutId: layout.id, page, pageCount, bytes: part });
    }
  }

  #sendHosts(viewer: Viewer, removed: readonly number[]): void {
    for (const message of hostPages([...this.#registry.hosts()].map(hostRowOf), removed)) this.#send(viewer, message);
  }

  #sendAlerts(viewer: Viewer): void {
    const alerts = this.#ports.openAlerts();
    if (alerts === null) return;
    const pages = alertPages(alerts);
    this.#send(viewer, { kind: 'alert', isWhole: true, alerts: pages[0]?.alerts ?? [] });
    for (const page of pages.slice(1)) this.#send(viewer, page);
  }

  /** Sends to a viewer that keeps up; one whose socket drops a message is told of it by `dropped` meanwhile. */
  #send(viewer: Viewer, message: ToViewer): void {
    if (viewer.behindSinceMs === null) viewer.socket.send(encodeMessage(message));
  }

  #checkViewer(viewer: Viewer, nowMs: number, nowMonotonicMs: number): void {
    if (viewer.behindSinceMs === null) {
      const bufferedBytes = viewer.socket.bufferedBytes();
      viewer.grantedBytes = Math.min(viewer.grantedBytes, bufferedBytes);
      if (bufferedBytes > viewer.grantedBytes + viewerBufferedBytesMax) this.#fallBehind(viewer, nowMonotonicMs);
      return;
    }
    if (viewer.socket.bufferedBytes() === 0) {
      this.drained(viewer.socket, nowMs);
      return;
    }
    if (nowMonotonicMs - viewer.behindSinceMs < viewerBehindMsMax) return;
    this.closedSlowCount += 1;
    viewer.socket.close(1013, 'Cannot keep up: this connection reads too slowly');
  }

  #fallBehind(viewer: Viewer, nowMonotonicMs: number): void {
    viewer.behindSinceMs = nowMonotonicMs;
    viewer.grantedBytes = 0;
    this.#turns.dropAll(viewer);
    // Which of the layouts it was sent were dropped is not known.
    viewer.sentLayouts.clear();
    this.behindCount += 1;
    viewer.socket.unsubscribe('all');
    for (const hostId of viewer.hosts.keys()) viewer.socket.unsubscribe(topicOf(hostId));
  }
}

function topicOf(hostId: number): string {
  return `host/${hostId}`;
}

function processesOf(hostId: number, top: Top): Processes {
  return { kind: 'processes', hostId, atMs: top.atMs, processes: top.processes };
}
