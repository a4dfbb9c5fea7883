/**
 * The hosts whose ticks a window follows: each is open at the dashboard while it is shown. With more hosts than is
 * sensible none is, and the window lives on storage alone.
 */
import { type Dashboard, type OpenHost, windowMs } from '../dashboard.ts';
import type { HostRing } from '../live/ring.ts';
import { HoleWatch } from './hole-watch.ts';
import type { Span } from './track.ts';

interface Followed {
  readonly open: OpenHost;
  /** null until the hub's clock is known. */
  openedMs: number | null;
  readonly unsubscribe: () => void;
  readonly holes: HoleWatch;
}

export interface LiveHostsOptions {
  /** Followed whatever is shown. */
  readonly own: string | null;
  readonly hostsMax: number;
  /** New ticks. */
  readonly changed: () => void;
}

/** A snapshot that takes longer than this is not waited for. */
const snapshotMsMax = 3_000;
/** A host is silent after so many intervals without a tick, and not before the shortest time. */
const silentIntervals = 3;
const silentMsMin = 3_000;

export class LiveHosts {
  readonly #dashboard: Dashboard;
  readonly #options: LiveHostsOptions;
  readonly #followed = new Map<string, Followed>();
  #hostCount = 0;

  constructor(dashboard: Dashboard, options: LiveHostsOptions) {
    this.#dashboard = dashboard;
    this.#options = options;
    this.follow([]);
  }

  /** Whether every host that is shown is followed. */
  get hasAll(): boolean {
    return this.#hostCount <= this.#followed.size;
  }

  /** Shows these from now on. */
  follow(hosts: readonly string[]): void {
    const shown = new Set(hosts);
    if (this.#options.own !== null) shown.add(this.#options.own);
    shown.delete('');
    this.#hostCount = shown.size;
    const wanted =
      shown.size <= this.#options.hostsMax
        ? shown
        : new Set(shown.has(this.#options.own ?? '') ? [this.#options.own!] : []);
    for (const name of wanted) if (!this.#followed.has(name)) this.#open(name);
    for (const [name, followed] of this.#followed) if (!wanted.has(name)) this.#close(name, followed);
  }

  ringOf(host: string): HostRing | null {
    return this.#followed.get(host)?.open.stream.ring ?? null;
  }

  /** Since when the ring has every tick of this host, epoch ms. While its snapshot is on its way, what it will have. */
  fromMs(host: string): number | null {
    const followed = this.#followed.get(host);
    if (followed === undefined) return null;
    const { ring, hasSnapshot } = followed.open.stream;
    if (this.#isComing(followed, hasSnapshot)) return this.#dashboard.hubMs - windowMs;
    return ring.end > ring.start ? ring.times[ring.start]! : null;
  }

  /** Right edge of what is live: the newest tick of all, or the hub's time when all are silent. */
  newestMs(): number {
    let newestMs = 0;
    for (const { open } of this.#followed.values()) newestMs = Math.max(newestMs, open.stream.ring.newestMs ?? 0);
    const { hubMs, isLive } = this.#dashboard;
    if (newestMs === 0) return hubMs;
    const isSilent = isLive && hubMs - newestMs > Math.max(silentMsMin, silentIntervals * this.intervalMs);
    return isSilent ? hubMs : newestMs;
  }

  /** Longest time between ticks of any host that is followed. */
  get intervalMs(): number {
    let longest = 0;
    for (const { open } of this.#followed.values())
      longest = Math.max(
        longest,
        open.stream.ring.layout?.intervalMs ?? this.#dashboard.fleet.byName(open.name)?.intervalMs ?? 0,
      );
    return longest === 0 ? 1_000 : longest;
  }

  /** Where ticks of this host are missing in the ring and storage should be asked for them now. */
  dueHole(host: string, fromMs: number): Span | null {
    const followed = this.#followed.get(host);
    if (followed === undefined || this.#isComing(followed, followed.open.stream.hasSnapshot)) return null;
    return followed.holes.due(followed.open.stream.ring, fromMs, this.#dashboard.hubMs);
  }

  holesAsked(): void {
    for (const { holes } of this.#followed.values()) holes.asked(this.#dashboard.hubMs);
  }

  release(): void {
    for (const [name, followed] of this.#followed) this.#close(name, followed);
  }

  #isComing(followed: Followed, hasSnapshot: boolean): boolean {
    const { hubMs, isLive, clock } = this.#dashboard;
    if (clock.isKnown) followed.openedMs ??= hubMs;
    return !hasSnapshot && isLive && hubMs - (followed.openedMs ?? hubMs) < snapshotMsMax;
  }

  #open(name: string): void {
    const open = this.#dashboard.open(name);
    this.#followed.set(name, {
      open,
      openedMs: null,
      unsubscribe: open.stream.changed.subscribe(this.#options.changed),
      holes: new HoleWatch(),
    });
  }

  #close(name: string, followed: Followed): void {
    followed.unsubscribe();
    this.#followed.delete(name);
    this.#dashboard.close(followed.open);
  }
}
