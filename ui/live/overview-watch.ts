/**
 * What of the fleet the hub is asked for: the hosts in sight with each of their ticks, the others at a slower pace. What
 * is in sight changes with every line that one scrolls; the hub is told at most four times a second, the last wish last.
 */
import type { Watch } from '#core/message.ts';
import { overviewKeys } from '../model/overview/metrics.ts';
import type { Fleet, FleetHost } from './fleet.ts';

export interface OverviewWant {
  /** In sight. */
  readonly hosts: 'all' | readonly FleetHost[];
  /** Every other host once in so many ms, for means and for an order by values; 0: not at all. */
  readonly othersMs: number;
}

export interface OverviewWatchPorts {
  readonly send: (watch: Omit<Watch, 'kind'> | null) => void;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, callback: () => void) => () => void;
}

export const watchPauseMs = 250;

/**
 * Up to so many hosts are all watched, whatever is in sight: 60 × 64 B a second cost less than lists of ids, and
 * everybody who looks at such a fleet shares one encoding at the hub.
 */
export const watchAllMax = 60;

export class OverviewWatch {
  readonly #fleet: Fleet;
  readonly #ports: OverviewWatchPorts;
  #want: OverviewWant | null = null;
  /** What was sent last, to be compared. */
  #sent = '';
  #sentMs = Number.NEGATIVE_INFINITY;
  #isWaiting = false;

  constructor(fleet: Fleet, ports: OverviewWatchPorts) {
    this.#fleet = fleet;
    this.#ports = ports;
    fleet.listChanged.subscribe(() => this.#follow());
  }

  /** Replaces what was wanted; null: nothing. */
  want(want: OverviewWant | null): void {
    this.#want = want;
    this.#follow();
  }

  #follow(): void {
    if (this.#isWaiting) return;
    const restMs = this.#sentMs + watchPauseMs - this.#ports.nowMs();
    if (restMs <= 0) this.#tell();
    else {
      this.#isWaiting = true;
      this.#ports.after(restMs, () => {
        this.#isWaiting = false;
        this.#tell();
      });
    }
  }

  #tell(): void {
    const want = this.#want;
    const hosts = want === null ? [] : this.#fleet.count <= watchAllMax ? 'all' : want.hosts;
    const hostIds = hosts === 'all' ? null : hosts.flatMap(({ id }) => id ?? []).sort((a, b) => a - b);
    const othersMs = hosts === 'all' ? 0 : (want?.othersMs ?? 0);
    this.#fleet.watched = hosts === 'all' ? 'all' : new Set(hosts);
    // Of a fleet that is not known yet it is not known either whether it is a small one.
    const isWanted = want !== null && this.#fleet.count > 0;
    const wish = isWanted ? `${hostIds?.join() ?? 'all'} ${othersMs}` : '';
    if (wish === this.#sent) return;
    this.#sent = wish;
    this.#sentMs = this.#ports.nowMs();
    this.#ports.send(isWanted ? { keys: overviewKeys, hostIds, othersMs } : null);
  }
}
