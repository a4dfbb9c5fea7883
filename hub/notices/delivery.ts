/**
 * From rows of the outbox to answers of receivers. One channel is served by one sender at a time, here and among hubs that share
 * a database; several channels side by side, so that a receiver that hangs holds up nobody else.
 *
 *   poke or timer ─► lease a channel ─► claim what is due ─► send, settle, send, settle, … ─► release ─► the next
 *
 * At least once: a message is settled after its answer, so whoever dies in between leaves it to be sent again under the same
 * key. A channel that fails is left alone for a growing while; what fails by itself waits by itself.
 */
import type { Logger } from 'pino';
import { backoffMs, storeBackoff } from '#core/time.ts';
import type { ClaimBounds, ClaimedRow, LeasedChannel, OutboxUse, TryNote } from '../store/alerts/outbox.ts';
import { type PlannedMessage, planMessages } from './message-plan.ts';
import type { NoticeMessage, SendOutcome, TryOutcome } from './notice.ts';
import type { SendingChannel } from './sender.ts';

/** The outbox in the database. All of it rejects while that is away. */
export interface Outbox {
  lease(exceptIds: readonly number[]): Promise<LeasedChannel | null>;
  claim(channel: LeasedChannel, bounds: ClaimBounds): Promise<ClaimedRow[]>;
  settleSent(sent: {
    readonly channelId: number;
    readonly messageKey: string;
    readonly note: TryNote;
    readonly intervalMs: number;
  }): Promise<void>;
  /** Answers how many notices have died. */
  settleFailed(failed: {
    readonly channelId: number;
    readonly messageKey: string;
    readonly lease: string;
    readonly note: TryNote;
    readonly waitMs: number;
    readonly mayHaveArrived: boolean;
  }): Promise<number>;
  putBack(channel: LeasedChannel, keptKeys: readonly string[]): Promise<void>;
  release(channel: LeasedChannel, waitMs: number): Promise<void>;
  /** Answers how many notices have died. */
  bury(channelId: number, note: TryNote): Promise<number>;
  nextDueMs(): Promise<number | null>;
  use(): Promise<OutboxUse>;
}

export interface DeliveryPorts {
  readonly outbox: Outbox;
  send(channel: SendingChannel, message: NoticeMessage): Promise<TryOutcome>;
  readonly log: Logger;
  /** What is noted; how long something takes is measured by the other one. */
  readonly nowMs: () => number;
  readonly nowMonotonicMs: () => number;
  /** Uniform in 0..1. */
  readonly random: () => number;
  /** Calls after so long, unless what it answers is called before. */
  readonly after: (ms: number, call: () => void) => () => void;
}

export interface DeliveryOptions {
  /** Between two messages of a group on a channel. */
  readonly intervalMs: number;
}

/** What is counted since the start, and what waits. */
export interface DeliveryReport extends OutboxUse {
  /** Messages; one may tell of many events. */
  readonly sentMessages: number;
  readonly directMessages: number;
  readonly failedTries: number;
  readonly deadNotices: number;
}

const channelsMax = 8;
/** A message takes 10 s at most, one of many requests 40 s, and a lease ends after 60 s. */
const sendingMsMax = 15_000;
/** Rows that no poke has told of: of another hub, or of one that was killed. */
const idleMsMax = 5_000;
const pauseMsMin = 100;
/** Some 8 minutes of an outage; then the lease is over, and it is sent once more. */
const persistTriesMax = 200;
const drainMsMax = 5_000;
/** Somebody waits for the metrics. */
const reportMsMax = 1_000;

/** A message of 1,000 events is 0.6 MB as JSON; more than 10 groups at once are one outage. */
const bounds: ClaimBounds = { rowsMax: 2_000, groupsMax: 10 };
/** Each event is a request there, and each target an incident of its own. */
const pagerdutyBounds: ClaimBounds = { rowsMax: 25, groupsMax: Number.MAX_SAFE_INTEGER };

const retryStepsMs = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000] as const;

/** Wait before try number `attempt` + 2, with full jitter as in `core/time.ts`. */
export function retryMs(attempt: number, random: () => number): number {
  return Math.floor(random() * retryStepsMs[Math.min(attempt, retryStepsMs.length - 1)]!);
}

export class Delivery {
  readonly #ports: DeliveryPorts;
  readonly #options: DeliveryOptions;
  readonly #active = new Map<number, Promise<void>>();
  /** By channel: messages that have failed one after the other. */
  readonly #failures = new Map<number, number>();
  readonly #counters = { sentMessages: 0, directMessages: 0, failedTries: 0, deadNotices: 0 };
  readonly #stopped: Promise<void>;
  #stop: () => void = () => {};
  #cancelTimer: () => void = () => {};
  /** Monotonic ms at which it looks by itself; Infinity while it has not planned to. */
  #wakeMs = Number.POSITIVE_INFINITY;
  #isStopping = false;
  #isLooking = false;
  #isPokedAgain = false;
  /** Statements that have failed one after the other; the first and the end are logged. */
  #storeFailures = 0;
  #use: OutboxUse = { waitingCount: 0, waitingMs: 0, deadCount: 0 };

