/**
 * What is known of the hub's storage while somebody looks at it: asked every ten seconds, kept when an answer fails.
 * It reads no clock: the dashboard calls `second`.
 */
import type { Api } from '../api/fleet.ts';
import type { StorageFigures } from '../model/storage-view.ts';
import { Signal } from './signal.ts';

export const storageMs = 10_000;

export class StorageWatch {
  readonly changed = new Signal();
  /** null before the first answer. */
  figures: StorageFigures | null = null;
  /** Whether the last answer failed. */
  hasFailed = false;
  readonly #api: Api;
  readonly #background: (work: Promise<void>) => void;
  #viewCount = 0;
  #askedMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor(api: Api, background: (work: Promise<void>) => void) {
    this.#api = api;
    this.#background = background;
  }

  /** Starts to ask, at once; `close` when it is no longer shown. */
  open(localMs: number): void {
    this.#viewCount += 1;
    this.#askedMs = Number.NEGATIVE_INFINITY;
    this.second(localMs);
  }

  close(): void {
    this.#viewCount -= 1;
  }

  /** To be called once a second. */
  second(localMs: number): void {
    if (this.#viewCount === 0 || this.#isAsking || localMs - this.#askedMs < storageMs) return;
    this.#askedMs = localMs;
    this.#background(this.#ask());
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const figures = await this.#api.readStorage();
    this.#isAsking = false;
    this.hasFailed = figures === 'failed';
    if (figures !== 'failed') this.figures = figures;
    this.changed.announce();
  }
}
