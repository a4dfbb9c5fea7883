/**
 * All hosts as the dashboard knows them: who they are, how they stand, their newest overview values.
 *
 * Names are the identity (they are unique at the hub): a polled answer has no ids. Values go straight into the ring
 * of their host and wake only that host's card; only who is there, and in which state, wakes the list.
 */
import type { HostState, Hosts, Overview } from '#core/message.ts';
import type { PolledFleet } from './api.ts';
import { overviewKeys, overviewWidth } from './model/metrics.ts';
import { compareNames } from './model/names.ts';
import { SparkRing } from './ring.ts';
import { Signal } from './signal.ts';

/** A minute of a host that ticks each second: a sparkline is full soon, and is seen to move. */
export const sparkTicks = 60;

export class FleetHost {
  /** null while it is known from polling only. */
  id: number | null = null;
  name: string;
  /** Empty for none. */
  alias = '';
  state: HostState = 'never';
  intervalMs = 1_000;
  /** Time of the newest tick, epoch ms on the hub's clock; 0 when never seen. */
  lastMs = 0;
  /** When that tick came, on the hub's clock; 0 when it was not seen to come. */
  arrivedMs = 0;
  tags: Readonly<Record<string, string>> = {};
  facts: Readonly<Record<string, string>> = {};
  readonly spark = new SparkRing(sparkTicks, overviewWidth);
  /** New values, or a new state. */
  readonly changed = new Signal();

  constructor(name: string) {
    this.name = name;
  }

  /** What people call it. */
  get title(): string {
    return this.alias === '' ? this.name : this.alias;
  }

  /** Takes note of a tick; an older one than the newest changes nothing. */
  ticked(timeMs: number, hubMs: number): void {
    if (timeMs <= this.lastMs) return;
    this.lastMs = timeMs;
    this.arrivedMs = hubMs;
  }

  /**
   * Age of the newest tick: while ticks come in their interval, the age that it had when it came, which is what the
   * way from the collector to this page takes; when they do not, the time that has passed, rising.
   */
  ageMs(hubMs: number): number {
    const isInTime = hubMs - this.arrivedMs < this.intervalMs * 1.5 + 200;
    return Math.max(0, (isInTime ? this.arrivedMs : hubMs) - this.lastMs);
  }
}

export interface FleetCounts {
  readonly all: number;
  readonly up: number;
  readonly stale: number;
  readonly down: number;
  readonly never: number;
}

export interface FleetAges {
  readonly medianMs: number;
  /** Age that 99 of 100 hosts do not exceed. */
  readonly slowMs: number;
}

export class Fleet {
  /** Hosts came or went, or their state, name, alias, tags or facts changed. */
  readonly listChanged = new Signal();
  #hosts: FleetHost[] = [];
  readonly #byId = new Map<number, FleetHost>();
  readonly #byName = new Map<string, FleetHost>();
  readonly #polledRow = new Float32Array(overviewWidth);

  /** Sorted by title, numbers in it by their value. A new array after each change of the list. */
  get hosts(): readonly FleetHost[] {
    return this.#hosts;
  }

  byName(name: string): FleetHost | null {
    return this.#byName.get(name) ?? null;
  }

  byId(id: number): FleetHost | null {
    return this.#byId.get(id) ?? null;
  }

