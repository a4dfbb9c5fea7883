/**
 * Telling from memory while the database is away: that storage is down, and what has happened meanwhile.
 *
 *   fine --away for 30 s--> down: every channel is told once, at most hourly; transitions are sent as they come
 *    ^                        |
 *    '---database is back-----'   those who were told hear of it; what was sent is recorded later, under the same keys
 *
 * At least once: what was sent and could not be recorded before the hub died is told again after its restart, and
 * receivers know it by its key. One message at a time for each channel, and so far apart as all messages of a group.
 */
import { backoffMs } from '#core/time.ts';
import type { Channel } from '../notices/channel.ts';
import type { NoticeEvent, NoticeMessage, SendOutcome } from '../notices/notice.ts';
import { hash } from './event-key.ts';
import type { QueuedEvent } from './event-queue.ts';
import type { HubClocks } from './judge.ts';

export interface DirectTellingPorts {
  /** Those that are enabled. */
  channels(): readonly Channel[];
  send(channel: Channel, message: NoticeMessage): Promise<SendOutcome>;
}

export interface DirectTellingOptions {
  readonly hubId: string;
  /** Between two messages on a channel. */
  readonly intervalMs: number;
}

interface ChannelState {
  isSending: boolean;
  /** What the message under way tells. */
  sending: ReadonlySet<QueuedEvent>;
  nextMs: number;
  attempt: number;
  /** The outage of the storage that the channel was told of; null for none. */
  toldOutage: NoticeEvent | null;
}

const awayMsMin = 30_000;
const outageNoticeMs = 3_600_000;
const eventsPerMessageMax = 100;
const sendBackoff = { baseMs: 5_000, capMs: 60_000 } as const;

export class DirectTelling {
  readonly #ports: DirectTellingPorts;
  readonly #options: DirectTellingOptions;
  readonly #states = new Map<number, ChannelState>();
  #awaySince: HubClocks | null = null;
  /** What channels are to be told of this outage; null while there is none, or one that is no news. */
  #outage: NoticeEvent | null = null;
  #outageMs = Number.NEGATIVE_INFINITY;
  /** Whether it has lasted long enough. */
  #isDown = false;
  sentCount = 0;

