/**
 * Many hosts lost at once are one event: the hub may be cut off. A pure machine on active ms.
 *
 *   calm --five and a fifth lost within 10 s--> suspected --as many still away 40 s after the first--> firing
 *    ^                                              |                                                    |
 *    '------------------ back in time --------------'---------------- fewer than that still away --------'
 *
 * While it is suspected, those that are lost wait with their own alerts: a proxy that restarts brings them back within
 * that time. That also holds for a fleet of two to four that is lost as a whole, which is too small for more.
 */

export interface LostHost {
  /** When it was last there, and when that was noticed. */
  readonly sinceMs: number;
  readonly noticedMs: number;
  /** Hosts that are still there. */
  readonly presentCount: number;
}

const windowMs = 10_000;
const graceMs = 40_000;
const lostCountMin = 5;
const lostRatioMin = 0.2;
const fleetCountMin = 2;

export class MassOutage {
  #state: 'calm' | 'suspected' | 'firing' = 'calm';
  /** Lost within the window and still away, oldest first: hosts and when. */
  readonly #recent = new Map<number, LostHost>();
  /** Of the event: those that are still away. */
  #away = new Set<number>();
  #sinceMs = 0;
  #connectedCount = 0;

  get isFiring(): boolean {
    return this.#state === 'firing';
  }

  /** Of the event: hosts that are still away. */
  get away(): ReadonlySet<number> {
    return this.#away;
  }

  /** How many hosts were connected before the first was lost, and when that was. */
  get connectedCount(): number {
    return this.#connectedCount;
  }

  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Whether the host has to wait with an alert of its own. */
  holds(hostId: number): boolean {
    return this.#state === 'suspected' && this.#away.has(hostId);
  }

  lost(hostId: number, host: LostHost): void {
    if (this.#state === 'suspected') {
      this.#away.add(hostId);
      return;
    }
    if (this.#state === 'firing') return;
    this.#recent.set(hostId, host);
    for (const [oldId, { noticedMs }] of this.#recent) {
      if (host.noticedMs - noticedMs <= windowMs) break;
      this.#recent.delete(oldId);
    }
    const count = this.#recent.size;
    this.#connectedCount = host.presentCount + count;
    const isFleet = host.presentCount === 0 && count >= fleetCountMin;
    if (count < this.#countMin && !isFleet) return;
    this.#state = 'suspected';
    this.#away = new Set(this.#recent.keys());
    this.#sinceMs = Math.min(...[...this.#recent.values()].map(({ sinceMs }) => sinceMs));
    this.#recent.clear();
  }

  /** The host is there again, or nobody waits for it any more. */
  back(hostId: number): void {
    this.#recent.delete(hostId);
    this.#away.delete(hostId);
  }

  /** The run before has told of an outage that went on: these are away now. */
  restore(
    away: Iterable<number>,
    { presentCount, sinceMs }: { readonly presentCount: number; readonly sinceMs: number },
  ): void {
    this.#state = 'firing';
    this.#away = new Set(away);
    this.#sinceMs = sinceMs;
    this.#connectedCount = presentCount + this.#away.size;
  }

  /** Decides what time decides. Call it when nothing keeps outages from being told. */
  poll(activeMs: number): void {
    const isMass = this.#away.size >= this.#countMin;
    if (this.#state === 'firing' && !isMass) this.#state = 'calm';
    if (this.#state === 'suspected' && activeMs >= this.#sinceMs + graceMs) this.#state = isMass ? 'firing' : 'calm';
    if (this.#state === 'calm') this.#away.clear();
  }

  get #countMin(): number {
    return Math.max(lostCountMin, lostRatioMin * this.#connectedCount);
  }
}
