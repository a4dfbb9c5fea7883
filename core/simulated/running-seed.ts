/** A fleet of simulated hosts for tests and benches that want all of them: of many, some are away at most times. Pure. */
import { createHostNature } from './host-nature.ts';
import { upSpans } from './uptime.ts';

const runMs = 10 * 60_000;

/** The first seed by which all of so many hosts run from a minute before `nowMs` (epoch ms) for ten minutes. */
export function runningSeed(hosts: number, nowMs: number): number {
  const fromMs = nowMs - 60_000;
  const toMs = fromMs + runMs;
  const runs = (seed: number, index: number) => {
    const [span] = upSpans(createHostNature(seed, index), { fromMs, toMs });
    return span !== undefined && span.fromMs === fromMs && span.toMs === toMs;
  };
  const indexes = Array.from({ length: hosts }, (_, index) => index);
  let seed = 1;
  while (!indexes.every((index) => runs(seed, index))) seed += 1;
  return seed;
}
