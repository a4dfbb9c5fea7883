/**
 * Who waits for the snapshot of which host. Making one is work of the main thread, and viewers say how many there are to be made:
 * between two polls only so much of it is done, and what is more waits for its turn, one host of each viewer after the other. So nobody
 * is kept waiting for ticks by whoever asks for much, or again and again.
 */

/**
 * Values put into snapshots between two polls, 100 ms: some 220 ticks of 300 series. 0.7 µs each on two busy cores, so 45 ms of
 * the 100 (2026-11-27); 64 hosts of 60 series with five minutes each in one message took 0.8 s at once.
 */
const cellsPerPoll = 65_536;
/** What a snapshot costs beside its values. */
const snapshotCells = 256;
/** A snapshot is made as a whole: what it takes beyond the share is taken from the next polls, of one second at most. */
const debtCellsMax = 10 * cellsPerPoll;

export class SnapshotTurns<V> {
  /** In the order of their turns. */
  readonly #waiting = new Map<V, Set<number>>();
  #cellsLeft = cellsPerPoll;

  add(viewer: V, hostId: number): void {
    const hosts = this.#waiting.get(viewer);
    if (hosts === undefined) this.#waiting.set(viewer, new Set([hostId]));
    else hosts.add(hostId);
  }

  has(viewer: V, hostId: number): boolean {
    return this.#waiting.get(viewer)?.has(hostId) === true;
  }

  drop(viewer: V, hostId: number): void {
    const hosts = this.#waiting.get(viewer);
    hosts?.delete(hostId);
    if (hosts?.size === 0) this.#waiting.delete(viewer);
  }

  dropAll(viewer: V): void {
    this.#waiting.delete(viewer);
  }

  /** Whose turn it is; null when nobody waits, or the share until the next poll is used up. */
  take(): { readonly viewer: V; readonly hostId: number } | null {
    const [first] = this.#waiting;
    if (first === undefined || this.#cellsLeft <= 0) return null;
    const [viewer, hosts] = first;
    const [hostId] = hosts;
    hosts.delete(hostId!);
    this.#waiting.delete(viewer);
    if (hosts.size > 0) this.#waiting.set(viewer, hosts);
    return { viewer, hostId: hostId! };
  }

  /** Values in the snapshot that was made in the turn. */
  spent(cells: number): void {
    this.#cellsLeft = Math.max(-debtCellsMax, this.#cellsLeft - snapshotCells - cells);
  }

  /** The next share. */
  poll(): void {
    this.#cellsLeft = Math.min(cellsPerPoll, this.#cellsLeft + cellsPerPoll);
  }
}
