/**
 * The threads that make months, one for each lane of the history writer.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { MonthMethods } from '../simulate-worker.ts';
import { Caller } from '../threads/rpc.ts';
import type { BuildMonth } from './history-writer.ts';

export interface MonthThreads {
  readonly builders: readonly BuildMonth[];
  stop(): Promise<void>;
}

/** The database has work of its own for each month: beyond so many threads it is what is waited for. */
const threadsMax = 4;

export function startMonthThreads(file: URL): MonthThreads {
  const workers = Array.from({ length: Math.min(threadsMax, availableParallelism()) }, () => new Worker(file));
  return {
    builders: workers.map(builderOf),
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function builderOf(worker: Worker): BuildMonth {
  const caller = new Caller<MonthMethods, never>(worker, () => {});
  // A thread that dies takes the answers it owes with it.
  const died = new Promise<never>((_, reject) => worker.once('error', reject));
  died.catch(() => {});
  return (request) => Promise.race([caller.call('build', request), died]);
}
