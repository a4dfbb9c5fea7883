/**
 * Which viewer watches the newest values of which hosts, and what each gets when. A viewer has up to two groups: the
 * hosts in its sight, each of whose ticks it gets, and, at a slower pace, all. Groups that ask for the same share one
 * encoding; the second kind is the same for everybody who looks at the fleet.
 *
 * Of what comes into sight the ticks before are sent as well, so that a sparkline has its past when one scrolls; what
 * was in sight already is not sent again. Hot path, guarded by `bench steady`.
 */
import { overviewMs } from '#core/limits.ts';
import type { Watch } from '#core/message.ts';
import type { Ring } from '#core/ring.ts';
import type { Layout } from '#core/series.ts';
import type { Registry } from '../registry.ts';
import { OverviewGroup } from './overview.ts';

/** Whoever watches. */
export interface OverviewReader {
  /** Sends; does nothing while the reader is behind. */
  receive(bytes: Uint8Array): void;
}

interface WatchedHost {
  readonly hostId: number;
  readonly ring: Ring;
}

/** Hosts in sight of some readers. */
interface Near {
  readonly key: string;
  readonly keysText: string;
  readonly group: OverviewGroup;
  readonly readers: Set<OverviewReader>;
}

/** All hosts, in turns: those whose id is `turn` by the number of turns, so that no message is large and none comes in a burst. */
interface Wide {
  readonly key: string;
  readonly group: OverviewGroup;
  readonly readers: Set<OverviewReader>;
  readonly turnCount: number;
  turn: number;
  /** Hosts with a tick since their last turn. */
  readonly waiting: Set<number>;
}

interface Membership {
  near: Near | null;
  wide: Wide | null;
}

/** What a sparkline shows. */
const backlogTicks = 60;
/** 60 ticks × 120 hosts × 64 B with thirteen series is 460 KB, once, for a screen full of rows. */
const backlogHostsMax = 120;
/** 500 hosts of thirteen series are 32 KB, within what a viewer may have in its buffer. */
const pageHostsMax = 500;
/** Dashboards of one version ask for one list of keys; who asks for others looks theirs up more often. */
const keyListsMax = 16;
const othersMsMin = 1_000;
const othersMsMax = 60_000;

