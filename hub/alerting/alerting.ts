/**
 * Who is told, and when: from the judge's judgements to recorded events and their notices.
 *
 *   Judge ─judgement─► Telling (downtime? silence? host down? channels?) ─► EventQueue ─one statement─► database
 *                          ▲                                                    └ away for 30 s: told from memory
 *                          └── each second: whose told state is not what is so, who is to be reminded
 *
 * Invariants: `seq` of a target rises by one with each transition, so fired and resolved alternate; an event is recorded
 * with its notices or not at all; a target whose told state differs from its state and that nothing keeps quiet gets
 * one notice ("told"), whatever the reason for the difference was: a downtime or a silence that has ended, an outage
 * that had swallowed it, a channel that did not exist. An engine: clock, database and senders are ports.
 */

import type { Downtime, Silence } from '#core/downtime.ts';
import type { AlertRow } from '#core/message.ts';
import type { Rule } from '#core/rule-spec.ts';
import type { Channel } from '../notices/channel.ts';
import type { NoticeMessage, SendOutcome } from '../notices/notice.ts';
import type { Host, Registry } from '../registry.ts';
import type { EventRow, PendingTarget, RecordedEvent, StoredTarget } from '../store/alerts/record.ts';
import { type AlertStep, eventOf } from './alert-event.ts';
import { type AlertTarget, alertRowOf, restoredTarget } from './alert-target.ts';
import { AlertTargets, idleTargetsMax } from './alert-targets.ts';
import { alertText, type NamedHost } from './alert-text.ts';
import { DirectTelling } from './direct-telling.ts';
import { EventQueue, type QueuedEvent } from './event-queue.ts';
import type { HubClocks, Judge } from './judge.ts';
import type { Judgement, TargetName } from './judgement.ts';
import { PendingKeeper } from './pending-keeper.ts';
import { Suppression } from './suppression.ts';
import { Telling, type TellingSettings, type Verdict } from './telling.ts';

/** What people have laid down. */
export interface Definitions {
  readonly rules: readonly Rule[];
  readonly channels: readonly Channel[];
  readonly downtimes: readonly Downtime[];
  readonly silences: readonly Silence[];
}

export interface AlertingPorts {
  readonly registry: Pick<Registry, 'host' | 'byName'>;
  readonly judge: Pick<Judge, 'setRules' | 'restore' | 'targetStates' | 'isHostDown'>;
  /** These reject when the database is away. */
  record(rows: readonly EventRow[]): Promise<RecordedEvent[]>;
  savePending(change: {
    readonly pending: readonly PendingTarget[];
    readonly ended: readonly TargetName[];
  }): Promise<void>;
  isDataError(error: unknown): boolean;
  /** Rows of the outbox have been committed. */
  pokeNotices(): void;
  /** Sends at once, without the database. */
  sendDirect(channel: Channel, message: NoticeMessage): Promise<SendOutcome>;
  /** Rows for viewers that are new or changed. */
  alertsChanged(rows: readonly AlertRow[]): void;
  /** Runs `work` at the end of this turn. */
  soon(work: () => void): void;
  random(): number;
  /** For what a human must see: an event that cannot be recorded. */
  warn(event: string, fields: Readonly<Record<string, unknown>>): void;
}

export interface AlertingOptions {
  readonly hubId: string;
  /** Of the database (`hub.life`): another one after a restore. */
  readonly life: string;
  readonly settings: TellingSettings;
  readonly idleTargetsMax?: number;
}

export interface AlertingCounters {
  fired: number;
  resolved: number;
  told: number;
  quiet: number;
  refused: number;
  failed: number;
}

const secondMs = 1_000;
const unchanged: Verdict = { decision: 'unchanged', notices: [], trace: {} };
/** A database that takes no event for so long is in trouble, whatever it answers others. */
const stuckMsMin = 10_000;

export class Alerting {
  readonly counters: AlertingCounters = { fired: 0, resolved: 0, told: 0, quiet: 0, refused: 0, failed: 0 };
  readonly #ports: AlertingPorts;
  readonly #options: AlertingOptions;
  readonly #targets: AlertTargets;
  /** Those that viewers are to be shown. */
  readonly #changed = new Set<AlertTarget>();
  readonly #suppression = new Suppression();
  readonly #telling: Telling;
  readonly #queue: EventQueue;
  readonly #direct: DirectTelling;
  readonly #pending: PendingKeeper;
  #rules: ReadonlyMap<number, Rule> = new Map();
  #clocks: HubClocks = { nowMs: 0, nowMonotonicMs: 0 };
  #lookedMs = Number.NEGATIVE_INFINITY;
  #isFlushingSoon = false;
  #isStorageAway = false;

