/**
 * Gives way: work of the archive thread that may take seconds is cut into turns of 10 ms, between which messages,
 * answers of the database and other work of the thread get their chance.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pressure } from './pressure.ts';

const turnMsMax = 10;
const restMs = 30;

/** What long work asks on its way. */
export type TurnTaking = Pick<Turn, 'isOver' | 'yield'>;

export class Turn {
  readonly #pressure: Pressure | null;
  #sinceMs = performance.now();

  /** With `pressure`, each turn is followed by a rest of three while the machine is busy: for work that nobody waits for. */
  constructor(pressure: Pressure | null = null) {
    this.#pressure = pressure;
  }

  /** Resolves at once while the turn lasts, else when everything else that waits has been let through. */
  async yield(): Promise<void> {
    if (!this.isOver) return;
    if (this.#pressure?.isBusy(performance.now()) === true) await sleep(restMs);
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
