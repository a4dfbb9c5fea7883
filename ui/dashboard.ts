/**
 * Everything the page knows, and the one place where messages become knowledge: fleet, open hosts, the hub's clock,
 * how the link stands. Elements read it through controllers and are woken by its signals.
 *
 * While the WebSocket is away it polls REST every 5 s, and goes on trying the WebSocket; what was polled makes room
 * for the real ticks when they come. It reads no clock and sets no timer of its own: `main.ts` calls `second`.
 */
import type { Processes, Status, ToViewer } from '#core/message.ts';
import type { Layout } from '#core/series.ts';
import type { Api, PolledFleet, PolledTick } from './api.ts';
import { Feed, type FeedOptions, type FeedReceiver, type Link } from './feed.ts';
import { Fleet, type FleetHost } from './fleet.ts';
import { HostStream, type Inflate, LayoutBook } from './host-stream.ts';
import { HubClock } from './model/clock.ts';
import { bannerAfterMs, type LinkView, viewLink } from './model/link-view.ts';
import { overviewKeys } from './model/metrics.ts';
import { unitOfKey } from './model/names.ts';
import { Signal } from './signal.ts';
import { StorageWatch } from './storage-watch.ts';

/** Time that a host's charts show. */
export const windowMs = 300_000;
export const pollMs = 5_000;
/** Seconds that the arrival strip shows. */
export const wireSeconds = 60;
/** Up to here the overview goes on behind a host's page, so that its sparklines have no hole after it. */
const backgroundHostsMax = 200;

export interface DashboardOptions extends FeedOptions {
  readonly api: Api;
  readonly inflate: Inflate;
  /** Runs `work` and reports its failure: the last handler of the page. */
  readonly background: (work: Promise<void>) => void;
}

/** One host that is being looked at. */
export interface OpenHost {
  readonly name: string;
  readonly stream: HostStream;
  /** Newest list of leading processes; null before the first. */
  processes: Processes | null;
  readonly processesChanged: Signal;
  subscribedId: number | null;
  /** Pages that show it. */
  viewCount: number;
  polledLayout: Layout | null;
}

export class Dashboard implements FeedReceiver {
  readonly fleet = new Fleet();
  readonly clock = new HubClock();
  /** Each second, and when the link changes: ages, pill, banner, strip. */
  readonly ticked = new Signal();
  /** The newest share of hosts on time is the last; null for a second in which nothing was heard. */
  readonly wire: (number | null)[] = [];
  readonly sampleRates: number[] = [];
  readonly storage: StorageWatch;
  status: Status | null = null;
  /** Whether every host is known: an empty list is then really empty. */
  isComplete = false;
  readonly #options: DashboardOptions;
  readonly #feed: Feed;
  readonly #layouts = new LayoutBook();
  readonly #openHosts = new Map<string, OpenHost>();
  #seenIds: Set<number> | null = null;
  #wantsOverview = false;
  #watches = false;
  #polledMs: number | null = null;
  #polledAtMs = Number.NEGATIVE_INFINITY;
  #isPolling = false;
  #fleetView: LinkView;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#feed = new Feed(this, options);
    this.storage = new StorageWatch(options.api, options.background);
    this.#fleetView = this.view();
    this.fleet.listChanged.subscribe(() => this.#followHosts());
  }

  start(): void {
    this.#feed.connect();
  }

  /** Tries to connect at once, and polls at once. */
  retry(): void {
    this.#polledAtMs = Number.NEGATIVE_INFINITY;
    this.#feed.connect();
    this.second();
  }

  /** The hub's time now, epoch ms. */
  get hubMs(): number {
    return this.clock.hubMs(this.#options.nowMs());
  }

  /** The host with the newest data; null when none has any. */
  #newestHost(): FleetHost | null {
    let newest: FleetHost | null = null;
    for (const host of this.fleet.hosts) if (host.lastMs > (newest?.lastMs ?? 0)) newest = host;
    return newest;
  }