  constructor(ports: DirectTellingPorts, options: DirectTellingOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  storageChanged(isAway: boolean, clocks: HubClocks): void {
    if (isAway) this.#awaySince ??= clocks;
    else {
      this.#awaySince = null;
      this.#outage = null;
      this.#isDown = false;
    }
  }

  /** Whether the event is being told from memory, or will be as soon as its turn comes. */
  holds(event: QueuedEvent): boolean {
    for (const { sending } of this.#states.values()) if (sending.has(event)) return true;
    return this.#isDown && this.#ports.channels().some((channel) => isFor(event, channel) && !wasTried(event, channel));
  }

  /** Sends what is due. Call it each second. */
  poll(waiting: readonly QueuedEvent[], nowMonotonicMs: number): void {
    const since = this.#awaySince;
    if (since !== null && nowMonotonicMs - since.nowMonotonicMs >= awayMsMin) {
      if (this.#outage === null && nowMonotonicMs - this.#outageMs >= outageNoticeMs) {
        this.#outage = this.#outageNotice('storageDown', since.nowMs);
        this.#outageMs = nowMonotonicMs;
      }
      // From now on events are held. What is on its way to the database has until the next poll to come back.
      if (!this.#isDown) {
        this.#isDown = true;
        return;
      }
      for (const channel of this.#ports.channels()) this.#tell(channel, waiting, nowMonotonicMs);
      return;
    }
    if (since !== null) return;
    for (const channel of this.#ports.channels()) this.#tellBack(channel, nowMonotonicMs);
  }

  #tell(channel: Channel, waiting: readonly QueuedEvent[], nowMonotonicMs: number): void {
    const state = this.#stateOf(channel);
    if (state.isSending || nowMonotonicMs < state.nextMs) return;
    const isNews = this.#outage !== null && state.toldOutage !== this.#outage;
    const events = waiting.filter((event) => isFor(event, channel) && !event.sentChannelIds.has(channel.id));
    if (!isNews && events.length === 0) return;
    const listed = events.slice(0, eventsPerMessageMax);
    const notices = [...(isNews ? [this.#outage!] : []), ...listed.map(({ notice }) => notice)];
    const told = this.#outage;
    state.sending = new Set(listed);
    this.#send(channel, { notices, nowMonotonicMs }, (isSent) => {
      if (isNews && isSent) state.toldOutage = told;
      state.sending = new Set();
      for (const event of listed) {
        event.triedChannelIds.add(channel.id);
        if (isSent) event.sentChannelIds.add(channel.id);
      }
    });
  }

  #tellBack(channel: Channel, nowMonotonicMs: number): void {
    const state = this.#stateOf(channel);
    const { toldOutage } = state;
    if (toldOutage === null || state.isSending || nowMonotonicMs < state.nextMs) return;
    const notices = [this.#outageNotice('storageBack', toldOutage.atMs)];
    this.#send(channel, { notices, nowMonotonicMs }, (isSent) => {
      if (isSent) state.toldOutage = null;
    });
  }

  #send(
    channel: Channel,
    message: { readonly notices: readonly NoticeEvent[]; readonly nowMonotonicMs: number },
    onSettled: (isSent: boolean) => void,
  ): void {
    const { notices, nowMonotonicMs } = message;
    const state = this.#stateOf(channel);
    state.isSending = true;
    const key = hash(`${channel.id} ${notices.map((notice) => notice.key).join(' ')}`);
    const settle = (outcome: SendOutcome) => {
      state.isSending = false;
      onSettled(outcome.kind === 'sent');
      if (outcome.kind === 'sent') {
        this.sentCount += 1;
        state.attempt = 0;
        state.nextMs = nowMonotonicMs + this.#options.intervalMs;
        return;
      }
      // Half of the time and more: a receiver that fails is not asked at once again.
      const waitMs = backoffMs(state.attempt, sendBackoff, () => 1);
      state.attempt += 1;
      state.nextMs = nowMonotonicMs + Math.max(waitMs, outcome.retryAfterMs ?? 0);
    };
    const failed = () => settle({ kind: 'failed', answer: 'the sender failed', retryAfterMs: null });
    this.#ports.send(channel, { key, groupKey: 'storage', events: notices, omittedCount: 0 }).then(settle, failed);
  }

  #outageNotice(kind: 'storageDown' | 'storageBack', atMs: number): NoticeEvent {
    const { hubId } = this.#options;
    const message =
      kind === 'storageDown'
        ? 'The storage of the hub is down: nothing is stored until it is back; agents keep their ticks'
        : 'The storage of the hub is back: what agents have kept is being stored';
    return {
      key: hash(`${hubId} storage ${atMs} ${kind}`),
      targetKey: hash(`${hubId} storage`),
      kind,
      isFiring: kind === 'storageDown',
      alertId: null,
      ruleName: 'Storage of the hub',
      hostName: 'hub',
      series: '',
      severity: 'critical',
      cause: null,
      condition: '',
      value: null,
      unit: '',
      message,
      atMs,
      firedMs: kind === 'storageDown' ? atMs : null,
      resolvedMs: null,
    };
  }

  #stateOf({ id }: Channel): ChannelState {
    let state = this.#states.get(id);
    if (state === undefined) {
      state = { isSending: false, sending: new Set(), nextMs: Number.NEGATIVE_INFINITY, attempt: 0, toldOutage: null };
      this.#states.set(id, state);
    }
    return state;
  }
}

function isFor({ row }: QueuedEvent, { id }: Channel): boolean {
  return row.notices.some(({ channelId }) => channelId === id);
}

function wasTried({ triedChannelIds }: QueuedEvent, { id }: Channel): boolean {
  return triedChannelIds.has(id);
}
