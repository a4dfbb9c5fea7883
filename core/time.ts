/**
 * Time arithmetic that machines share: backoff, the tick grid, phases. No clock is read here.
 */

export interface BackoffOptions {
  /** Upper bound of the first wait. */
  readonly baseMs: number;
  readonly capMs: number;
}

/** Reconnects of an agent: first within 0–1 s, at most every 15 s on average 7.5 s. */
export const linkBackoff: BackoffOptions = { baseMs: 1_000, capMs: 15_000 };
/** Retries of the database: quick at first, since a restarted PostgreSQL is back within a second. */
export const storeBackoff: BackoffOptions = { baseMs: 250, capMs: 5_000 };

/**
 * Wait before try number `attempt` (0 is the first), with full jitter: uniform in 0..min(cap, base·2^attempt).
 * `random` is uniform in 0..1. Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(attempt: number, options: BackoffOptions, random: () => number): number {
  const ceilingMs = Math.min(options.capMs, options.baseMs * 2 ** Math.min(attempt, 30));
  return Math.floor(random() * ceilingMs);
}

/** FNV-1a of `text`, 32 bits: spreads agents over the interval, nothing else depends on it. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** An agent's own phase inside the interval: its ticks are due at times ≡ phase (mod interval). */
export function phaseMs(agentId: string, intervalMs: number): number {
  return hash32(agentId) % intervalMs;
}

/** First instant after `atMs` that is ≡ phase (mod interval). */
export function nextTickMs(atMs: number, options: { readonly intervalMs: number; readonly phaseMs: number }): number {
  const { intervalMs } = options;
  const since = (((atMs - options.phaseMs) % intervalMs) + intervalMs) % intervalMs;
  return atMs + intervalMs - since;
}
