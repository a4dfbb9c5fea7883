/** The outbox in memory, with the rules of `store/alerts/outbox.ts`, on a clock that is told; and that clock. */
import { createHash } from 'node:crypto';
import type { ChannelKind } from '../notices/channel.ts';
import type { Outbox } from '../notices/delivery.ts';
import type { NoticeEvent } from '../notices/notice.ts';
import {
  type ClaimBounds,
  type ClaimedRow,
  type LeasedChannel,
  leaseMs,
  outboxAgeMsMax,
} from '../store/alerts/outbox.ts';

export interface MemoryRow {
  readonly id: number;
  readonly channelId: number;
  readonly groupKey: string;
  readonly event: NoticeEvent;
  createdMs: number;
  state: 'waiting' | 'sending' | 'sent' | 'dead';
  dueMs: number;
  leasedUntilMs: number;
  messageKey: string | null;
  attempts: number;
  answers: string[];
}

interface MemoryChannel {
  readonly id: number;
  readonly name: string;
  readonly kind: ChannelKind;
  isOpen: boolean;
  leasedUntilMs: number;
}

/** Time that passes when it is told to; calls come in its order. */
export class TestTime {
  nowMs = 1_700_000_000_000;
  readonly #timers: { readonly atMs: number; readonly call: () => void }[] = [];

  readonly after = (ms: number, call: () => void): (() => void) => {
    const timer = { atMs: this.nowMs + Math.max(0, ms), call };
    this.#timers.push(timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  };

  readonly sleep = (ms: number): Promise<void> => new Promise((resolve) => void this.after(ms, resolve));

  get timerCount(): number {
    return this.#timers.length;
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      await settled();
      const next = this.#timers.reduce((a, b) => (b.atMs < a.atMs ? b : a), {
        atMs: Number.POSITIVE_INFINITY,
        call() {},
      });
      if (next.atMs > endMs) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.nowMs = next.atMs;
      next.call();
    }
    this.nowMs = endMs;
  }
}

