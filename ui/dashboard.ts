/**
 * Everything the page knows, and the one place where messages become knowledge: fleet, open hosts, the hub's clock,
 * how the link stands. Elements read it through controllers and are woken by its signals.
 *
 * While the WebSocket is away it polls REST every 5 s, and goes on trying the WebSocket; what was polled makes room
 * for the real ticks when they come. It reads no clock and sets no timer of its own: `main.ts` calls `second`.
 */
import type { FleetPulse, Processes, Status, ToViewer } from '#core/message.ts';
import type { Layout } from '#core/series.ts';
import type { HubClient } from './api/client.ts';
import type { Api } from './api/fleet.ts';
import { AlertBook } from './live/alert-book.ts';
import { Feed, type FeedOptions, type FeedReceiver, type Link } from './live/feed.ts';
import { Fleet, type FleetAges, type FleetHost } from './live/fleet.ts';
import { HostStream, type Inflate, LayoutBook } from './live/host-stream.ts';
import { NoteBook } from './live/note-book.ts';
import { type OverviewWant, OverviewWatch } from './live/overview-watch.ts';
import { type PolledHostPage, pollHost } from './live/polled-host.ts';
import type { SessionBook } from './live/session-book.ts';
import { Signal } from './live/signal.ts';
import { StorageWatch } from './live/storage-watch.ts';
import { HubClock } from './model/clock.ts';
import { bannerAfterMs, type LinkView, viewLink } from './model/link-view.ts';

/** Time that a host's charts show. */
export const windowMs = 300_000;
export const pollMs = 5_000;
/** Seconds that the arrival strip shows. */
export const wireSeconds = 60;

