/**
 * The hub's clock as seen from here. A browser's clock may be wrong by hours; ages are measured on the hub's, whose
 * time comes with each `status` and `overview`.
 *
 * A message is late by the time it travelled, never early: of the last offsets the largest is nearest to the truth.
 */
const offsetCount = 16;

export class HubClock {
  readonly #offsets: number[] = [];

  /** Takes the hub's time that a message carried, and the local time at which it came. */
  observe(hubMs: number, localMs: number): void {
    // A step of either clock: what was known before it says nothing.
    if (this.#offsets.length > 0 && Math.abs(hubMs - localMs - this.#offset) > 5_000) this.#offsets.length = 0;
    this.#offsets.push(hubMs - localMs);
    if (this.#offsets.length > offsetCount) this.#offsets.shift();
  }

  /** Whether the hub has told its time yet. */
  get isKnown(): boolean {
    return this.#offsets.length > 0;
  }

  /** The hub's time now; the local time while it is not known. */
  hubMs(localMs: number): number {
    return localMs + this.#offset;
  }

  get #offset(): number {
    return this.#offsets.length === 0 ? 0 : Math.max(...this.#offsets);
  }
}
