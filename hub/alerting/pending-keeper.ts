/**
 * Keeps over a restart how far pending targets have come. What has been pending for a moment only is not worth a write: a
 * crash costs it that moment. The rest is written when it has become pending and each minute from then on, and when
 * it ends.
 */
import type { PendingTarget } from '../store/alerts/record.ts';
import { mapKeyOf } from './alert-target.ts';
import type { TargetName, TargetState } from './judgement.ts';

export interface PendingKeeperPorts {
  /** Rejects when the database is away. */
  save(change: { readonly pending: readonly PendingTarget[]; readonly ended: readonly TargetName[] }): Promise<void>;
}

interface SavedPending {
  readonly name: TargetName;
  readonly ordinal: number;
  readonly savedMs: number;
}

const lookMs = 5_000;
const refreshMs = 60_000;
/** Rows in one statement; the others wait for the next. */
const rowsMax = 2_000;

export class PendingKeeper {
  readonly #ports: PendingKeeperPorts;
  readonly #saved = new Map<string, SavedPending>();
  /** Those that were pending at the last look: what is no more was a moment. */
  #seen: ReadonlySet<string> = new Set();
  #lookedMs = Number.NEGATIVE_INFINITY;
  #isSaving = false;

  constructor(ports: PendingKeeperPorts) {
    this.#ports = ports;
  }

  /** What the run before has kept. */
  restored(targets: readonly (TargetName & { readonly ordinal: number })[]): void {
    for (const { ruleId, hostId, series, ordinal } of targets) {
      const name = { ruleId, hostId, series };
      this.#saved.set(mapKeyOf(name), { name, ordinal, savedMs: Number.NEGATIVE_INFINITY });
    }
  }

  /** `statesOf`: all targets that are pending or firing, asked for only when it is time to look. */
  poll(statesOf: () => readonly TargetState[], nowMonotonicMs: number): void {
    if (this.#isSaving || nowMonotonicMs - this.#lookedMs < lookMs) return;
    this.#lookedMs = nowMonotonicMs;
    const pending = statesOf().filter(({ phase }) => phase === 'pending');
    const keys = new Set(pending.map(mapKeyOf));
    const due = pending.filter((target) => {
      const key = mapKeyOf(target);
      const saved = this.#saved.get(key);
      if (saved === undefined) return this.#seen.has(key);
      return saved.ordinal !== target.ordinal || nowMonotonicMs - saved.savedMs >= refreshMs;
    });
    const ended = [...this.#saved].flatMap(([key, { name }]) => (keys.has(key) ? [] : [name]));
    this.#seen = keys;
    if (due.length === 0 && ended.length === 0) return;
    this.#isSaving = true;
    this.#save(due.slice(0, rowsMax), ended.slice(0, rowsMax), nowMonotonicMs)
      .catch(() => {
        // The database is away; what is not noted as saved is looked at again.
      })
      .finally(() => {
        this.#isSaving = false;
      });
  }

  /** Keeps all of them: the hub stops. Rejects when the database is away. */
  async saveAll(states: readonly TargetState[]): Promise<void> {
    await this.#save(
      states.filter(({ phase }) => phase === 'pending'),
      [],
      Number.NEGATIVE_INFINITY,
    );
  }

  async #save(due: readonly TargetState[], ended: readonly TargetName[], savedMs: number): Promise<void> {
    await this.#ports.save({ pending: due, ended });
    for (const target of due) {
      const { ruleId, hostId, series, ordinal } = target;
      this.#saved.set(mapKeyOf(target), { name: { ruleId, hostId, series }, ordinal, savedMs });
    }
    for (const name of ended) this.#saved.delete(mapKeyOf(name));
  }
}