export interface DashboardOptions extends FeedOptions {
  /** For pages that ask by REST. */
  readonly client: HubClient;
  readonly api: Api;
  readonly session: SessionBook;
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
  /** Alerts that are pending or firing. */
  readonly alerts = new AlertBook();
  readonly client: HubClient;
  /** Who looks at the page. */
  readonly session: SessionBook;
  /** Runs work that nobody waits for; its failure goes to the page's last handler. */
  readonly background: (work: Promise<void>) => void;
  readonly clock = new HubClock();
  /** Each second, and when the link changes: ages, pill, banner, strip. */
  readonly ticked = new Signal();
  /** What admins see of agents has changed. */
  readonly agentsChanged = new Signal();
  /** The newest share of hosts on time is the last; null for a second in which nothing was heard. */
  readonly wire: (number | null)[] = [];
  readonly sampleRates: number[] = [];
  readonly storage: StorageWatch;
  readonly notes: NoteBook;
  status: Status | null = null;
  /** Whether every host is known: an empty list is then really empty. */
  isComplete = false;
  readonly #options: DashboardOptions;
  readonly #feed: Feed;
  readonly #layouts = new LayoutBook();
  readonly #openHosts = new Map<string, OpenHost>();
  #seenIds: Set<number> | null = null;
  /** Whether a socket has ever stood. */
  #hasOpened = false;
  readonly #overviewWatch: OverviewWatch;
  /** Time of the newest tick of the fleet that the hub has told of, epoch ms. */
  #newestMs = 0;
  #polledMs: number | null = null;
  #polledAtMs = Number.NEGATIVE_INFINITY;
  #isPolling = false;
  #fleetView: LinkView;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.client = options.client;
    this.session = options.session;
    this.background = options.background;
    this.#feed = new Feed(this, options);
    this.storage = new StorageWatch(options.api, options.background);
    this.notes = new NoteBook(options.client, options.background);
    this.#overviewWatch = new OverviewWatch(this.fleet, {
      send: (watch) => this.#feed.watch(watch),
      nowMs: options.nowMs,
      after: options.after,
    });
    this.#fleetView = this.view();
    this.fleet.listChanged.subscribe(() => this.#followHosts());
  }

  start(): void {
    this.#feed.connect();
  }

  /** Finds out who looks at the page: something about that may have changed. */
  checkSession(): void {
    this.#options.checkSession?.();
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
      dataAgeMs: (host === null ? this.#pulse?.ageMsMedian : null) ?? (hasData ? newest.ageMs(this.hubMs) : null),
      dataMs: hasData ? Math.max(newest.lastMs, host === null ? this.#newestMs : 0) : null,
    });
  }

  /** How fresh the fleet's data is: as the hub says, and by what is known here while it says nothing. */
  ages(): FleetAges | null {
    const pulse = this.#pulse;
    if (pulse === null || pulse.ageMsMedian === null || pulse.ageMsSlow === null) return this.fleet.ages(this.hubMs);
    return { medianMs: pulse.ageMsMedian, slowMs: pulse.ageMsSlow };
  }

  get #pulse(): FleetPulse | null {
    return this.isLive ? (this.status?.pulse ?? null) : null;
  }

  /** What somebody sees of the overview; null: nothing. */
  wantOverview(want: OverviewWant | null): void {
    this.#overviewWatch.want(want);
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

  /** Keys of the series of a host that is open; none of others. */
  keysOf(name: string): readonly string[] {
    return this.#openHosts.get(name)?.stream.ring.layout?.series.map(({ key }) => key) ?? [];
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
    this.notes.second(localMs, this.isLive);
    this.wire.push(this.#pulse?.onTimeRatio ?? null);
    if (this.wire.length > wireSeconds) this.wire.shift();
    this.#announce();
  }

  linkChanged(link: Link, opened: boolean): void {
    if (opened) {
      // While the socket was away the role may have changed, and the hub have become another.
      if (this.#hasOpened) this.checkSession();
      this.#hasOpened = true;
      this.#seenIds = new Set();
      this.#polledMs = null;
      for (const open of this.#openHosts.values()) open.stream.restart();
      this.notes.stale();
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
      case 'alert':
        this.alerts.accept(message);
        break;
      case 'notes':
        this.notes.stale();
        break;
      case 'agents':
        this.agentsChanged.announce();
        break;
    }
  }

  #announce(): void {
    this.#fleetView = this.view();
    this.ticked.announce();
  }

  #acceptStatus(status: Status): void {
    this.clock.observe(status.nowMs, this.#options.nowMs());
    this.status = status;
    this.#newestMs = Math.max(this.#newestMs, status.newestMs);
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

  async #poll(): Promise<void> {
    this.#isPolling = true;
    const [polled, pages] = await Promise.all([this.#options.api.readFleet(), this.#pollHosts()]);
    this.#isPolling = false;
    // The socket may have come back meanwhile: what it says is newer.
    if (polled === 'failed' || this.isLive) return;
    const localMs = this.#options.nowMs();
    if (!this.clock.isKnown && polled.hubMs !== null) this.clock.observe(polled.hubMs, localMs);
    this.#polledMs = localMs;
    this.isComplete = true;
    this.fleet.acceptPolled(polled);
    if (polled.alerts !== null) this.alerts.accept({ kind: 'alert', isWhole: true, alerts: polled.alerts });
    for (const [open, page] of pages) this.#acceptPolledHost(open, page);
    this.#announce();
  }

  /** What the pages of open hosts show, each as far as the hub answers. */
  async #pollHosts(): Promise<(readonly [OpenHost, PolledHostPage])[]> {
    const open = [...this.#openHosts.values()];
    const ask = (each: OpenHost) => pollHost(this.client, each.name, { layout: each.polledLayout, roundMs: pollMs });
    return await Promise.all(open.map(async (each) => [each, await ask(each)] as const));
  }

  #acceptPolledHost(open: OpenHost, { tick, processes }: PolledHostPage): void {
    if (tick !== null) {
      open.polledLayout = tick.layout;
      open.stream.acceptPolled(tick.timeMs, tick.layout, tick.values);
    }
    if (processes === null || processes.atMs <= (open.processes?.atMs ?? 0)) return;
    open.processes = { kind: 'processes', hostId: this.fleet.byName(open.name)?.id ?? 0, ...processes };
    open.processesChanged.announce();
  }
}
