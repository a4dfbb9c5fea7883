/**
 * The hosts that main knows: name, facts, tokens, ring, and how each is doing.
 *
 * States are decided here from ticks and connections alone, on the hub's monotonic clock less its own pauses,
 * so trouble of ours (a stalled loop, a database away) never shows a host as down.
 */
import type { HostRow, HostState, Id128, Top } from '#core/message.ts';
import { Ring, type RingTick } from '#core/ring.ts';
import type { Layout } from '#core/series.ts';

export interface HostIdentity {
  readonly hostId: number;
  readonly name: string;
  /** Shown instead of the name; empty for none. */
  readonly alias: string;
  readonly kind: 'agent' | 'push';
  readonly agentId: Id128 | null;
  /** Empty for a host that pushes. */
  readonly agentVersion: string;
  /** What is shown: the tags of people over those of the agent. */
  readonly tags: Readonly<Record<string, string>>;
  /** What the agent, or the client that pushes, says of the host. */
  readonly agentTags: Readonly<Record<string, string>>;
  /** What people say of it; null hides a tag of the agent's. */
  readonly peopleTags: Readonly<Record<string, string | null>>;
  readonly facts: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  /** When the hub first heard of it, epoch ms. */
  readonly createdMs: number;
  /** Rises with each change of the above in the database. */
  readonly version: number;
  /** When its agent said that it stops, epoch ms; null unless that was the last that was heard of it. */
  readonly byeMs: number | null;
  /** Time of the newest tick known, epoch ms; 0 for never. */
  readonly lastMs: number;
}

export interface Host {
  identity: HostIdentity;
  readonly ring: Ring;
  state: HostState;
  isConnected: boolean;
  /** Monotonic ms at which the newest tick came in, or the host became known; NaN until the first check after that. */
  heardMs: number;
  lastMs: number;
  /** As in `HostRow`. */
  downtimeUntilMs: number;
  top: Top | null;
  /** Whether the ring has been filled from storage since the start. */
  isRingFilled: boolean;
}

export interface RegistrySettings {
  readonly ringBytesMax: number;
  readonly ringWindowMsMax: number;
}

/** A host is stale after so many intervals without a tick, but not before `staleMsMin`. */
const staleIntervals = 3;
const staleMsMin = 3_000;
/** Down when nothing has come for this long, or ten intervals if that is longer. */
const downMsMin = 30_000;
const ringWindowMsMin = 30_000;
/** A loop turn later than this is a pause of ours: host timers are put forward by it. */
const pauseMsMin = 2_000;
/** Clients that push come as they like: their rings have room for a tick a second, used only when they come. */
const pushIntervalMsMin = 1_000;
/** Rings that grow towards the bound are cut to `ringFillRatio` of it, and widened again only below `ringGrowRatio`. */
const ringFillRatio = 0.9;
const ringGrowRatio = 0.7;

export class Registry {
  readonly #settings: RegistrySettings;
  readonly #hosts = new Map<number, Host>();
  readonly #idsByName = new Map<string, number>();
  /** SHA-256 of a token, as hex, to its host. */
  readonly #tokens = new Map<string, number>();
  readonly #changed = new Set<number>();
  readonly #removed = new Set<number>();
  /** Ids removed lately, and in the round before: an answer that was under way then must not bring a host back. */
  #buried = new Set<number>();
  #buriedBefore = new Set<number>();
  #ringWindowMs: number;
  #checkedMs = Number.NaN;

  constructor(settings: RegistrySettings) {
    this.#settings = settings;
    this.#ringWindowMs = settings.ringWindowMsMax;
  }

  get count(): number {
    return this.#hosts.size;
  }

  get ringWindowMs(): number {
    return this.#ringWindowMs;
  }

  get ringBytesMax(): number {
    return this.#settings.ringBytesMax;
  }

