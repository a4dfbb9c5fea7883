/**
 * Tells the operator who is being limited: for each bound at most one line a minute, with how many there were since the last.
 * All of them are counted in a metric.
 */
import type { Logger } from 'pino';
import { type LimitName, limitNames } from './doorman.ts';

const everyMs = 60_000;

export class LimitLog {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #nowMs: () => number;
  readonly #lines = new Map<LimitName, { toldMs: number; untoldCount: number }>(
    limitNames.map((limit) => [limit, { toldMs: Number.NEGATIVE_INFINITY, untoldCount: 0 }]),
  );

  constructor(log: Pick<Logger, 'warn'>, nowMs: () => number) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  limited(limit: LimitName, address: string): void {
    const line = this.#lines.get(limit)!;
    line.untoldCount += 1;
    const nowMs = this.#nowMs();
    if (nowMs - line.toldMs < everyMs) return;
    this.#log.warn({ limit, address, count: line.untoldCount }, 'peer.limited');
    line.toldMs = nowMs;
    line.untoldCount = 0;
  }
}
