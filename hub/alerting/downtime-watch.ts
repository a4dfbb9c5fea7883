/**
 * Which hosts are in a downtime now, and until when: told to dashboards, so it must be known of all hosts all the time and
 * cost nothing while nothing changes. Windows are looked at when the next of them begins or ends; then hosts are matched
 * in portions, because a large fleet times many downtimes would hold up ticks.
 *
 *   set, a window begins or ends ──► hosts wait ──poll, a portion each──► registry ──► `hosts` to viewers
 *
 * What keeps alerts quiet is asked of `suppression.ts`, which answers for a moment and waits for nothing.
 */
import type { Downtime } from '#core/downtime.ts';
import { ScheduleClock } from '#core/schedule.ts';
import { type HostMatcher, hostMatcherOf } from '#core/selector.ts';
import type { Host, Registry } from '../registry.ts';

interface WatchedDowntime {
  readonly isMeant: HostMatcher;
  readonly clock: ScheduleClock;
}

/** A window that lasts now. */
interface OpenWindow {
  readonly downtime: WatchedDowntime;
  readonly endMs: number;
}

/** Matches in one call of `poll`: 2 to 5 ms (two globs and a tag each, 2 shared cores). 5,000 hosts × 100 downtimes take a second. */
export const matchesPerPoll = 50_000;

export class DowntimeWatch {
  readonly #registry: Pick<Registry, 'hosts' | 'host' | 'setDowntime'>;
  /** By what they were made of: one that is new leaves the others as they are. */
  readonly #watchedOf = new WeakMap<Downtime, WatchedDowntime>();
  #downtimes: readonly WatchedDowntime[] = [];
  /** Those that end last come first: the first that means a host is the answer. */
  #open: readonly OpenWindow[] = [];
  #lookedMs = Number.NaN;
  /** When the next window begins or ends. */
  #nextMs = Number.POSITIVE_INFINITY;
  readonly #waitingIds = new Set<number>();

  constructor(registry: Pick<Registry, 'hosts' | 'host' | 'setDowntime'>) {
    this.#registry = registry;
  }

  /** The downtimes that there are, after a change of them. */
  set(downtimes: readonly Downtime[], nowMs: number): void {
    this.#downtimes = downtimes.map((downtime) => this.#watched(downtime));
    this.#look(nowMs);
  }

  /** The host is new, or has another name or other tags. */
  hostChanged(hostId: number): void {
    this.#waitingIds.delete(hostId);
    const host = this.#registry.host(hostId);
    if (host !== undefined) this.#judge(host);
  }

  /** Call it every 100 ms. */
  poll(nowMs: number): void {
    // A clock that was set back makes windows of those that had ended.
    if (nowMs >= this.#nextMs || nowMs < this.#lookedMs) this.#look(nowMs);
    let matches = 0;
    for (const hostId of this.#waitingIds) {
      if (matches >= matchesPerPoll) return;
      matches += Math.max(1, this.#open.length);
      this.hostChanged(hostId);
    }
  }

  #watched(downtime: Downtime): WatchedDowntime {
    let watched = this.#watchedOf.get(downtime);
    if (watched === undefined) {
      const { hosts, schedule } = downtime.spec;
      watched = { isMeant: hostMatcherOf(hosts), clock: new ScheduleClock(schedule) };
      this.#watchedOf.set(downtime, watched);
    }
    return watched;
  }

  #look(nowMs: number): void {
    this.#lookedMs = nowMs;
    this.#nextMs = Number.POSITIVE_INFINITY;
    const open: OpenWindow[] = [];
    for (const downtime of this.#downtimes) {
      const window = downtime.clock.window(nowMs);
      if (window === null) continue;
      const isOpen = window.startMs <= nowMs;
      if (isOpen) open.push({ downtime, endMs: window.endMs });
      this.#nextMs = Math.min(this.#nextMs, isOpen ? window.endMs : window.startMs);
    }
    open.sort((a, b) => b.endMs - a.endMs);
    const isSame =
      open.length === this.#open.length &&
      open.every(({ downtime, endMs }, at) => {
        const before = this.#open[at]!;
        return downtime === before.downtime && endMs === before.endMs;
      });
    if (isSame) return;
    this.#open = open;
    for (const { identity } of this.#registry.hosts()) this.#waitingIds.add(identity.hostId);
  }

  #judge({ identity }: Host): void {
    const window = this.#open.find(({ downtime }) => downtime.isMeant(identity));
    this.#registry.setDowntime(identity.hostId, window?.endMs ?? 0);
  }
}
