/**
 * What PostgreSQL keeps of alerts, in memory: the same steps as `record_events` (sql/0003-alerts.sql), and an outbox whose
 * rows are put together to messages by group. For simulations over a clock that is not real.
 */

import type { TargetName } from '../../alerting/judgement.ts';
import type { EventRow, PendingTarget, RecordedEvent, StoredTarget } from '../../store/alerts/record.ts';

export interface KeptEvent extends EventRow {
  readonly alertId: number;
}

/** One message of one group on one channel. */
export interface SentMessage {
  readonly atMs: number;
  readonly channelId: number;
  readonly groupKey: string;
  readonly events: readonly KeptEvent[];
}

type KeptTarget = { -readonly [K in keyof StoredTarget]: StoredTarget[K] } & { firedMs: number };

interface KeptNotice {
  readonly event: KeptEvent;
  readonly channelId: number;
  readonly groupKey: string;
  readonly intervalMs: number;
  readonly dueMs: number;
  isSent: boolean;
}

export class MemoryAlerts {
  readonly events: KeptEvent[] = [];
  readonly messages: SentMessage[] = [];
  /** While it is so every call rejects. */
  isAway = false;
  readonly #targets = new Map<string, KeptTarget>();
  readonly #keys = new Map<string, KeptEvent>();
  #waiting: KeptNotice[] = [];
  readonly #groupSentMs = new Map<string, number>();
  #alertCount = 0;

  async record(rows: readonly EventRow[], nowMs: number): Promise<RecordedEvent[]> {
    this.#reach();
    return rows.map((row) => this.#step(row, nowMs));
  }

  async savePending(change: {
    readonly pending: readonly PendingTarget[];
    readonly ended: readonly TargetName[];
  }): Promise<void> {
    this.#reach();
    for (const name of change.ended) {
      const target = this.#targetOf(name);
      if (target.phase === 'pending') target.phase = 'inactive';
    }
    for (const { sinceMs, lastMs, ordinal, ...name } of change.pending) {
      const target = this.#targetOf(name);
      if (target.phase !== 'firing') Object.assign(target, { phase: 'pending', sinceMs, lastMs, ordinal });
    }
  }

  /** What a hub that starts goes on from. */
  readTargets(nowMs: number): StoredTarget[] {
    this.#reach();
    return [...this.#targets.values()].map(({ firedMs, ...target }) => ({ ...target, firedAgoMs: nowMs - firedMs }));
  }

  acknowledge(alertId: number): void {
    for (const target of this.#targets.values()) if (target.alertId === alertId) target.isAcknowledged = true;
  }

  /** Sends what is due, one message for each channel and group. */
  send(nowMs: number): void {
    if (this.isAway) return;
    const due = new Map<string, KeptNotice[]>();
    for (const notice of this.#waiting) {
      const group = `${notice.channelId} ${notice.groupKey}`;
      const sentMs = this.#groupSentMs.get(group) ?? Number.NEGATIVE_INFINITY;
      if (notice.dueMs > nowMs || sentMs + notice.intervalMs > nowMs) continue;
      due.set(group, [...(due.get(group) ?? []), notice]);
    }
    for (const [group, notices] of due) {
      const { channelId, groupKey } = notices[0]!;
      this.#groupSentMs.set(group, nowMs);
      for (const notice of notices) notice.isSent = true;
      this.messages.push({ atMs: nowMs, channelId, groupKey, events: notices.map(({ event }) => event) });
    }
    this.#waiting = this.#waiting.filter(({ isSent }) => !isSent);
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  #reach(): void {
    if (this.isAway) throw new Error('the database is away');
  }

  #targetOf({ ruleId, hostId, series }: TargetName): KeptTarget {
    const key = `${ruleId}\n${hostId}\n${series}`;
    let target = this.#targets.get(key);
    if (target === undefined) {
      target = {
        ...{ ruleId, hostId, series, phase: 'inactive', seq: 0, isTold: false, alertId: null, cause: 'limits' },
        ...{ sinceMs: 0, lastMs: 0, ordinal: 0, firedAgoMs: 0, firedMs: 0, isAcknowledged: false, repeats: 0 },
        ...{ escalations: 0, severity: 'warning', message: '', value: null },
      } as KeptTarget;
      this.#targets.set(key, target);
    }
    return target;
  }

  #step(row: EventRow, nowMs: number): RecordedEvent {
    const target = this.#targetOf(row);
    const known = this.#keys.get(row.key);
    if (known !== undefined) return answerOf(row, target, { outcome: 'known', alertId: known.alertId });
    const alertId = this.#take(row, target);
    if (alertId === null) return answerOf(row, target, { outcome: 'refused', alertId: target.alertId });
    const event = { ...row, alertId };
    this.#keys.set(row.key, event);
    this.events.push(event);
    for (const { channelId, groupKey, waitMs, intervalMs, isSent } of row.notices) {
      if (isSent) continue;
      this.#waiting.push({ event, channelId, groupKey, intervalMs, dueMs: nowMs + waitMs, isSent });
    }
    return answerOf(row, target, { outcome: 'recorded', alertId });
  }

  /** The alert that the step belongs to; null when it does not follow from where the target stands. */
  #take(row: EventRow, target: KeptTarget): number | null {
    const isTold = row.decision === 'told';
    switch (row.kind) {
      case 'fired': {
        if (target.seq !== row.seq - 1 || row.seq % 2 !== 1) return null;
        this.#alertCount += 1;
        const { tickMs, atMs, ordinal, cause, severity, message, value } = row;
        Object.assign(target, {
          phase: 'firing',
          seq: row.seq,
          alertId: this.#alertCount,
          isTold: target.isTold || isTold,
        });
        Object.assign(target, {
          sinceMs: tickMs,
          lastMs: tickMs,
          ordinal,
          cause,
          severity,
          message,
          value,
          firedMs: atMs,
        });
        Object.assign(target, { isAcknowledged: false, repeats: 0, escalations: 0 });
        return this.#alertCount;
      }
      case 'resolved': {
        if (target.seq !== row.seq - 1 || row.seq % 2 !== 0) return null;
        const { alertId } = target;
        Object.assign(target, { phase: 'inactive', seq: row.seq, alertId: null, isTold: target.isTold && !isTold });
        Object.assign(target, { lastMs: row.tickMs, ordinal: row.ordinal });
        return alertId;
      }
      case 'told':
        if (target.seq !== row.seq || target.isTold === (row.seq % 2 === 1)) return null;
        target.isTold = !target.isTold;
        return this.events.findLast((event) => isSameTarget(event, row))!.alertId;
      case 'repeated':
        if (target.seq !== row.seq || target.repeats >= row.step || !isReminded(target)) return null;
        target.repeats = row.step;
        return target.alertId;
      case 'escalated':
        if (target.seq !== row.seq || target.escalations >= row.step || !isReminded(target)) return null;
        target.escalations = row.step;
        return target.alertId;
    }
  }
}

function isReminded({ alertId, isAcknowledged }: KeptTarget): boolean {
  return alertId !== null && !isAcknowledged;
}

function isSameTarget(one: TargetName, other: TargetName): boolean {
  return one.ruleId === other.ruleId && one.hostId === other.hostId && one.series === other.series;
}

function answerOf(
  { key }: EventRow,
  { seq, phase, isTold }: KeptTarget,
  of: Pick<RecordedEvent, 'outcome' | 'alertId'>,
): RecordedEvent {
  return { key, ...of, seq, phase, isTold };
}
