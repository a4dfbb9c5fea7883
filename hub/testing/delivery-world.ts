/**
 * A world in which notices are delivered: an outbox in memory, time that passes when it is told to, and receivers that take
 * messages or not, drop those whose key they know, and answer after a while.
 */
import { pino } from 'pino';
import { Delivery } from '../notices/delivery.ts';
import type { NoticeEvent, NoticeMessage, TryOutcome } from '../notices/notice.ts';
import { MemoryOutbox, TestTime } from './memory-outbox.ts';
import { noticeEvent } from './notice-fixture.ts';

export const intervalMs = 60_000;

type Failure = Extract<TryOutcome, { readonly kind: 'failed' }>;
export const sent: TryOutcome = { kind: 'sent', answer: 'HTTP 200' };
export const failure = (changes: Partial<Failure> = {}): Failure => ({
  kind: 'failed',
  answer: 'HTTP 500',
  retryAfterMs: null,
  isOfMessage: false,
  mayHaveArrived: false,
  ...changes,
});

/** What a receiver does with a message: takes it or not, and answers after a while. */
export type Receiver = (message: NoticeMessage) => {
  readonly isTaken: boolean;
  readonly tookMs: number;
  readonly outcome: TryOutcome;
};
export const healthy: Receiver = () => ({ isTaken: true, tookMs: 50, outcome: sent });

/** Uniform in 0..1, the same in each run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One hub, one database, and its receivers. */
export class DeliveryWorld {
  readonly time = new TestTime();
  readonly outbox = new MemoryOutbox(this.time);
  readonly lines: { readonly msg: string }[] = [];
  readonly receivers = new Map<number, Receiver>();
  /** By channel: what has arrived for the first time, and when. */
  readonly arrived = new Map<number, { readonly event: NoticeEvent; readonly atMs: number }[]>();
  readonly tries: { readonly channelId: number; readonly key: string; readonly atMs: number }[] = [];
  readonly #known = new Set<string>();
  #life = { isOver: false };
  running = new Map<number, number>();
  runningMax = new Map<number, number>();
  delivery = this.start();

  start(): Delivery {
    const log = pino({ level: 'debug', base: null }, { write: (line: string) => this.lines.push(JSON.parse(line)) });
    const { time } = this;
    const life = { isOver: false };
    this.#life = life;
    // Whatever a hub was about to write when it was killed is never written.
    const outbox = new Proxy(this.outbox, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return life.isOver ? () => new Promise(() => {}) : member.bind(target);
      },
    });
    const ports = {
      outbox,
      send: (channel: { readonly sealedSettings: Readonly<Record<string, unknown>> }, message: NoticeMessage) =>
        this.#receive(channel.sealedSettings['id'] as number, message),
      log,
      nowMs: () => time.nowMs,
      nowMonotonicMs: () => time.nowMs,
      random: seeded(1),
      after: time.after,
    };
    return new Delivery(ports, { intervalMs });
  }

  /** As `kill -9` and a start at once. */
  killAndStart(): void {
    this.#life.isOver = true;
    this.delivery = this.start();
    this.delivery.poke();
  }

  channel(receiver: Receiver, kind: Parameters<MemoryOutbox['addChannel']>[0] = 'webhook'): number {
    const id = this.outbox.addChannel(kind);
    this.receivers.set(id, receiver);
    this.arrived.set(id, []);
    return id;
  }

  notice(channelId: number, target: string, seq = 1, groupKey = 'rule:1'): void {
    const isFiring = seq % 2 === 1;
    const event = noticeEvent({
      key: `${target}.${seq}`,
      targetKey: target,
      kind: isFiring ? 'fired' : 'resolved',
      isFiring,
    });
    this.outbox.add(channelId, event, { groupKey, intervalMs });
    this.delivery.poke();
  }

  keysAt(channelId: number): string[] {
    return this.arrived.get(channelId)!.map(({ event }) => event.key);
  }

  logged(msg: string): number {
    return this.lines.filter((line) => line.msg === msg).length;
  }

  async #receive(channelId: number, message: NoticeMessage): Promise<TryOutcome> {
    this.tries.push({ channelId, key: message.key, atMs: this.time.nowMs });
    this.running.set(channelId, (this.running.get(channelId) ?? 0) + 1);
    this.runningMax.set(channelId, Math.max(this.running.get(channelId)!, this.runningMax.get(channelId) ?? 0));
    const { isTaken, tookMs, outcome } = this.receivers.get(channelId)!(message);
    if (isTaken && !this.#known.has(`${channelId} ${message.key}`)) {
      this.#known.add(`${channelId} ${message.key}`);
      for (const event of message.events) this.arrived.get(channelId)!.push({ event, atMs: this.time.nowMs });
    }
    await this.time.sleep(tookMs);
    this.running.set(channelId, this.running.get(channelId)! - 1);
    return outcome;
  }
}