  constructor(ports: AlertingPorts, options: AlertingOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#targets = new AlertTargets(options.idleTargetsMax ?? idleTargetsMax);
    const { registry, judge } = ports;
    this.#telling = new Telling(
      {
        host: (hostId) => selectableOf(registry.host(hostId)),
        hostByName: (hostName) => selectableOf(registry.byName(hostName)),
        isHostDown: (hostId) => judge.isHostDown(hostId),
        isMassOutageTold: () => this.#isMassOutageTold(),
      },
      { suppression: this.#suppression, settings: options.settings },
    );
    this.#queue = new EventQueue({
      record: (rows) => ports.record(rows),
      isDataError: (error) => ports.isDataError(error),
      isHeld: (event) => this.#direct.holds(event),
      recorded: (event, answer) => this.#recorded(event, answer),
      failed: (event, error) => this.#failed(event, error),
      committed: () => ports.pokeNotices(),
      random: () => ports.random(),
    });
    this.#direct = new DirectTelling(
      { channels: () => [...this.#telling.channels()], send: (channel, message) => ports.sendDirect(channel, message) },
      { hubId: options.hubId, intervalMs: options.settings.noticeIntervalMs },
    );
    this.#pending = new PendingKeeper({ save: (change) => ports.savePending(change) });
  }

  /** Events that wait for the database. */
  get queuedCount(): number {
    return this.#queue.count;
  }

  /** Targets that are remembered. */
  get targetCount(): number {
    return this.#targets.count;
  }

  /** false: no transition can be taken in. */
  get hasRoom(): boolean {
    return this.#queue.hasRoom;
  }

  /** Takes rules, channels, downtimes and silences as they are now. */
  setDefinitions(definitions: Definitions): void {
    this.#rules = new Map(definitions.rules.map((rule) => [rule.id, rule]));
    this.#suppression.set(definitions);
    this.#telling.setChannels(definitions.channels);
    this.#ports.judge.setRules(definitions.rules);
  }

  /** Takes downtimes and silences, which cost next to nothing, before the rest. */
  setQuiet(quiet: Pick<Definitions, 'downtimes' | 'silences'>): void {
    this.#suppression.set(quiet);
  }

  /** Goes on where the run before has stopped. Call it once, with the definitions and hosts known, before the first tick. */
  restore(stored: readonly StoredTarget[], clocks: HubClocks): void {
    this.#clocks = clocks;
    for (const one of stored) {
      const hostName = this.#ports.registry.host(one.hostId)?.identity.name ?? '';
      this.#targets.add(restoredTarget(one, { ...clocks, hostName }));
    }
    const known = stored.filter(({ hostId }) => hostId === 0 || this.#ports.registry.host(hostId) !== undefined);
    this.#ports.judge.restore(known.filter(({ phase }) => phase !== 'inactive'));
    for (const target of [...this.#targets.firing]) {
      const { hostId } = target.name;
      if (hostId !== 0 && this.#ports.registry.host(hostId) === undefined) this.#end(target);
    }
    this.#pending.restored(stored.filter(({ phase }) => phase === 'pending'));
  }

  /** What the judge says, at this moment. */
  judged(judgement: Judgement, clocks: HubClocks): void {
    this.#clocks = clocks;
    const target = this.#targets.findOrAdd(judgement.target);
    const { hostRule, cause, timeMs, value, unit, kind } = judgement;
    // Whoever says that it ends need not say what had made it begin.
    const before = target.phase;
    target.hostRule = hostRule;
    target.hostName = this.#hostNameOf(judgement);
    target.severity = hostRule.severity;
    target.unit = unit;
    target.value = value;
    target.tickMs = timeMs;
    target.ordinal = judgement.ordinal;
    if (kind === 'fired' || kind === 'pending') target.cause = cause;
    if (judgement.outage !== undefined) target.outage = judgement.outage;
    this.#changed.add(target);
    switch (kind) {
      case 'pending':
        target.phase = 'pending';
        target.sinceMs = timeMs;
        target.message = alertText(judgement, this.#namedHost(target));
        break;
      case 'dropped':
        target.phase = 'inactive';
        if (target.seq === 0) this.#targets.remove(target);
        break;
      case 'fired':
        if (before === 'firing') return;
        this.#fire(target, judgement);
        break;
      case 'resolved':
        if (before !== 'firing') return;
        this.#resolve(target, judgement);
        break;
    }
  }

  /** Sends what is due. Call it every 100 ms, after the judge's poll. */
  poll(clocks: HubClocks): void {
    this.#clocks = clocks;
    const { nowMonotonicMs } = clocks;
    this.#queue.poll(nowMonotonicMs);
    this.#showChanges();
    if (nowMonotonicMs - this.#lookedMs < secondMs) return;
    this.#lookedMs = nowMonotonicMs;
    this.#tellUntold();
    this.#remind();
    this.#pending.poll(() => this.#ports.judge.targetStates(), nowMonotonicMs);
    this.#targets.forgetIdle();
    this.#lookAtStorage();
    this.#direct.poll(this.#queue.waiting(nowMonotonicMs), nowMonotonicMs);
    this.#queue.poll(nowMonotonicMs);
  }

  /** Whether the database is away, as far as the hub knows. */
  storageChanged(isAway: boolean, clocks: HubClocks): void {
    this.#clocks = clocks;
    this.#isStorageAway = isAway;
    this.#lookAtStorage();
  }

  /** It may answer everybody else and still take no events: a lock, a connection that is dead and does not know it. */
  #lookAtStorage(): void {
    const { nowMs, nowMonotonicMs } = this.#clocks;
    const stuckMs = this.#queue.stuckMs(nowMonotonicMs);
    if (stuckMs < stuckMsMin) this.#direct.storageChanged(this.#isStorageAway, this.#clocks);
    else this.#direct.storageChanged(true, { nowMs: nowMs - stuckMs, nowMonotonicMs: nowMonotonicMs - stuckMs });
  }

  /** Somebody has acknowledged: no reminders any more. Answers whether the alert fires. */
  acknowledged(alertId: number): boolean {
    for (const target of this.#targets.firing) {
      if (target.alertId !== alertId) continue;
      target.isAcknowledged = true;
      this.#changed.add(target);
      return true;
    }
    return false;
  }

  /** All that are pending or firing. */
  open(): AlertRow[] {
    const rows: AlertRow[] = [];
    for (const target of this.#targets.all()) if (target.phase !== 'inactive') rows.push(this.#rowOf(target));
    return rows;
  }

  /** Keeps how far pending targets have come. A stop of the hub; what is queued is drained by `poll`. */
  async stop(): Promise<void> {
    await this.#pending.saveAll(this.#ports.judge.targetStates());
  }

  #fire(target: AlertTarget, judgement: Judgement): void {
    target.phase = 'firing';
    target.seq += 1;
    target.alertId = null;
    target.sinceMs = judgement.timeMs;
    target.firedMonotonicMs = this.#clocks.nowMonotonicMs;
    target.firedMs = this.#clocks.nowMs;
    target.resolvedMs = null;
    target.isAcknowledged = false;
    target.repeats = 0;
    target.escalations = 0;
    target.message = alertText(judgement, this.#namedHost(target));
    this.counters.fired += 1;
    const path = [
      ...(judgement.sinceMs < judgement.timeMs ? [{ phase: 'pending', atMs: judgement.sinceMs }] : []),
      { phase: 'firing', atMs: judgement.timeMs },
    ];
    this.#add(target, { kind: 'fired', verdict: this.#decideFired(target), why: null, path });
  }

  /** If it was told before and its end was not, as in a silence, people believe that it fires already. */
  #decideFired(target: AlertTarget): Verdict {
    return target.isTold ? unchanged : this.#decide(target, null);
  }

  #resolve(target: AlertTarget, judgement: Judgement): void {
    const wasTold = target.isTold;
    target.phase = 'inactive';
    target.seq += 1;
    target.resolvedMs = this.#clocks.nowMs;
    target.message = alertText(judgement, this.#namedHost(target));
    this.counters.resolved += 1;
    // Nobody was told that it fires, so nobody needs to hear that it does not.
    const verdict = wasTold ? this.#decide(target, this.#channelsOfEnd(target)) : unchanged;
    const path = [
      { phase: 'firing', atMs: target.sinceMs },
      { phase: 'inactive', atMs: judgement.timeMs },
    ];
    target.sinceMs = judgement.timeMs;
    this.#add(target, { kind: 'resolved', verdict, why: judgement.why, path });
    target.alertId = null;
  }

  /** Its host was removed or archived while no hub was there to see it. */
  #end(target: AlertTarget): void {
    const wasTold = target.isTold;
    target.phase = 'inactive';
    target.seq += 1;
    target.resolvedMs = this.#clocks.nowMs;
    target.tickMs = this.#clocks.nowMs;
    target.message = `${target.hostName} is judged no longer: the host was removed`;
    const verdict = wasTold ? this.#decide(target, null) : unchanged;
    this.#add(target, { kind: 'resolved', verdict, why: 'removed' });
    target.alertId = null;
  }

  /** Those of the rule, and those that escalation has reached; null: those of the rule. */
  #channelsTold(target: AlertTarget): readonly string[] | null {
    const spec = this.#ruleOf(target)?.spec;
    if (spec === undefined || target.escalations === 0 || spec.channels === null) return null;
    const reached = spec.escalations.slice(0, target.escalations).flatMap(({ channels }) => channels);
    return [...new Set([...spec.channels, ...reached])];
  }

  /** Those that were told that it fires as well, whatever the rule has come to say: as far as this run of the hub knows. */
  #channelsOfEnd(target: AlertTarget): readonly string[] | null {
    const names = this.#channelsTold(target) ?? this.#ruleOf(target)?.spec.channels ?? null;
    return names === null ? null : [...new Set([...names, ...target.toldChannels])];
  }

  #decide(target: AlertTarget, channelNames: readonly string[] | null): Verdict {
    return this.#telling.decide(target, { rule: this.#ruleOf(target), channelNames, nowMs: this.#clocks.nowMs });
  }

  /** The event goes to the queue; memory takes it as said. */
  #add(target: AlertTarget, happened: AlertStep): void {
    const { kind, verdict } = happened;
    const isTold = verdict.decision === 'told';
    if (isTold) {
      target.toldMonotonicMs = this.#clocks.nowMonotonicMs;
      if (kind !== 'repeated' && kind !== 'escalated') target.isTold = target.phase === 'firing';
      const names = verdict.trace.channels ?? [];
      target.toldChannels = target.isTold ? [...new Set([...target.toldChannels, ...names])] : [];
      this.counters.told += 1;
    } else {
      this.counters.quiet += 1;
    }
    target.decision = verdict.decision;
    this.#targets.note(target);
    this.#changed.add(target);
    const { hubId, life } = this.#options;
    const { nowMs } = this.#clocks;
    this.#queue.add(eventOf(target, happened, { hubId, life, rule: this.#ruleOf(target), nowMs }));
    this.#flushSoon();
  }

  /** All events of a turn are one statement. */
  #flushSoon(): void {
    if (this.#isFlushingSoon) return;
    this.#isFlushingSoon = true;
    this.#ports.soon(() => {
      this.#isFlushingSoon = false;
      this.#queue.poll(this.#clocks.nowMonotonicMs);
    });
  }

  #recorded({ row }: QueuedEvent, answer: RecordedEvent): void {
    const target = this.#targets.find(row);
    if (target === undefined) return;
    const isLatest = target.phase === 'firing' && target.seq === row.seq;
    if (row.kind === 'fired' && answer.phase !== 'firing' && isLatest) {
      this.#fireNext(target, answer);
      return;
    }
    if (answer.outcome === 'refused') {
      this.counters.refused += 1;
      // Somebody else, or a run of this hub before a restore of the database, has moved it: that is what counts.
      if (row.kind === 'fired' || row.kind === 'resolved' || answer.seq > target.seq) this.#adopt(target, answer);
      return;
    }
    // Another hub made this step, and has gone on since.
    if (answer.seq > target.seq) this.#adopt(target, answer);
    if (target.seq !== row.seq) return;
    if (target.phase === 'firing') target.alertId = answer.alertId;
    this.#changed.add(target);
  }

  /** The database knows of more steps than memory did, and that it fires is one behind them: of ours nobody was told. */
  #fireNext(target: AlertTarget, answer: RecordedEvent): void {
    target.seq = answer.seq + 1;
    target.isTold = answer.isTold;
    this.#add(target, { kind: 'fired', verdict: this.#decideFired(target), why: null });
  }

  /** Takes the state of the database over. The machine goes on from it: the next tick says whether it holds. */
  #adopt(target: AlertTarget, answer: RecordedEvent): void {
    target.seq = answer.seq;
    target.isTold = answer.isTold;
    target.alertId = answer.alertId;
    target.phase = answer.phase;
    this.#targets.note(target);
    this.#changed.add(target);
    const { name, cause, sinceMs, tickMs, ordinal, phase, seq, isTold, alertId } = target;
    this.#ports.judge.restore([{ ...name, cause, sinceMs, lastMs: tickMs, ordinal, phase, seq, isTold, alertId }]);
  }

  #failed({ row }: QueuedEvent, error: unknown): void {
    this.counters.failed += 1;
    const { ruleId, hostId, series, kind } = row;
    this.#ports.warn('alert.unrecorded', { ruleId, hostId, series, kind, err: error });
  }

  /** Whose told state is not what is so, and that nothing keeps quiet any more. */
  #tellUntold(): void {
    for (const target of [...this.#targets.untold]) {
      if (!this.#queue.hasRoom) return;
      const verdict = this.#decide(target, target.phase === 'firing' ? null : this.#channelsOfEnd(target));
      if (verdict.decision === 'told') this.#add(target, { kind: 'told', verdict, why: null });
      else if (verdict.decision !== target.decision) {
        target.decision = verdict.decision;
        this.#changed.add(target);
      }
    }
  }

  /** Repeats and escalations of what fires, was told, and nobody has acknowledged. */
  #remind(): void {
    for (const target of this.#targets.firing) {
      if (!this.#queue.hasRoom) return;
      if (!target.isTold || target.isAcknowledged) continue;
      const spec = this.#ruleOf(target)?.spec;
      if (spec === undefined) continue;
      const firingMs = this.#clocks.nowMonotonicMs - target.firedMonotonicMs;
      const next = spec.escalations[target.escalations];
      if (next !== undefined && firingMs >= next.afterMs) this.#escalate(target, next.channels);
      if (spec.repeatMs !== null) this.#repeat(target, Math.floor(firingMs / spec.repeatMs), spec.repeatMs);
    }
  }

  #escalate(target: AlertTarget, channelNames: readonly string[]): void {
    const verdict = this.#decide(target, channelNames);
    if (verdict.decision !== 'told') return;
    target.escalations += 1;
    this.#add(target, { kind: 'escalated', verdict, why: null, step: target.escalations });
  }

  /** One for all that were due meanwhile, and not right behind another. */
  #repeat(target: AlertTarget, dueCount: number, repeatMs: number): void {
    const sinceToldMs = this.#clocks.nowMonotonicMs - target.toldMonotonicMs;
    if (dueCount <= target.repeats || sinceToldMs < repeatMs / 2) return;
    const verdict = this.#decide(target, this.#channelsTold(target));
    if (verdict.decision !== 'told') return;
    target.repeats = dueCount;
    this.#add(target, { kind: 'repeated', verdict, why: null, step: dueCount });
  }

  #showChanges(): void {
    if (this.#changed.size === 0) return;
    const rows = Array.from(this.#changed, (target) => this.#rowOf(target));
    this.#changed.clear();
    this.#ports.alertsChanged(rows);
  }

  #rowOf(target: AlertTarget): AlertRow {
    return alertRowOf(target, this.#ruleOf(target)?.name ?? '');
  }

  /** The rule as it is kept now, or as it was judged by last. */
  #ruleOf(target: AlertTarget): Rule | null {
    return this.#rules.get(target.name.ruleId) ?? target.hostRule?.rule ?? null;
  }

  #hostNameOf({ target, outage }: Judgement): string {
    if (target.hostId === 0) return outage === undefined ? 'the fleet' : `${outage.lostCount} hosts`;
    return this.#ports.registry.host(target.hostId)?.identity.name ?? this.#targets.findOrAdd(target).hostName;
  }

  /** null for the fleet. A host that is no more keeps its name. */
  #namedHost({ name, hostName }: AlertTarget): NamedHost | null {
    if (name.hostId === 0) return null;
    return this.#ports.registry.host(name.hostId)?.identity ?? { name: hostName, alias: '', tags: {} };
  }

  #isMassOutageTold(): boolean {
    for (const { isTold } of this.#targets.firingFleet) if (isTold) return true;
    return false;
  }
}

function selectableOf(host: Host | undefined) {
  return host === undefined ? null : { name: host.identity.name, tags: host.identity.tags };
}
