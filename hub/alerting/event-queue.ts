/**
 * Events between the moment they happen and the commit that records them. One statement at a time, in order; while the
 * database is away they wait here and are tried again.
 *
 * The bound is `queuedEventsMax`. When it is reached `hasRoom` is false and nothing is judged: machines stay where they
 * are and look again at the next tick, so nothing is lost but time. An engine: the database is a port.
 *
 * An event is told from memory or on its way to the database, never both, so that it is told once: one that is held for
 * the former is not sent, and those behind it wait with it. Only a statement that hangs is not waited for.
 */
import { backoffMs, storeBackoff } from '#core/time.ts';
import type { NoticeEvent } from '../notices/notice.ts';
import type { EventRow, OutboxRow, RecordedEvent } from '../store/alerts/record.ts';

/** A row to be recorded, and what people are told by it should that have to happen from memory. */
export interface QueuedEvent {
  readonly row: EventRow;
  readonly notice: NoticeEvent;
  /** Channels that have been told from memory. */
  readonly sentChannelIds: Set<number>;
  /** Channels that were to be told from memory, whether that went well or not. */
  readonly triedChannelIds: Set<number>;
}

export interface EventQueuePorts {
  /** Rejects when the database is away, or by the data. */
  record(rows: readonly EventRow[]): Promise<RecordedEvent[]>;
  /** Whether it was the data: trying again would fail for ever. */
  isDataError(error: unknown): boolean;
  /** Whether it must not be sent to the database now, as it is told from memory first. */
  isHeld(event: QueuedEvent): boolean;
  recorded(event: QueuedEvent, answer: RecordedEvent): void;
  /** It cannot be recorded, whatever is tried. */
  failed(event: QueuedEvent, error: unknown): void;
  /** Some events have been committed. */
  committed(): void;
  random(): number;
}

export const queuedEventsMax = 10_000;
const eventsPerStatementMax = 500;
/** After which a statement hangs: rather told twice than not at all. */
const hangingMsMin = 5_000;

export class EventQueue {
  readonly #ports: EventQueuePorts;
  #events: QueuedEvent[] = [];
  #inFlight: readonly QueuedEvent[] = [];
  #inFlightSinceMs = 0;
  #attempt = 0;
  /** Monotonic ms since which a statement is wanted and none has been answered; null while none is wanted. */
  #wantedSinceMs: number | null = null;
  #retryAtMs = 0;
  /** After a statement that its data made impossible events go one by one, until the one at fault is found. */
  #oneByOneCount = 0;

  constructor(ports: EventQueuePorts) {
    this.#ports = ports;
  }

  /** Events that are not recorded. */
  get count(): number {
    return this.#events.length + this.#inFlight.length;
  }

  get hasRoom(): boolean {
    return this.count < queuedEventsMax;
  }

  /** For how long nothing could be recorded although something waits. */
  stuckMs(nowMonotonicMs: number): number {
    return this.#wantedSinceMs === null ? 0 : nowMonotonicMs - this.#wantedSinceMs;
  }

  add(event: QueuedEvent): void {
    this.#events.push(event);
  }

  /** Those that wait, oldest first, with those of a statement that hangs. */
  waiting(nowMonotonicMs: number): readonly QueuedEvent[] {
    const isHanging = nowMonotonicMs - this.#inFlightSinceMs >= hangingMsMin;
    return isHanging ? [...this.#inFlight, ...this.#events] : this.#events;
  }

  /** Sends what waits, if nothing is under way and it is time. Call it after adding and every 100 ms. */
  poll(nowMonotonicMs: number): void {
    if (this.#inFlight.length > 0 || this.#events.length === 0 || nowMonotonicMs < this.#retryAtMs) return;
    this.#wantedSinceMs ??= nowMonotonicMs;
    // What takes the database too long in one statement may go in smaller ones.
    const countMax = this.#oneByOneCount > 0 ? 1 : Math.max(1, eventsPerStatementMax >> Math.min(this.#attempt, 9));
    const heldIndex = this.#events.slice(0, countMax).findIndex((event) => this.#ports.isHeld(event));
    if (heldIndex === 0) return;
    const events = this.#events.splice(0, heldIndex === -1 ? countMax : heldIndex);
    this.#inFlight = events;
    this.#inFlightSinceMs = nowMonotonicMs;
    this.#ports.record(events.map(rowOf)).then(
      (answers) => this.#recorded(events, answers, nowMonotonicMs),
      (error: unknown) => this.#failed(events, error, nowMonotonicMs),
    );
  }

  #recorded(events: readonly QueuedEvent[], answers: readonly RecordedEvent[], nowMonotonicMs: number): void {
    this.#inFlight = [];
    this.#attempt = 0;
    this.#wantedSinceMs = null;
    this.#oneByOneCount = Math.max(0, this.#oneByOneCount - events.length);
    const byKey = new Map(answers.map((answer) => [answer.key, answer]));
    for (const event of events) this.#ports.recorded(event, byKey.get(event.row.key)!);
    this.#ports.committed();
    this.poll(nowMonotonicMs);
  }

  #failed(events: readonly QueuedEvent[], error: unknown, nowMonotonicMs: number): void {
    this.#inFlight = [];
    if (!this.#ports.isDataError(error)) {
      this.#events.unshift(...events);
      this.#retryAtMs = nowMonotonicMs + backoffMs(this.#attempt, storeBackoff, this.#ports.random);
      this.#attempt += 1;
      return;
    }
    this.#wantedSinceMs = null;
    if (events.length === 1) {
      this.#oneByOneCount = Math.max(0, this.#oneByOneCount - 1);
      this.#ports.failed(events[0]!, error);
    } else {
      this.#oneByOneCount = events.length;
      this.#events.unshift(...events);
    }
    this.poll(nowMonotonicMs);
  }
}

/** The row with what has been sent from memory meanwhile. */
function rowOf({ row, sentChannelIds }: QueuedEvent): EventRow {
  if (sentChannelIds.size === 0) return row;
  const notices = row.notices.map(
    (notice): OutboxRow => ({ ...notice, isSent: notice.isSent || sentChannelIds.has(notice.channelId) }),
  );
  return { ...row, notices };
}
