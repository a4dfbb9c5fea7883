/**
 * Agents that were sent away: why and when, by host, for those who look after them; and each such state once in the audit
 * log, not each of its repetitions. Bounded: one refusal a host, and so many notes an hour.
 */

export interface Refusal {
  /** For people, as the agent was told. */
  readonly why: string;
  /** Epoch ms. */
  readonly atMs: number;
}

/** An agent that is refused comes back each few minutes: the same is written down again only after this long. */
const repeatMs = 3_600_000;
const notesMax = 2_000;

export class Refusals {
  readonly #byHost = new Map<number, Refusal>();
  /** Written down: what, and when. */
  readonly #noted = new Map<string, number>();

  /** Why the agent of this host was sent away last; null since it was let in. */
  of(hostId: number): Refusal | null {
    return this.#byHost.get(hostId) ?? null;
  }

  refused(hostId: number, refusal: Refusal): void {
    this.#byHost.set(hostId, refusal);
  }

  /** Its agent has been let in, or it is no more. */
  clear(hostId: number): void {
    this.#byHost.delete(hostId);
  }

  /** Whether this is to be written down now: it is new, or was long ago. What does not fit is left out. */
  isNews(key: string, nowMs: number): boolean {
    const before = this.#noted.get(key);
    if (before !== undefined && nowMs - before < repeatMs) return false;
    this.#noted.delete(key);
    for (const [oldest, atMs] of this.#noted) {
      if (nowMs - atMs < repeatMs) break;
      this.#noted.delete(oldest);
    }
    if (this.#noted.size >= notesMax) return false;
    this.#noted.set(key, nowMs);
    return true;
  }
}