export class Overviews {
  readonly #registry: Registry;
  readonly #members = new Map<OverviewReader, Membership>();
  readonly #near = new Map<string, Near>();
  readonly #wide = new Map<string, Wide>();
  /** Columns by layout, for the newest lists of keys: a group that changes as one scrolls must not look them up again. */
  readonly #places = new Map<string, WeakMap<Layout, Int32Array>>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** What `reader` watches from now on. No keys: nothing. */
  watch(reader: OverviewReader, message: Omit<Watch, 'kind'>, nowMs: number): void {
    const before = this.#members.get(reader) ?? { near: null, wide: null };
    const after: Membership =
      message.keys.length === 0
        ? { near: null, wide: null }
        : { near: this.#nearOf(message), wide: message.othersMs > 0 ? this.#wideOf(message) : null };
    after.near?.readers.add(reader);
    after.wide?.readers.add(reader);
    if (before.near !== after.near) leave(this.#near, before.near, reader);
    if (before.wide !== after.wide) leave(this.#wide, before.wide, reader);
    if (after.near === null) this.#members.delete(reader);
    else this.#members.set(reader, after);
    if (after.near !== null) this.#sendNewcomers(reader, after.near, before.near, nowMs);
    if (after.wide !== null && after.wide !== before.wide) this.#sendAll(reader, after.wide.group, nowMs);
  }

  closed(reader: OverviewReader): void {
    const member = this.#members.get(reader);
    if (member === undefined) return;
    leave(this.#near, member.near, reader);
    leave(this.#wide, member.wide, reader);
    this.#members.delete(reader);
  }

  /** Everything again, to a reader that was behind. */
  resume(reader: OverviewReader, nowMs: number): void {
    const member = this.#members.get(reader);
    if (member === undefined) return;
    if (member.near !== null) this.#sendNewcomers(reader, member.near, null, nowMs);
    if (member.wide !== null) this.#sendAll(reader, member.wide.group, nowMs);
  }

  /** Hosts that have ticked since the last call. To be called every 100 ms, with none as well. */
  poll(changedIds: ReadonlySet<number>, nowMs: number): void {
    const changed = this.#hostsOf(changedIds);
    for (const { group, readers } of this.#near.values()) {
      const hosts = group.size < changed.length ? this.#hostsOf(group.within(changedIds)) : changed;
      deliver(readers, group.encode(hosts, nowMs));
    }
    for (const wide of this.#wide.values()) {
      for (const hostId of changedIds) wide.waiting.add(hostId);
      wide.turn = (wide.turn + 1) % wide.turnCount;
      const due = [...wide.waiting].filter((hostId) => hostId % wide.turnCount === wide.turn);
      for (const hostId of due) wide.waiting.delete(hostId);
      deliver(wide.readers, wide.group.encode(this.#hostsOf(due), nowMs));
    }
  }

  #nearOf(message: Omit<Watch, 'kind'>): Near {
    const keysText = JSON.stringify(message.keys);
    const key = JSON.stringify([message.keys, message.hostIds]);
    const known = this.#near.get(key);
    if (known !== undefined) return known;
    const group = new OverviewGroup(message.keys, message.hostIds, this.#placesOf(keysText));
    const near: Near = { key, keysText, group, readers: new Set() };
    this.#near.set(key, near);
    return near;
  }

  #wideOf(message: Omit<Watch, 'kind'>): Wide {
    const keysText = JSON.stringify(message.keys);
    const everyMs = Math.min(othersMsMax, Math.max(othersMsMin, message.othersMs));
    const turnCount = Math.round(everyMs / overviewMs);
    const key = JSON.stringify([message.keys, turnCount]);
    const known = this.#wide.get(key);
    if (known !== undefined) return known;
    const group = new OverviewGroup(message.keys, null, this.#placesOf(keysText));
    const wide: Wide = { key, group, readers: new Set(), turnCount, turn: 0, waiting: new Set() };
    this.#wide.set(key, wide);
    return wide;
  }

  #placesOf(keysText: string): WeakMap<Layout, Int32Array> {
    const known = this.#places.get(keysText);
    if (known !== undefined) return known;
    const oldest = this.#places.keys().next();
    if (this.#places.size >= keyListsMax && oldest.done === false) this.#places.delete(oldest.value);
    const places = new WeakMap<Layout, Int32Array>();
    this.#places.set(keysText, places);
    return places;
  }

  /** Hosts of `near` that the group before it, of the same keys, did not have: their newest ticks, oldest first. */
  #sendNewcomers(reader: OverviewReader, near: Near, before: Near | null, nowMs: number): void {
    if (before === near) return;
    const seen = before?.keysText === near.keysText ? before.group : null;
    const all = near.group.hostIds ?? [...this.#registry.hosts()].map((host) => host.identity.hostId);
    const hosts = this.#hostsOf(seen === null ? all : [...all].filter((hostId) => !seen.has(hostId)));
    if (hosts.length <= backlogHostsMax) {
      for (let back = backlogTicks - 1; back > 0; back -= 1) {
        const bytes = near.group.encode(hosts, nowMs, back);
        if (bytes !== null) reader.receive(bytes);
      }
    }
    this.#sendNewest(reader, near.group, hosts, nowMs);
  }

  #sendAll(reader: OverviewReader, group: OverviewGroup, nowMs: number): void {
    const ids = [...this.#registry.hosts()].map((host) => host.identity.hostId);
    this.#sendNewest(reader, group, this.#hostsOf(ids), nowMs);
  }

  #sendNewest(reader: OverviewReader, group: OverviewGroup, hosts: readonly WatchedHost[], nowMs: number): void {
    for (let at = 0; at < hosts.length; at += pageHostsMax) {
      const bytes = group.encode(hosts.slice(at, at + pageHostsMax), nowMs);
      if (bytes !== null) reader.receive(bytes);
    }
  }

  #hostsOf(hostIds: Iterable<number>): WatchedHost[] {
    const hosts: WatchedHost[] = [];
    for (const hostId of hostIds) {
      const host = this.#registry.host(hostId);
      if (host !== undefined) hosts.push({ hostId, ring: host.ring });
    }
    return hosts;
  }
}

function deliver(readers: ReadonlySet<OverviewReader>, bytes: Uint8Array | null): void {
  if (bytes !== null) for (const reader of readers) reader.receive(bytes);
}

function leave<Share extends { readonly key: string; readonly readers: Set<OverviewReader> }>(
  shares: Map<string, Share>,
  share: Share | null,
  reader: OverviewReader,
): void {
  share?.readers.delete(reader);
  if (share?.readers.size === 0) shares.delete(share.key);
}
