/**
 * All hosts as the dashboard knows them: who they are, how they stand, their newest overview values.
 *
 * Names are the identity: they are unique at the hub, and ids are not known to whoever polls an older one. Values go straight into their host
 * and wake only what shows that host; only who is there, and in which state, wakes the list. Of the hosts that are
 * watched the last minute is kept, of the others their newest values: a screen shows dozens, a fleet has thousands.
 */
import type { HostRow, HostState, Hosts, Overview } from '#core/message.ts';
import type { PolledFleet } from '../api/fleet.ts';
import { sortKeyOf } from '../model/names.ts';
import { foldSeries, overviewKeys, overviewWidth } from '../model/overview/metrics.ts';
import type { HostStatus } from '../model/route.ts';
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
  /** End of the downtime that it is in now, on the hub's clock; 0 when it is in none. */
  downtimeUntilMs = 0;
  tags: Readonly<Record<string, string>> = {};
  facts: Readonly<Record<string, string>> = {};
  /** Newest overview values, NaN for none. */
  readonly values = new Float32Array(overviewWidth).fill(Number.NaN);
  /** Time of those. */
  valuesMs = 0;
  /** New values, or a new state. */
  readonly changed = new Signal();
  #spark: SparkRing | null = null;
  #searchText: string | null = null;
  #sortKey: string | null = null;

  constructor(name: string) {
    this.name = name;
  }

  /** What people call it. */
  get title(): string {
    return this.alias === '' ? this.name : this.alias;
  }

  /** How it stands, as people see it: a downtime wins over what the link says. */
  get status(): HostStatus {
    return this.downtimeUntilMs > 0 ? 'downtime' : this.state;
  }

  /** The last minute, for sparklines; made when it is first asked for. */
  get spark(): SparkRing {
    this.#spark ??= new SparkRing(sparkTicks, overviewWidth);
    return this.#spark;
  }

  /** Everything that a search looks at, in lower case. */
  get searchText(): string {
    this.#searchText ??= [this.name, this.alias, ...Object.values(this.tags), ...Object.values(this.facts)]
      .join('\n')
      .toLowerCase();
    return this.#searchText;
  }

  /** Order of titles by a plain `<`; the name decides between equal ones. */
  get sortKey(): string {
    this.#sortKey ??= `${sortKeyOf(this.title)}\n${sortKeyOf(this.name)}`;
    return this.#sortKey;
  }

  /** Takes what the hub says of it, live or polled. Whether its place among the others may have changed. */
  accept(row: SaidOfHost): boolean {
    const isMoved = this.name !== row.name || this.alias !== row.alias;
    this.name = row.name;
    this.alias = row.alias;
    this.state = row.state;
    this.downtimeUntilMs = row.downtimeUntilMs;
    this.lastMs = Math.max(this.lastMs, row.lastMs);
    this.tags = row.tags;
    this.intervalMs = row.intervalMs;
    this.facts = row.facts;
    this.#searchText = null;
    if (isMoved) this.#sortKey = null;
    return isMoved;
  }

  /** Takes the figures of one time; those older than the newest are for the sparkline alone. */
  acceptFigures(timeMs: number, figures: Float32Array, isWatched: boolean): void {
    if (timeMs >= this.valuesMs) {
      this.valuesMs = timeMs;
      this.values.set(figures);
    }
    if (isWatched) this.spark.push(timeMs, figures, 0);
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

type SaidOfHost = Omit<HostRow, 'hostId'>;

/** Hosts by status. */
export type FleetCounts = Readonly<Record<HostStatus | 'all', number>>;

export interface FleetAges {
  readonly medianMs: number;
  /** Age that 99 of 100 hosts do not exceed. */
  readonly slowMs: number;
}

export class Fleet {
  /** Hosts came or went, or their state, downtime, name, alias, tags or facts changed. */
  readonly listChanged = new Signal();
  /** Some host has new values. */
  readonly valuesChanged = new Signal();
  /** Rises with each change of the list. */
  version = 0;
  /** Hosts whose last minute is kept. */
  watched: 'all' | ReadonlySet<FleetHost> = 'all';
  #hosts: readonly FleetHost[] = [];
  #isSorted = true;
  readonly #byId = new Map<number, FleetHost>();
  readonly #byName = new Map<string, FleetHost>();
  readonly #polledRow = new Float32Array(overviewKeys.length);
  readonly #figures = new Float32Array(overviewWidth);

  /** Sorted by title, numbers in it by their value. A new array when hosts came, went or have another title. */
  get hosts(): readonly FleetHost[] {
    if (!this.#isSorted) {
      this.#hosts = [...this.#byName.values()].sort(bySortKey);
      this.#isSorted = true;
    }
    return this.#hosts;
  }

  get count(): number {
    return this.#byName.size;
  }

  isWatched(host: FleetHost): boolean {
    return this.watched === 'all' || this.watched.has(host);
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
      if (host.accept(row) || this.#byName.get(row.name) !== host) this.#isSorted = false;
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
    const count = Math.min(ids.length, times.length, Math.floor(values.length / overviewKeys.length));
    for (let index = 0; index < count; index += 1) {
      const host = this.#byId.get(ids[index]!);
      if (host === undefined) continue;
      host.ticked(times[index]!, hubMs);
      foldSeries(values, index * overviewKeys.length, this.#figures);
      host.acceptFigures(times[index]!, this.#figures, this.isWatched(host));
      host.changed.announce();
    }
    this.valuesChanged.announce();
  }

  /** The answers of one round of polling. It tells of every host, so others are gone. */
  acceptPolled(polled: PolledFleet): void {
    for (const host of this.hosts) if (!polled.hosts.has(host.name)) this.#remove(host);
    for (const [name, row] of polled.hosts) {
      const known = this.#byName.get(name);
      const host = known ?? new FleetHost(name);
      if (host.accept({ name, ...row }) || known === undefined) this.#isSorted = false;
      this.#byName.set(name, host);
      if (row.id !== null) {
        host.id = row.id;
        this.#byId.set(row.id, host);
      }
      const latest = polled.latest.get(name);
      if (latest !== undefined) {
        for (const [index, key] of overviewKeys.entries())
          this.#polledRow[index] = latest.values.get(key) ?? Number.NaN;
        foldSeries(this.#polledRow, 0, this.#figures);
        host.acceptFigures(latest.timeMs, this.#figures, this.isWatched(host));
      }
      host.changed.announce();
    }
    this.valuesChanged.announce();
    this.#changed();
  }

  /** Forgets every host that is not in `ids`: what a hub no longer knows after a reconnect was removed meanwhile. */
  retainIds(ids: ReadonlySet<number>): void {
    for (const host of this.hosts) if (host.id === null || !ids.has(host.id)) this.#remove(host);
    this.#changed();
  }

  counts(): FleetCounts {
    return countStatuses(this.hosts);
  }

  /** Ages of the newest ticks of the hosts that are up; null when there are none. */
  ages(hubMs: number): FleetAges | null {
    const ages = this.hosts.filter((host) => host.state === 'up' && host.lastMs > 0).map((host) => host.ageMs(hubMs));
    if (ages.length === 0) return null;
    ages.sort((a, b) => a - b);
    const at = (share: number) => Math.max(0, ages[Math.min(ages.length - 1, Math.floor(share * ages.length))]!);
    return { medianMs: at(0.5), slowMs: at(0.99) };
  }

  #remove(host: FleetHost | undefined): void {
    if (host === undefined) return;
    if (host.id !== null) this.#byId.delete(host.id);
    if (this.#byName.get(host.name) === host) this.#byName.delete(host.name);
    this.#isSorted = false;
  }

  #changed(): void {
    this.version += 1;
    this.listChanged.announce();
  }
}

function countStatuses(hosts: Iterable<{ readonly status: HostStatus }>): FleetCounts {
  const counts = { all: 0, up: 0, stale: 0, down: 0, never: 0, downtime: 0 };
  for (const { status } of hosts) {
    counts.all += 1;
    counts[status] += 1;
  }
  return counts;
}

function bySortKey(a: FleetHost, b: FleetHost): number {
  return a.sortKey < b.sortKey ? -1 : a.sortKey > b.sortKey ? 1 : 0;
}