  constructor(ports: DeliveryPorts, options: DeliveryOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#stopped = new Promise((resolve) => {
      this.#stop = resolve;
    });
  }

  /** There is something to send, due in so long: looks then, or at once, for all that is due by then. */
  poke(dueInMs = 0): void {
    if (this.#isStopping) return;
    if (dueInMs > 0) this.#wakeIn(dueInMs);
    else if (this.#isLooking) this.#isPokedAgain = true;
    else this.#background(this.#look());
  }

  /** Sends at once, past the outbox: what main tells from memory while the database is away, and tests of a channel. */
  async sendDirect(channel: SendingChannel, message: NoticeMessage): Promise<SendOutcome> {
    const outcome = await this.#try(channel, message);
    if (outcome.kind === 'sent') this.#counters.directMessages += 1;
    return outcome;
  }

  /** While the database does not answer, what waits is as it was last. */
  async report(): Promise<DeliveryReport> {
    const read = this.#ports.outbox.use().then(
      (use) => {
        this.#use = use;
      },
      () => {},
    );
    await this.#within(reportMsMax, read);
    return { ...this.#counters, ...this.#use };
  }

  /** Takes nothing more, and waits for what is under way, for 5 s at most: the rest is sent again by whoever comes next. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#stop();
    this.#cancelTimer();
    await this.#within(drainMsMax, Promise.allSettled(this.#active.values()));
  }

  /** Takes channels as long as there are any and there is room for them, then sleeps until the next notice is due. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    this.#cancelTimer();
    this.#wakeMs = Number.POSITIVE_INFINITY;
    let waitMs = 0;
    try {
      do {
        this.#isPokedAgain = false;
        while (!this.#isStopping && this.#active.size < channelsMax) {
          const channel = await this.#ports.outbox.lease([...this.#active.keys()]);
          if (channel === null) break;
          this.#serve(channel);
        }
      } while (this.#isPokedAgain && !this.#isStopping);
      waitMs = await this.#untilNext();
      this.#storeAnswered();
    } catch (error) {
      waitMs = this.#storeFailed(error);
    } finally {
      this.#isLooking = false;
    }
    if (this.#isStopping) return;
    if (this.#isPokedAgain && this.#storeFailures === 0) waitMs = 0;
    // What was committed while it looked may be due before.
    const earlierMs = this.#wakeMs - this.#ports.nowMonotonicMs();
    this.#wakeMs = Number.POSITIVE_INFINITY;
    this.#wakeIn(Math.min(waitMs, Math.max(0, earlierMs)));
  }

  /** Unless it wakes before that. While it looks the timer is set at the end. */
  #wakeIn(ms: number): void {
    const wakeMs = this.#ports.nowMonotonicMs() + ms;
    if (wakeMs >= this.#wakeMs) return;
    this.#wakeMs = wakeMs;
    if (this.#isLooking) return;
    this.#cancelTimer();
    this.#cancelTimer = this.#ports.after(ms, () => this.poke());
  }

  async #untilNext(): Promise<number> {
    // Whoever is through looks again.
    if (this.#active.size >= channelsMax) return idleMsMax;
    const dueMs = (await this.#ports.outbox.nextDueMs()) ?? idleMsMax;
    // Due and not to be had: another hub is just taking it.
    return Math.min(Math.max(Math.ceil(dueMs) + 1, pauseMsMin), idleMsMax);
  }

  #serve(channel: LeasedChannel): void {
    const work = this.#deliver(channel).finally(() => {
      this.#active.delete(channel.id);
      if (!this.#isStopping) this.poke();
    });
    this.#active.set(channel.id, work);
    this.#background(work);
  }

  async #deliver(channel: LeasedChannel): Promise<void> {
    const { outbox } = this.#ports;
    let waitMs = 0;
    try {
      if (channel.isOpen) waitMs = await this.#sendDue(channel);
      else await this.#bury(channel);
    } catch (error) {
      this.#storeFailed(error);
    }
    await this.#persist(() => outbox.release(channel, waitMs));
  }

  /** Answers for how long the channel is to be left alone. Rejects while the database is away and nothing is claimed. */
  async #sendDue(channel: LeasedChannel): Promise<number> {
    const { outbox, nowMonotonicMs } = this.#ports;
    const rows = await outbox.claim(channel, channel.kind === 'pagerduty' ? pagerdutyBounds : bounds);
    const plan = planMessages(rows);
    const untried = new Set(plan);
    const heldGroups = new Set<string>();
    const startMs = nowMonotonicMs();
    let waitMs = 0;
    for (const planned of plan) {
      if (this.#isStopping || nowMonotonicMs() - startMs > sendingMsMax) break;
      // What comes before it in its group has not got through.
      if (planned.groupKeys.some((group) => heldGroups.has(group))) continue;
      untried.delete(planned);
      const outcome = await this.#sendOne(channel, planned);
      if (outcome.kind === 'sent') continue;
      for (const group of planned.groupKeys) heldGroups.add(group);
      if (outcome.isOfMessage) continue;
      waitMs = this.#channelFailed(channel, outcome);
      break;
    }
    if (untried.size > 0) {
      const keptKeys = [...untried].filter(({ isRepeated }) => isRepeated).map(({ message }) => message.key);
      await this.#persist(() => outbox.putBack(channel, keptKeys));
    }
    return waitMs;
  }

  async #sendOne(channel: LeasedChannel, { message, attempts }: PlannedMessage): Promise<TryOutcome> {
    const { outbox, nowMs, nowMonotonicMs, random } = this.#ports;
    const [atMs, startMs] = [nowMs(), nowMonotonicMs()];
    const outcome = await this.#try(channel, message);
    const note = { atMs, tookMs: nowMonotonicMs() - startMs, answer: outcome.answer };
    const name = { channelId: channel.id, messageKey: message.key, note };
    if (outcome.kind === 'sent') {
      this.#counters.sentMessages += 1;
      this.#channelAnswered(channel);
      // The targets of one group come in several messages there.
      const intervalMs = channel.kind === 'pagerduty' ? 0 : this.#options.intervalMs;
      await this.#persist(() => outbox.settleSent({ ...name, intervalMs }));
      return outcome;
    }
    const { lease } = channel;
    const waitMs = outcome.retryAfterMs ?? retryMs(attempts, random);
    const { mayHaveArrived } = outcome;
    await this.#persist(async () => {
      const deadCount = await outbox.settleFailed({ ...name, lease, waitMs, mayHaveArrived });
      if (deadCount > 0) this.#died(channel, deadCount, outcome.answer);
    });
    return outcome;
  }

  /** Faults of ours are failures of the message. */
  async #try(channel: SendingChannel, message: NoticeMessage): Promise<TryOutcome> {
    const { send, log } = this.#ports;
    const outcome = await send(channel, message).catch((error: unknown): TryOutcome => {
      log.error({ kind: channel.kind, err: error }, 'notice.faulted');
      const answer = 'Cannot send: a fault of the hub';
      return { kind: 'failed', answer, retryAfterMs: null, isOfMessage: true, mayHaveArrived: true };
    });
    if (outcome.kind === 'failed') this.#counters.failedTries += 1;
    return outcome;
  }

  async #bury(channel: LeasedChannel): Promise<void> {
    const answer = 'The channel is disabled or removed';
    const deadCount = await this.#ports.outbox.bury(channel.id, { atMs: this.#ports.nowMs(), tookMs: 0, answer });
    if (deadCount > 0) this.#died(channel, deadCount, answer);
  }

  #died({ id, name, kind }: LeasedChannel, noticeCount: number, answer: string): void {
    this.#counters.deadNotices += noticeCount;
    this.#ports.log.error({ channelId: id, channelName: name, kind, noticeCount, answer }, 'notice.died');
  }

  #channelAnswered({ id, name }: LeasedChannel): void {
    if (this.#failures.delete(id)) this.#ports.log.info({ channelId: id, channelName: name }, 'channel.recovered');
  }

  /** Answers for how long the channel is to be left alone. */
  #channelFailed({ id, name, kind }: LeasedChannel, outcome: Extract<TryOutcome, { readonly kind: 'failed' }>): number {
    const { log, random } = this.#ports;
    const failures = this.#failures.get(id) ?? 0;
    this.#failures.set(id, failures + 1);
    const { answer, retryAfterMs } = outcome;
    if (failures === 0) log.warn({ channelId: id, channelName: name, kind, answer }, 'channel.failed');
    return retryAfterMs ?? retryMs(failures, random);
  }

  /** Until the database takes it, the hub stops, or hope is gone. The channel stays in our hands meanwhile. */
  async #persist(work: () => Promise<void>): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await work();
        this.#storeAnswered();
        return;
      } catch (error) {
        const waitMs = this.#storeFailed(error, attempt);
        if (this.#isStopping || attempt >= persistTriesMax) return;
        await this.#sleep(waitMs);
      }
    }
  }

  /** Ends early when the hub stops. */
  async #sleep(ms: number): Promise<void> {
    await this.#within(ms, this.#stopped);
  }

  /** Until `work` has ended, which does not reject, or so much time has passed. */
  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    let cancel = () => {};
    const passed = new Promise<void>((resolve) => {
      cancel = this.#ports.after(ms, resolve);
    });
    await Promise.race([passed, work]);
    cancel();
  }

  #storeAnswered(): void {
    if (this.#storeFailures > 0) this.#ports.log.info('outbox.reached');
    this.#storeFailures = 0;
  }

  /** Answers how long to wait. */
  #storeFailed(error: unknown, attempt = this.#storeFailures): number {
    if (this.#storeFailures === 0 && !this.#isStopping) this.#ports.log.warn({ err: error }, 'outbox.unreached');
    this.#storeFailures += 1;
    return backoffMs(attempt, storeBackoff, this.#ports.random);
  }

  /** Nobody waits for it; it does not reject. */
  #background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#ports.log.error({ err: error }, 'notices.faulted'));
  }
}
