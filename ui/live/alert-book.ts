/**
 * Every alert that is pending or firing, as the hub tells it live: one rule on one series of one host each. What ends
 * leaves the book; what came before is asked for by REST.
 */
import type { Alert, AlertRow } from '#core/message.ts';
import { type Severity, severities } from '#core/rule-spec.ts';
import { Signal } from './signal.ts';

export interface AlertCounts {
  readonly firing: number;
  readonly pending: number;
  /** Firing ones by severity. */
  readonly bySeverity: Readonly<Record<Severity, number>>;
  /** Firing ones that nobody has acknowledged and that are told: what asks for a person. */
  readonly unacknowledged: number;
}

const none: AlertCounts = {
  firing: 0,
  pending: 0,
  bySeverity: { info: 0, warning: 0, critical: 0 },
  unacknowledged: 0,
};

export class AlertBook {
  /** Alerts came, changed or went. */
  readonly changed = new Signal();
  /** The worst that began to fire with the newest message; for whoever is told aloud. */
  newest: AlertRow | null = null;
  readonly #rows = new Map<string, AlertRow>();
  #counts = none;
  #byHost: ReadonlyMap<number, readonly AlertRow[]> = new Map();
  #isKnown = false;

  /** Whether the hub has told them all: an empty book is then really empty. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  get counts(): AlertCounts {
    return this.#counts;
  }

  /** Firing first, the worst and then the oldest on top. A new array after each change. */
  rows(): readonly AlertRow[] {
    return [...this.#rows.values()].sort(compareAlerts);
  }

  /** Those of one host, in the same order. Id 0 has those of the fleet as a whole. */
  ofHost(hostId: number | null): readonly AlertRow[] {
    return hostId === null ? [] : (this.#byHost.get(hostId) ?? []);
  }

  /** The worst severity that fires on a host; null when none does. */
  worstOf(hostId: number | null): Severity | null {
    const first = this.ofHost(hostId)[0];
    return first?.phase === 'firing' ? first.severity : null;
  }

  accept(message: Alert): void {
    const before = message.isWhole ? new Map(this.#rows) : this.#rows;
    if (message.isWhole) {
      this.#rows.clear();
      this.#isKnown = true;
    }
    this.newest = null;
    for (const row of message.alerts) {
      const key = keyOf(row);
      const wasFiring = before.get(key)?.phase === 'firing';
      if (row.phase === 'inactive') this.#rows.delete(key);
      else this.#rows.set(key, row);
      if (row.phase !== 'firing' || wasFiring) continue;
      if (this.newest === null || compareAlerts(row, this.newest) < 0) this.newest = row;
    }
    this.#count();
    this.changed.announce();
  }

  #count(): void {
    const counts = { firing: 0, pending: 0, bySeverity: { ...none.bySeverity }, unacknowledged: 0 };
    const byHost = new Map<number, AlertRow[]>();
    for (const row of this.#rows.values()) {
      const members = byHost.get(row.hostId);
      if (members === undefined) byHost.set(row.hostId, [row]);
      else members.push(row);
      if (row.phase !== 'firing') {
        counts.pending += 1;
        continue;
      }
      counts.firing += 1;
      counts.bySeverity[row.severity] += 1;
      if (!row.isAcknowledged && row.decision === 'told') counts.unacknowledged += 1;
    }
    for (const rows of byHost.values()) rows.sort(compareAlerts);
    this.#counts = counts;
    this.#byHost = byHost;
  }
}

export function keyOf({ ruleId, hostId, series }: Pick<AlertRow, 'ruleId' | 'hostId' | 'series'>): string {
  return `${ruleId} ${hostId} ${series}`;
}

/** Firing before pending, the worst first, then the oldest. */
function compareAlerts(a: AlertRow, b: AlertRow): number {
  if (a.phase !== b.phase) return a.phase === 'firing' ? -1 : 1;
  const byWorse = severities.indexOf(b.severity) - severities.indexOf(a.severity);
  return byWorse || a.sinceMs - b.sinceMs || a.ruleId - b.ruleId || a.hostId - b.hostId;
}
