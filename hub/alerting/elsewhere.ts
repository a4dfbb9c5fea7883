/**
 * Hosts that are not here but at another hub on the same database: what is stored of them goes on. Asked of the database
 * now and then for those alone that this hub misses, so that a fleet which moves from hub to hub is no outage.
 *
 * While the database cannot be asked nothing is held against those that were elsewhere before.
 */
import type { Judge } from './judge.ts';
import type { HeardHost } from './judgement.ts';

export interface ElsewherePorts {
  readonly judge: Pick<Judge, 'missedHosts' | 'heardElsewhere' | 'elsewhereUnknown'>;
  /** Rejects when the database is away. */
  heardHosts(hostIds: readonly number[]): Promise<readonly HeardHost[]>;
}

const askMs = 5_000;
/** Hosts in one question; of more, each gets its turn. */
const hostsMax = 1_000;

export class Elsewhere {
  readonly #ports: ElsewherePorts;
  #askedMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;
  #turn = 0;

  constructor(ports: ElsewherePorts) {
    this.#ports = ports;
  }

  poll(nowMonotonicMs: number): void {
    const { judge, heardHosts } = this.#ports;
    if (nowMonotonicMs - this.#askedMs < askMs) return;
    if (this.#isAsking) {
      judge.elsewhereUnknown();
      return;
    }
    this.#askedMs = nowMonotonicMs;
    const missed = judge.missedHosts();
    if (missed.length === 0) return;
    const first = this.#turn < missed.length ? this.#turn : 0;
    const hostIds = missed.slice(first, first + hostsMax);
    this.#turn = first + hostIds.length;
    this.#isAsking = true;
    heardHosts(hostIds).then(
      (hosts) => {
        this.#isAsking = false;
        for (const host of hosts) judge.heardElsewhere(host);
      },
      () => {
        this.#isAsking = false;
        judge.elsewhereUnknown();
      },
    );
  }
}