  /** Whether the hub's messages are coming in. */
  get isLive(): boolean {
    const { link } = this.#feed;
    return link.phase === 'open' && this.#options.nowMs() - (link.heardMs ?? 0) < bannerAfterMs;
  }

  /** `view` of the fleet as of the last `ticked`: cheap, for thousands of cards. */
  get fleetView(): LinkView {
    return this.#fleetView;
  }

  /** What pill and banner say; ages are those of `host`, or of the fleet's newest data. */
  view(host: FleetHost | null = null): LinkView {
    const newest = host ?? this.#newestHost();
    const hasData = newest !== null && newest.lastMs > 0;
    return viewLink({
      link: this.#feed.link,
      localMs: this.#options.nowMs(),
      storage: this.status === null ? null : { state: this.status.storage, unstoredMs: this.status.unstoredMs },
      polledMs: this.#polledMs,
      dataAgeMs: hasData ? newest.ageMs(this.hubMs) : null,
      dataMs: hasData ? newest.lastMs : null,
    });
  }

  /** Whether somebody looks at the overview. */
  wantOverview(wants: boolean): void {
    this.#wantsOverview = wants;
    this.#followOverview();
  }

  /** Whether somebody looks at the storage. */
  wantStorage(wants: boolean): void {
    if (wants) this.storage.open(this.#options.nowMs());
    else this.storage.close();
  }

  /** Starts to follow a host; `close` with the result when it is no longer shown. */
  open(name: string): OpenHost {
    let open = this.#openHosts.get(name);
    if (open === undefined) {
      const { inflate, background } = this.#options;
      const failed = (error: unknown) => background(Promise.reject(error));
      open = {
        name,
        stream: new HostStream({ layouts: this.#layouts, inflate, windowMs, failed }),
        processes: null,
        processesChanged: new Signal(),
        subscribedId: null,
        viewCount: 0,
        polledLayout: null,
      };
      this.#openHosts.set(name, open);
    }
    open.viewCount += 1;
    this.#followHosts();
    return open;
  }

  close(open: OpenHost): void {
    open.viewCount -= 1;
    if (open.viewCount > 0) return;
    this.#openHosts.delete(open.name);
    if (open.subscribedId !== null) this.#feed.unsubscribe(open.subscribedId);
  }

  /** To be called once a second. */
  second(): void {
    const localMs = this.#options.nowMs();
    const { link } = this.#feed;
    const silentMs = this.isLive ? 0 : localMs - (link.lostSinceMs ?? link.heardMs ?? localMs);
    if (silentMs >= bannerAfterMs && !this.#isPolling && localMs - this.#polledAtMs >= pollMs) {
      this.#polledAtMs = localMs;
      this.#options.background(this.#poll());
    }
    this.storage.second(localMs);
    this.wire.push(this.isLive ? this.fleet.onTimeRatio(this.hubMs) : null);
    if (this.wire.length > wireSeconds) this.wire.shift();
    this.#announce();
  }

  linkChanged(link: Link, opened: boolean): void {
    if (opened) {
      this.#seenIds = new Set();
      this.#polledMs = null;
      for (const open of this.#openHosts.values()) open.stream.restart();
    }
    // The age goes on rising while nothing comes, but what the hub said of its storage is no longer known.
    if (link.phase !== 'open') this.status = null;
    this.#announce();
  }

  received(message: ToViewer): void {
    switch (message.kind) {
      case 'status':
        this.#acceptStatus(message);
        break;
      case 'hosts':
        this.fleet.acceptHosts(message);
        for (const row of message.hosts) this.#seenIds?.add(row.hostId);
        this.#completeFleet();
        break;
      case 'overview':
        this.clock.observe(message.nowMs, this.#options.nowMs());
        this.fleet.acceptOverview(message, this.hubMs);
        break;
      case 'layout':
        this.#layouts.accept(message);
        break;
      case 'snapshot':
      case 'tick':
        this.#acceptTicks(message);
        break;
      case 'processes': {
        const open = this.#openById(message.hostId);
        if (open === null) break;
        open.processes = message;
        open.processesChanged.announce();
        break;
      }
    }
  }

  #announce(): void {
    this.#fleetView = this.view();
    this.ticked.announce();
  }

  #acceptStatus(status: Status): void {
    this.clock.observe(status.nowMs, this.#options.nowMs());
    this.status = status;
    this.sampleRates.push(status.samplesPerSec);
    if (this.sampleRates.length > wireSeconds) this.sampleRates.shift();
    this.#completeFleet();
    this.#announce();
  }

  #acceptTicks(message: Extract<ToViewer, { kind: 'snapshot' | 'tick' }>): void {
    const open = this.#openById(message.hostId);
    if (open === null) return;
    open.stream.accept(message);
    const host = this.fleet.byId(message.hostId);
    if (message.kind === 'tick') host?.ticked(message.timeMs, this.hubMs);
  }

  /** After a connect the hub tells of every host; those it does not name were removed meanwhile. */
  #completeFleet(): void {
    if (this.status === null || this.#seenIds === null || this.#seenIds.size < this.status.hostCount) return;
    const seenIds = this.#seenIds;
    this.#seenIds = null;
    this.isComplete = true;
    this.fleet.retainIds(seenIds);
    this.#followOverview();
  }

  #openById(hostId: number): OpenHost | null {
    const name = this.fleet.byId(hostId)?.name;
    return name === undefined ? null : (this.#openHosts.get(name) ?? null);
  }

  /** Subscribes to open hosts as soon as their id is known, and again when it has changed. */
  #followHosts(): void {
    for (const open of this.#openHosts.values()) {
      const id = this.fleet.byName(open.name)?.id ?? null;
      if (id === null || id === open.subscribedId) continue;
      if (open.subscribedId !== null) this.#feed.unsubscribe(open.subscribedId);
      open.subscribedId = id;
      this.#feed.subscribe(id, windowMs);
    }
  }

  #followOverview(): void {
    const watches = this.#wantsOverview || (this.isComplete && this.fleet.hosts.length <= backgroundHostsMax);
    if (watches === this.#watches) return;
    this.#watches = watches;
    this.#feed.watch(watches ? { keys: overviewKeys, hostIds: null } : null);
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    const polled = await this.#options.api.readFleet();
    this.#isPolling = false;
    // The socket may have come back meanwhile: what it says is newer.
    if (polled === 'failed' || this.isLive) return;
    const localMs = this.#options.nowMs();
    if (!this.clock.isKnown && polled.hubMs !== null) this.clock.observe(polled.hubMs, localMs);
    this.#polledMs = localMs;
    this.isComplete = true;
    this.fleet.acceptPolled(polled);
    this.#acceptPolledTicks(polled);
    this.#announce();
  }

  #acceptPolledTicks(polled: PolledFleet): void {
    for (const open of this.#openHosts.values()) {
      const tick = polled.latest.get(open.name);
      if (tick === undefined) continue;
      const layout = polledLayoutOf(tick, open.polledLayout);
      open.polledLayout = layout;
      const values = Float64Array.from(layout.series, ({ key }) => tick.values.get(key) ?? Number.NaN);
      open.stream.acceptPolled(tick.timeMs, layout, values);
    }
  }
}

/** A layout for values that came without one. Keys that were there stay: a series without a value has not ended. */
function polledLayoutOf(tick: PolledTick, before: Layout | null): Layout {
  const keys = [...new Set([...(before?.series.map(({ key }) => key) ?? []), ...tick.values.keys()])].sort();
  if (
    before !== null &&
    keys.length === before.series.length &&
    keys.every((key, at) => key === before.series[at]!.key)
  )
    return before;
  return {
    id: `polled ${keys.join(' ')}`,
    intervalMs: pollMs,
    series: keys.map((key) => ({ key, unit: unitOfKey(key), kind: 'gauge', every: 1 })),
  };
}