  acceptHosts(message: Hosts): void {
    for (const id of message.removed) this.#remove(this.#byId.get(id));
    for (const row of message.hosts) {
      const host = this.#byId.get(row.hostId) ?? this.#byName.get(row.name) ?? new FleetHost(row.name);
      // Its old name may be another's by now.
      if (host.name !== row.name && this.#byName.get(host.name) === host) this.#byName.delete(host.name);
      if (host.id !== null && host.id !== row.hostId) this.#byId.delete(host.id);
      host.id = row.hostId;
      host.name = row.name;
      host.alias = row.alias;
      host.state = row.state;
      host.intervalMs = row.intervalMs;
      host.lastMs = Math.max(host.lastMs, row.lastMs);
      host.tags = row.tags;
      host.facts = row.facts;
      this.#byId.set(row.hostId, host);
      this.#byName.set(row.name, host);
      host.changed.announce();
    }
    this.#changed();
  }

  /** New values; hosts that are not known yet are left out, their row comes with `hosts`. */
  acceptOverview(message: Overview, hubMs: number): void {
    const ids = new Uint32Array(message.hostIds.slice().buffer);
    const times = new Float64Array(message.timesMs.slice().buffer);
    const values = new Float32Array(message.values.slice().buffer);
    const count = Math.min(ids.length, times.length, Math.floor(values.length / overviewWidth));
    for (let index = 0; index < count; index += 1) {
      const host = this.#byId.get(ids[index]!);
      if (host === undefined) continue;
      host.ticked(times[index]!, hubMs);
      if (host.spark.push(times[index]!, values, index * overviewWidth)) host.changed.announce();
    }
  }

  /** The answers of one round of polling. It tells of every host, so others are gone. */
  acceptPolled(polled: PolledFleet): void {
    for (const host of this.#hosts) if (!polled.hosts.has(host.name)) this.#remove(host);
    for (const [name, row] of polled.hosts) {
      const host = this.#byName.get(name) ?? new FleetHost(name);
      this.#byName.set(name, host);
      host.state = row.state;
      host.tags = row.tags;
      host.lastMs = Math.max(host.lastMs, row.lastMs);
      const latest = polled.latest.get(name);
      if (latest !== undefined) {
        for (const [index, key] of overviewKeys.entries())
          this.#polledRow[index] = latest.values.get(key) ?? Number.NaN;
        host.spark.push(latest.timeMs, this.#polledRow, 0);
      }
      host.changed.announce();
    }
    this.#changed();
  }

  /** Forgets every host that is not in `ids`: what a hub no longer knows after a reconnect was removed meanwhile. */
  retainIds(ids: ReadonlySet<number>): void {
    for (const host of this.#hosts) if (host.id === null || !ids.has(host.id)) this.#remove(host);
    this.#changed();
  }

  counts(): FleetCounts {
    const counts = { all: this.#hosts.length, up: 0, stale: 0, down: 0, never: 0 };
    for (const host of this.#hosts) counts[host.state] += 1;
    return counts;
  }

  /** Ages of the newest ticks of the hosts that are up; null when there are none. */
  ages(hubMs: number): FleetAges | null {
    const ages = this.#hosts.filter((host) => host.state === 'up' && host.lastMs > 0).map((host) => host.ageMs(hubMs));
    if (ages.length === 0) return null;
    ages.sort((a, b) => a - b);
    const at = (share: number) => Math.max(0, ages[Math.min(ages.length - 1, Math.floor(share * ages.length))]!);
    return { medianMs: at(0.5), slowMs: at(0.99) };
  }

  /**
   * Share of the hosts whose newest tick is no older than one and a half intervals and half a second, which is what a
   * healthy link may take. Hosts that are down or were never seen are not waited for; null when none is left.
   */
  onTimeRatio(hubMs: number): number | null {
    let expected = 0;
    let onTime = 0;
    for (const host of this.#hosts) {
      if (host.state === 'down' || host.state === 'never') continue;
      expected += 1;
      if (hubMs - host.lastMs <= host.intervalMs * 1.5 + 500) onTime += 1;
    }
    return expected === 0 ? null : onTime / expected;
  }

  #remove(host: FleetHost | undefined): void {
    if (host === undefined) return;
    if (host.id !== null) this.#byId.delete(host.id);
    if (this.#byName.get(host.name) === host) this.#byName.delete(host.name);
  }

  #changed(): void {
    this.#hosts = [...this.#byName.values()].sort(
      (a, b) => compareNames(a.title, b.title) || compareNames(a.name, b.name),
    );
    this.listChanged.announce();
  }
}