/** All promises that can go on have gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class MemoryOutbox implements Outbox {
  readonly rows: MemoryRow[] = [];
  readonly channels: MemoryChannel[] = [];
  readonly #time: TestTime;
  readonly #groupSentMs = new Map<string, number>();
  isAway = false;
  /** How often somebody has looked for a channel with something due. */
  leaseCount = 0;

  constructor(time: TestTime) {
    this.#time = time;
  }

  addChannel(kind: ChannelKind = 'webhook'): number {
    const id = this.channels.length + 1;
    this.channels.push({ id, name: `channel-${id}`, kind, isOpen: true, leasedUntilMs: 0 });
    return id;
  }

  /** As `record_events` does it. */
  add(
    channelId: number,
    event: NoticeEvent,
    options: { readonly groupKey: string; readonly intervalMs: number },
  ): void {
    const sentMs = this.#groupSentMs.get(`${channelId} ${options.groupKey}`) ?? Number.NEGATIVE_INFINITY;
    const { nowMs } = this.#time;
    this.rows.push({
      id: this.rows.length + 1,
      channelId,
      groupKey: options.groupKey,
      event,
      createdMs: nowMs,
      state: 'waiting',
      dueMs: Math.max(nowMs + 300, sentMs + options.intervalMs),
      leasedUntilMs: 0,
      messageKey: null,
      attempts: 0,
      answers: [],
    });
  }

  async lease(exceptIds: readonly number[]): Promise<LeasedChannel | null> {
    this.#reach();
    this.leaseCount += 1;
    const { nowMs } = this.#time;
    const channel = this.channels
      .filter(({ id, leasedUntilMs }) => leasedUntilMs <= nowMs && !exceptIds.includes(id))
      .sort((a, b) => a.leasedUntilMs - b.leasedUntilMs || a.id - b.id)
      .find(({ id }) => this.rows.some((row) => row.channelId === id && this.#isDue(row)));
    if (channel === undefined) return null;
    channel.leasedUntilMs = nowMs + leaseMs;
    const { id, name, kind, isOpen, leasedUntilMs } = channel;
    return { id, name, kind, isOpen, sealedSettings: { id }, lease: String(leasedUntilMs) };
  }

  async claim({ id, lease }: LeasedChannel, { rowsMax, groupsMax }: ClaimBounds): Promise<ClaimedRow[]> {
    this.#reach();
    const ofChannel = this.rows.filter(({ channelId }) => channelId === id);
    const groups = new Set(ofChannel.filter((row) => this.#isDue(row)).map(({ groupKey }) => groupKey));
    const candidates = ofChannel.filter(
      (row) => groups.has(row.groupKey) && (row.state === 'waiting' || (row.state === 'sending' && this.#isDue(row))),
    );
    const fresh = candidates.filter(({ messageKey }) => messageKey === null).slice(0, rowsMax);
    const isDigest = new Set(fresh.map(({ groupKey }) => groupKey)).size > groupsMax;
    const parts = new Map<string, MemoryRow[]>();
    for (const row of fresh) {
      const part = isDigest ? '' : row.groupKey;
      parts.set(part, [...(parts.get(part) ?? []), row]);
    }
    const taken = candidates.filter(({ messageKey }) => messageKey !== null);
    const repeated = new Set(taken);
    for (const rows of parts.values()) {
      const keys = rows.map(({ event }) => event.key).join(' ');
      for (const row of rows) row.messageKey = createHash('sha256').update(`${id} ${keys}`).digest('hex');
      taken.push(...rows);
    }
    taken.sort((a, b) => a.id - b.id);
    return taken.map((row) => {
      row.state = 'sending';
      row.leasedUntilMs = Number(lease);
      row.dueMs = Math.min(row.dueMs, this.#time.nowMs);
      const { groupKey, attempts, event } = row;
      return {
        id: String(row.id),
        groupKey,
        messageKey: row.messageKey!,
        isRepeated: repeated.has(row),
        attempts,
        event,
      };
    });
  }

  async settleSent({ channelId, messageKey, note, intervalMs }: Parameters<Outbox['settleSent']>[0]): Promise<void> {
    this.#reach();
    const { nowMs } = this.#time;
    for (const row of this.#ofMessage(channelId, messageKey)) {
      row.state = 'sent';
      row.answers.push(note.answer);
      row.attempts += 1;
      this.#groupSentMs.set(`${channelId} ${row.groupKey}`, nowMs);
      for (const later of this.rows)
        if (later.channelId === channelId && later.groupKey === row.groupKey && later.id > row.id)
          if (later.state === 'waiting' && later.messageKey === null)
            later.dueMs = Math.max(later.dueMs, nowMs + intervalMs);
    }
  }

  async settleFailed(failed: Parameters<Outbox['settleFailed']>[0]): Promise<number> {
    this.#reach();
    const { channelId, messageKey, lease, note, waitMs, mayHaveArrived } = failed;
    const { nowMs } = this.#time;
    let deadCount = 0;
    for (const row of this.#ofMessage(channelId, messageKey)) {
      if (row.leasedUntilMs !== Number(lease)) continue;
      row.attempts += 1;
      row.answers.push(note.answer);
      row.dueMs = nowMs + waitMs;
      row.state = nowMs - row.createdMs > outboxAgeMsMax ? 'dead' : 'waiting';
      if (row.state === 'dead') deadCount += 1;
      if (!mayHaveArrived) row.messageKey = null;
    }
    return deadCount;
  }

  async putBack({ id, lease }: LeasedChannel, keptKeys: readonly string[]): Promise<void> {
    this.#reach();
    for (const row of this.rows) {
      if (row.channelId !== id || row.state !== 'sending' || row.leasedUntilMs !== Number(lease)) continue;
      row.state = 'waiting';
      if (!keptKeys.includes(row.messageKey!)) row.messageKey = null;
    }
  }

  async release({ id, lease }: LeasedChannel, waitMs: number): Promise<void> {
    this.#reach();
    const channel = this.channels.find((one) => one.id === id)!;
    if (channel.leasedUntilMs === Number(lease)) channel.leasedUntilMs = this.#time.nowMs + waitMs;
  }

  async bury(channelId: number): Promise<number> {
    this.#reach();
    const rows = this.rows.filter((row) => row.channelId === channelId && row.state === 'waiting');
    for (const row of rows) row.state = 'dead';
    return rows.length;
  }

  retryDead(id: number): void {
    const row = this.rows.find((one) => one.id === id && one.state === 'dead')!;
    const { nowMs } = this.#time;
    Object.assign(row, { state: 'waiting', dueMs: nowMs, createdMs: nowMs, attempts: 0, messageKey: null });
  }

  async nextDueMs(): Promise<number | null> {
    this.#reach();
    const times = this.rows
      .filter(({ state }) => state === 'waiting' || state === 'sending')
      .map((row) => {
        const channel = this.channels.find(({ id }) => id === row.channelId)!;
        return Math.max(channel.leasedUntilMs, row.state === 'waiting' ? row.dueMs : row.leasedUntilMs);
      });
    return times.length === 0 ? null : Math.min(...times) - this.#time.nowMs;
  }

  async use() {
    this.#reach();
    const waiting = this.rows.filter(({ state }) => state === 'waiting' || state === 'sending');
    const deadCount = this.rows.filter(({ state }) => state === 'dead').length;
    const oldestMs = Math.min(this.#time.nowMs, ...waiting.map(({ createdMs }) => createdMs));
    return { waitingCount: waiting.length, waitingMs: this.#time.nowMs - oldestMs, deadCount };
  }

  #isDue(row: MemoryRow): boolean {
    const { nowMs } = this.#time;
    if (row.state === 'waiting') return row.dueMs <= nowMs;
    return row.state === 'sending' && row.leasedUntilMs <= nowMs;
  }

  #ofMessage(channelId: number, messageKey: string): MemoryRow[] {
    return this.rows.filter(
      (row) =>
        row.channelId === channelId &&
        row.messageKey === messageKey &&
        (row.state === 'waiting' || row.state === 'sending'),
    );
  }

  #reach(): void {
    if (this.isAway) throw new Error('connect ECONNREFUSED');
  }
}