  get ringBytes(): number {
    let bytes = 0;
    for (const host of this.#hosts.values()) bytes += host.ring.byteCount;
    return bytes;
  }

  hosts(): IterableIterator<Host> {
    return this.#hosts.values();
  }

  host(hostId: number): Host | undefined {
    return this.#hosts.get(hostId);
  }

  byName(name: string): Host | undefined {
    const hostId = this.#idsByName.get(name);
    return hostId === undefined ? undefined : this.#hosts.get(hostId);
  }

  /** The host that a token (its SHA-256 as hex) belongs to. */
  byToken(hash: string): Host | undefined {
    const hostId = this.#tokens.get(hash);
    return hostId === undefined ? undefined : this.#hosts.get(hostId);
  }

  addToken(hash: string, hostId: number): void {
    this.#tokens.set(hash, hostId);
  }

  /** The host has a new token; those before it are good for nothing any more. */
  replaceTokens(hash: string, hostId: number): void {
    this.dropTokens(hostId);
    this.#tokens.set(hash, hostId);
  }

  /** The host's tokens are good for nothing any more. */
  dropTokens(hostId: number): void {
    for (const [known, owner] of this.#tokens) if (owner === hostId) this.#tokens.delete(known);
  }

  /** Adds a host, or takes over what is new about it; null when it has been removed lately. What is older than what is known changes nothing. */
  put(identity: HostIdentity): Host | null {
    const { hostId, name } = identity;
    if (this.#buried.has(hostId) || this.#buriedBefore.has(hostId)) return null;
    const known = this.#hosts.get(hostId);
    if (known !== undefined && identity.version < known.identity.version) return known;
    this.#changed.add(hostId);
    if (known !== undefined) {
      const before = known.identity;
      if (this.#idsByName.get(before.name) === hostId) this.#idsByName.delete(before.name);
      this.#idsByName.set(name, hostId);
      known.identity = identity;
      if (before.intervalMs !== identity.intervalMs) known.ring.resize(this.#ringBounds(identity));
      return known;
    }
    const host: Host = {
      identity,
      ring: new Ring(this.#ringBounds(identity)),
      // Whether it is down is not known before it has had the time to connect.
      state: identity.lastMs === 0 ? 'never' : 'stale',
      isConnected: false,
      heardMs: Number.NaN,
      lastMs: identity.lastMs,
      downtimeUntilMs: 0,
      top: null,
      isRingFilled: false,
    };
    this.#hosts.set(hostId, host);
    this.#idsByName.set(name, hostId);
    return host;
  }

  /** For a while `put` does not take this host: it has been removed, whatever answer is still under way. */
  bury(hostId: number): void {
    this.#buried.add(hostId);
  }

  /** No answer is under way any more that is older than the round before. */
  turnBurials(): void {
    this.#buriedBefore = this.#buried;
    this.#buried = new Set();
  }

  /** Lets go of a host: its name, its tokens, its ring. Answers it; null when it was not known. */
  remove(hostId: number): Host | null {
    const host = this.#hosts.get(hostId);
    if (host === undefined) return null;
    this.#hosts.delete(hostId);
    const { name } = host.identity;
    if (this.#idsByName.get(name) === hostId) this.#idsByName.delete(name);
    this.dropTokens(hostId);
    this.#changed.delete(hostId);
    this.#removed.add(hostId);
    return host;
  }

  /** A tick for the ring; what `Ring.push` answered. */
  push(hostId: number, tick: RingTick, nowMonotonicMs: number): ReturnType<Ring['push']> {
    const host = this.#hosts.get(hostId);
    if (host === undefined) return 'late';
    const outcome = host.ring.push(tick);
    if (outcome !== 'newest') return outcome;
    host.heardMs = nowMonotonicMs;
    // Pushed bodies come in any order of time.
    host.lastMs = host.identity.kind === 'push' ? Math.max(host.lastMs, tick.timeMs) : tick.timeMs;
    if (host.state !== 'up') this.#setState(host, 'up');
    this.#noticeInterval(host, tick.layout);
    return outcome;
  }

  setConnected(hostId: number, isConnected: boolean): void {
    const host = this.#hosts.get(hostId);
    if (host !== undefined) host.isConnected = isConnected;
  }

  /** End of the downtime that the host is in, epoch ms; 0 for none. */
  setDowntime(hostId: number, untilMs: number): void {
    const host = this.#hosts.get(hostId);
    if (host === undefined || host.downtimeUntilMs === untilMs) return;
    host.downtimeUntilMs = untilMs;
    this.#changed.add(hostId);
  }

  /** Judges states and shares ring memory out. Call it each second. */
  check(nowMonotonicMs: number): void {
    const pausedMs = nowMonotonicMs - this.#checkedMs - 1_000;
    this.#checkedMs = nowMonotonicMs;
    for (const host of this.#hosts.values()) {
      if (Number.isNaN(host.heardMs)) host.heardMs = nowMonotonicMs;
      else if (pausedMs > pauseMsMin) host.heardMs = Math.min(nowMonotonicMs, host.heardMs + pausedMs);
      const silentMs = nowMonotonicMs - host.heardMs;
      const { intervalMs } = host.identity;
      if (host.state === 'up' && silentMs > Math.max(staleMsMin, staleIntervals * intervalMs))
        this.#setState(host, 'stale');
      if (host.state === 'stale' && silentMs > Math.max(downMsMin, 10 * intervalMs)) this.#setState(host, 'down');
    }
    this.#shareRings();
  }

  /** Hosts that changed since the last call of `takeChanges`. */
  changedHosts(): Host[] {
    return [...this.#changed].flatMap((hostId) => this.#hosts.get(hostId) ?? []);
  }

  /** Rows of hosts that changed since the last call, and the ids of those removed. */
  takeChanges(): { readonly hosts: HostRow[]; readonly removed: number[] } | null {
    if (this.#changed.size === 0 && this.#removed.size === 0) return null;
    const hosts = this.changedHosts().map(hostRowOf);
    const removed = [...this.#removed];
    this.#changed.clear();
    this.#removed.clear();
    return { hosts, removed };
  }

  #setState(host: Host, state: HostState): void {
    host.state = state;
    this.#changed.add(host.identity.hostId);
  }

  #noticeInterval(host: Host, layout: Layout): void {
    if (layout.intervalMs === host.identity.intervalMs) return;
    host.identity = { ...host.identity, intervalMs: layout.intervalMs };
    host.ring.resize(this.#ringBounds(host.identity));
    this.#changed.add(host.identity.hostId);
  }

  /** All rings together stay within the bound: windows shrink evenly, down to 30 s. */
  #shareRings(): void {
    const used = this.ringBytes;
    const { ringBytesMax, ringWindowMsMax } = this.#settings;
    const wantedMs =
      used > ringBytesMax
        ? this.#ringWindowMs * ((ringBytesMax * ringFillRatio) / used)
        : this.#ringWindowMs * (used < ringBytesMax * ringGrowRatio ? 1.1 : 1);
    const windowMs = Math.round(Math.min(ringWindowMsMax, Math.max(ringWindowMsMin, wantedMs)));
    if (windowMs === this.#ringWindowMs) return;
    this.#ringWindowMs = windowMs;
    for (const host of this.#hosts.values()) host.ring.resize(this.#ringBounds(host.identity));
  }

  #ringBounds({ intervalMs, kind }: Pick<HostIdentity, 'intervalMs' | 'kind'>) {
    const windowMs = Math.max(this.#ringWindowMs, intervalMs * 10);
    const tickMs = kind === 'push' ? Math.min(pushIntervalMsMin, intervalMs) : intervalMs;
    return { windowMs, ticksMax: Math.ceil(windowMs / tickMs) + 1 };
  }
}

export function hostRowOf(host: Host): HostRow {
  const { state, lastMs, downtimeUntilMs } = host;
  const { hostId, name, alias, intervalMs, tags, facts } = host.identity;
  return { hostId, name, alias, state, intervalMs, lastMs, downtimeUntilMs, tags, facts };
}
