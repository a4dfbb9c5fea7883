/**
 * How many queries may run at once, and how many may wait for that: history must not grow the hub's memory, nor take
 * the archive thread for itself.
 */
import { HttpError } from './http.ts';

/** Each holds what its statement gave it, and a connection. */
export const queriesMax = 3;
export const queriesWaitingMax = 64;
/** A back-test keeps the archive thread busy for seconds: of the queries that may run it is at most one. */
export const backtestsMax = 1;
export const backtestsWaitingMax = 4;
/** Answers that have not been read by their clients yet. */
export const heldBytesMax = 256 * 1024 * 1024;

export interface SlotLimits {
  readonly runningMax: number;
  readonly waitingMax: number;
}

export class QuerySlots {
  readonly #limits: SlotLimits;
  readonly #waiting = new Set<() => void>();
  runningCount = 0;
  /** Bytes of answers on their way out. */
  heldBytes = 0;
  refusedCount = 0;
  answeredCount = 0;

  constructor(limits: SlotLimits = { runningMax: queriesMax, waitingMax: queriesWaitingMax }) {
    this.#limits = limits;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Runs `work` when its turn comes. Rejects with an HttpError 503 when too many wait, or with the signal's reason. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { runningMax, waitingMax } = this.#limits;
    if (this.#waiting.size >= waitingMax || this.heldBytes > heldBytesMax) {
      this.refusedCount += 1;
      throw new HttpError(503, `Cannot answer query: at most ${waitingMax} may wait: got more`, {
        'retry-after': '2',
      });
    }
    if (this.runningCount < runningMax) this.runningCount += 1;
    else await this.#wait(signal);
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      this.answeredCount += 1;
      this.#leave();
    }
  }

  /** Hands the slot to whoever has waited longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.runningCount -= 1;
    else {
      this.#waiting.delete(next);
      next();
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(start);
        reject(signal.reason);
      };
      this.#waiting.add(start);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
