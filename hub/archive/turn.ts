/**
 * Gives way: work of the archive thread that may take seconds is cut into turns of 10 ms, between which messages,
 * answers of the database and other work of the thread get their chance. While the machine is busy each turn is
 * followed by a rest of three.
 */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pressure, type ProcessorTimes } from './pressure.ts';

const turnMsMax = 10;
const restMs = 30;

/** What long work asks on its way. */
export type TurnTaking = Pick<Turn, 'isOver' | 'yield'>;

export class Turn {
  readonly #pressure = new Pressure(readProcessorTimes, performance.now());
  #sinceMs = performance.now();

  /** Resolves at once while the turn lasts, else when everything else that waits has been let through. */
  async yield(): Promise<void> {
    if (!this.isOver) return;
    if (this.#pressure.isBusy(performance.now())) await sleep(restMs);
    else {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
    this.#sinceMs = performance.now();
  }

  get isOver(): boolean {
    return performance.now() - this.#sinceMs >= turnMsMax;
  }
}

function readProcessorTimes(): ProcessorTimes {
  let idleMs = 0;
  let totalMs = 0;
  for (const { times } of cpus()) {
    idleMs += times.idle;
    totalMs += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idleMs, totalMs };
}
