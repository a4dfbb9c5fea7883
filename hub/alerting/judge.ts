/**
 * What is so: from the live stream, the sockets and the rules to judgements. Who is told of them is not decided here.
 *
 *   ticks ──► freshness ──► rule tables ──► machines ──► judged()
 *                └────────► silence of series ──┘  │
 *   sockets ─► presence of hosts, mass outage ─────'
 *
 * Only ticks that are newer than the last judged one of their host and not late are judged: what comes later corrects
 * history and never fires. Whatever is measured on the hub's own clock is measured in *active ms*: monotonic time less
 * the hub's own pauses. Of each target `fired` and `resolved` alternate.
 *
 * An engine: no clock, no database, no socket. Hot path (`tick`), guarded by `judge.bench.ts`.
 */
import { ActiveClock } from '#core/active-clock.ts';
import { clockShiftMsMin } from '#core/limits.ts';
import { anyHost, type Rule, type RuleSpec } from '#core/rule-spec.ts';
import type { AcceptedTick } from '../intake/intake.ts';
import type { HostIdentity } from '../registry.ts';
import { ClockSkew } from './clock-skew.ts';
import { HostDown } from './host-down.ts';
import { HostJudge } from './host-judge.ts';
import type { JudgeCounters, JudgeShared } from './judge-shared.ts';
import type { HeardHost, Judgement, SavedTarget, TargetState } from './judgement.ts';
import { type HostDownRule, RuleSet } from './rule-set.ts';
import { TableCompiler } from './rule-tables.ts';
import { type JudgePorts, newTarget, stateOf, TargetBook } from './target-book.ts';
import { TickScratch } from './tick-values.ts';

/** The hub's clocks at one moment. */
export interface HubClocks {
  /** The wall clock, epoch ms. */
  readonly nowMs: number;
  readonly nowMonotonicMs: number;
}

/** A connection has opened and its hello is here. */
export interface LinkStart extends HubClocks {
  /** What the agent's wall clock said in the hello. */
  readonly wallMs: number;
  /** false: the token is known, but the database is asked still; ticks are not to be expected before `linked` comes again with true. */
  readonly isAdmitted: boolean;
}

/** A pause of ours that is longer than this gives hosts time to find us again. */
const longPauseMs = 10_000;
/** A jump of the wall clock counts as one once in so long. */
const jumpMsMin = 300_000;
/** What comes so soon after a pause may have waited for its end. */
const skewPauseMs = 30_000;
const quietLookMs = 1_000;
/** Agents on such a machine sleep with it. */
const portableChassis: ReadonlySet<string> = new Set(['portable', 'laptop', 'tablet', 'convertible']);

export class Judge {
  readonly counters: JudgeCounters = { judgedTicks: 0, judgedRows: 0, lateTicks: 0, oldTicks: 0 };
  readonly #clock = new ActiveClock();
  readonly #hosts = new Map<number, HostJudge>();
  readonly #shared: JudgeShared;
  readonly #hostDown: HostDown;
  readonly #clockSkew: ClockSkew;
  /** Targets of the run before that nothing means any more. */
  #orphans: { readonly saved: SavedTarget; readonly why: Judgement['why'] }[] = [];
  /** The hub's wall clock less its monotonic one. */
  #wallLessMonotonicMs = Number.NaN;
  /** The wall clock as it was a moment ago. */
  #nowMs = 0;
  /** Active ms at the end of the last pause, and when the wall clock has last run away from the monotonic one. */
  #pausedMs = Number.NEGATIVE_INFINITY;
  #jumpedMs = Number.NEGATIVE_INFINITY;
  /** Active ms of the last look at hosts that push. */
  #quietMs = 0;

  constructor(ports: JudgePorts) {
    this.#shared = {
      book: new TargetBook(ports),
      ruleSet: new RuleSet(),
      compiler: new TableCompiler(),
      counters: this.counters,
      scratch: new TickScratch(),
    };
    this.#clockSkew = new ClockSkew(this.#shared.book);
    this.#hostDown = new HostDown({
      book: this.#shared.book,
      host: (hostId) => this.#hosts.get(hostId),
      hasRule: (ruleId) => this.#hostDownRule(ruleId) !== null,
    });
  }

  /**
   * All rules; those that are disabled mean nothing. What was pending or firing under a rule that is gone or disabled,
   * or that no longer means the host or the series, ends: why "disabled".
   */
  setRules(rules: readonly Rule[]): void {
    this.#shared.ruleSet.set(rules);
    for (const host of this.#hosts.values()) host.rulesChanged(this.#nowMs);
    this.#hostDown.rulesChanged(this.#nowMs);
  }

  /** A host that is new, or of which something is. Cheap when nothing that rules look at has changed. */
  putHost(identity: HostIdentity): void {
    const { hostId, kind, facts, intervalMs, byeMs, lastMs } = identity;
    const isJudged = kind === 'agent' && !portableChassis.has(facts['chassis'] ?? '');
    const watched = { isJudged, intervalMs, hasLeft: byeMs !== null, lastMs };
    this.#hostDown.presence.put(hostId, watched, this.#clock.activeMs);
    const known = this.#hosts.get(hostId);
    if (known === undefined) {
      this.#hosts.set(hostId, new HostJudge(identity, this.#shared, this.#clock.activeMs));
      return;
    }
    const before = known.identity;
    known.identity = identity;
    if (before.name !== identity.name || !isSameTags(before.tags, identity.tags)) known.rulesChanged(this.#nowMs);
  }

  /**
   * The host has another name. The rules that say it by that name are to be set right after: what they mean is looked at
   * then, and nothing ends in between.
   */
  renameHost(identity: HostIdentity): void {
    const host = this.#hosts.get(identity.hostId);
    if (host !== undefined) host.identity = identity;
  }

  /** Ends what is pending or firing of the host: why "removed". */
  removeHost(hostId: number): void {
    const host = this.#hosts.get(hostId);
    if (host === undefined) return;
    for (const target of host.targets.values()) host.end(target, { timeMs: this.#nowMs, why: 'removed' });
    this.#hosts.delete(hostId);
    this.#clockSkew.removed(host);
    this.#hostDown.presence.remove(hostId);
  }

  /**
   * Puts targets into the state that the database knows, without a word: those of the run before, once rules and hosts
   * are known and before the first tick, or one that has turned out to be otherwise than it was taken for. What nothing
   * means any more ends at the next poll.
   */
  restore(saved: readonly SavedTarget[]): void {
    for (const one of saved) {
      const host = this.#hosts.get(one.hostId);
      if (one.hostId === 0) this.#restoreFleet(one);
      else if (host === undefined) this.#orphans.push({ saved: one, why: 'removed' });
      else if (!host.restore(one)) this.#orphans.push({ saved: one, why: 'disabled' });
      else this.#hostDown.restored(host);
    }
  }

  /** A tick that has become the newest of its host's ring. */
  tick(tick: AcceptedTick, nowMonotonicMs: number): void {
    const host = this.#hosts.get(tick.hostId);
    if (host === undefined) return;
    this.#advance(nowMonotonicMs);
    const { activeMs } = this.#clock;
    const isNew = host.tick(tick, { nowMs: nowMonotonicMs + this.#wallLessMonotonicMs, nowMonotonicMs, activeMs });
    if (isNew) this.#hostDown.presence.ticked(tick.hostId, tick.layout.intervalMs, activeMs);
  }

  /** May come twice for one connection: when its token is known, and when the database has admitted it. */
  linked(hostId: number, { wallMs, isAdmitted, ...clocks }: LinkStart): void {
    const host = this.#hosts.get(hostId);
    if (host === undefined) return;
    this.#look(clocks);
    const { activeMs } = this.#clock;
    host.linked(activeMs);
    if (this.#hostDown.presence.linked(hostId, { isAdmitted }, activeMs)) this.#clockRead(host, wallMs, clocks);
  }

  /** The last connection of the host has closed. */
  unlinked(hostId: number, clocks: HubClocks): void {
    this.#look(clocks);
    this.#hostDown.presence.unlinked(hostId, this.#clock.activeMs);
  }

  /** The agent has said that it stops on purpose: until it is back its absence is no outage. */
  bye(hostId: number): void {
    this.#hostDown.presence.bye(hostId);
  }

  /** A new epoch on an open link, with its start on the agent's wall clock. */
  newStream(hostId: number, { startWallMs, ...clocks }: HubClocks & { readonly startWallMs: number }): void {
    const host = this.#hosts.get(hostId);
    if (host === undefined) return;
    this.#look(clocks);
    this.#clockRead(host, startWallMs, clocks);
  }

  /** Hosts that are not here, though they should be: are they at another hub on this database? (`elsewhere.ts`) */
  missedHosts(): number[] {
    return this.#hostDown.presence.missed(this.#nowMs);
  }

  /** What the database knows of a missed host. If its newest tick is newer than what was seen here, another hub has it. */
  heardElsewhere({ hostId, timeMs, hasLeft }: HeardHost): void {
    const host = this.#hosts.get(hostId);
    if (host === undefined) return;
    if (hasLeft) this.#hostDown.presence.leftElsewhere(hostId);
    if (timeMs <= host.seenMs) return;
    host.seenMs = timeMs;
    if (!hasLeft) this.#hostDown.presence.heardElsewhere(hostId, this.#clock.activeMs);
  }

  /** The database could not be asked. */
  elsewhereUnknown(): void {
    this.#hostDown.presence.elsewhereUnknown(this.#clock.activeMs);
  }

  /** Presence by the clock. Call it every 100 ms to 1 s: a gap of more than 2 s is a pause of the hub's own. */
  poll(clocks: HubClocks): void {
    this.#look(clocks);
    this.#endOrphans();
    this.#clockSkew.poll(clocks.nowMs);
    this.#pollQuiet(clocks.nowMs);
    this.#hostDown.poll({ ...clocks, activeMs: this.#clock.activeMs });
  }

  /** All targets that are pending or firing, to be kept. */
  targetStates(): TargetState[] {
    const states: TargetState[] = [];
    for (const { targets } of this.#hosts.values()) for (const target of targets.values()) states.push(stateOf(target));
    if (this.#hostDown.fleet !== null) states.push(stateOf(this.#hostDown.fleet));
    return states;
  }

  /** Whether a rule says that the host is down now. */
  isHostDown(hostId: number): boolean {
    return this.#hosts.get(hostId)?.isDown ?? false;
  }

  /** Whether so many hosts have been lost at once that the hub may be cut off. */
  get isMassOutage(): boolean {
    return this.#hostDown.isMassOutage;
  }

  /** Rules on series, of the layouts that hosts had last. Counts each time it is asked. */
  get ruleSeriesCount(): number {
    return this.#sum((host) => host.rowCount);
  }

  /** Rules on series that are not judged, as their host has too many. */
  get omittedRuleSeriesCount(): number {
    return this.#sum((host) => host.omittedRowCount);
  }

  /** Series whose values have failed or are missing now. */
  get troubleCount(): number {
    return this.#sum((host) => host.troubleCount);
  }

  get pendingCount(): number {
    return this.#shared.book.pendingCount;
  }

  get firingCount(): number {
    return this.#shared.book.firingCount;
  }

  /** Hosts that are away without having said so. */
  get awayCount(): number {
    return this.#hostDown.presence.away.size;
  }

  #sum(countOf: (host: HostJudge) => number): number {
    let sum = 0;
    for (const host of this.#hosts.values()) sum += countOf(host);
    return sum;
  }

  #look({ nowMs, nowMonotonicMs }: HubClocks): void {
    const before = this.#wallLessMonotonicMs;
    this.#wallLessMonotonicMs = nowMs - nowMonotonicMs;
    this.#nowMs = nowMs;
    this.#advance(nowMonotonicMs);
    if (this.#wallLessMonotonicMs - before > longPauseMs) this.#wallJumped();
  }

  /** A machine that has slept shows it on its wall clock alone. Not over and over: that is a clock that cannot be trusted. */
  #wallJumped(): void {
    const { activeMs } = this.#clock;
    if (activeMs - this.#jumpedMs < jumpMsMin) return;
    this.#jumpedMs = activeMs;
    this.#pausedMs = activeMs;
    this.#hostDown.presence.paused(activeMs);
  }

  #advance(nowMonotonicMs: number): void {
    const pauseMs = this.#clock.advance(nowMonotonicMs);
    if (pauseMs === 0) return;
    this.#pausedMs = this.#clock.activeMs;
    if (pauseMs > longPauseMs) this.#hostDown.presence.paused(this.#clock.activeMs);
  }

  /** The agent's clock, as it was a moment ago. If it is far off its streams are shifted to the hub's (`clock-shift.ts`). */
  #clockRead(host: HostJudge, wallMs: number, { nowMs, nowMonotonicMs }: HubClocks): void {
    const isShifted = Math.abs(wallMs - nowMs) > clockShiftMsMin;
    const offsetMs = nowMonotonicMs - wallMs;
    if (isShifted) host.freshness.seed(nowMonotonicMs - nowMs, offsetMs);
    else host.freshness.seed(offsetMs, Number.NaN);
    const mayBeLate = this.#clock.activeMs - this.#pausedMs < skewPauseMs;
    this.#clockSkew.read(host, wallMs - nowMs, { nowMs, mayBeLate });
  }

  #hostDownRule(ruleId: number): Rule | null {
    const rule = this.#shared.ruleSet.find(ruleId);
    return rule?.isEnabled === true && rule.spec.subject.kind === 'hostDown' ? rule : null;
  }

  #restoreFleet(saved: SavedTarget): void {
    const rule = this.#hostDownRule(saved.ruleId);
    if (rule === null) this.#orphans.push({ saved, why: 'disabled' });
    else this.#hostDown.restoreFleet(saved, standIn(rule));
  }

  #pollQuiet(nowMs: number): void {
    const { activeMs } = this.#clock;
    if (activeMs - this.#quietMs < quietLookMs) return;
    this.#quietMs = activeMs;
    for (const host of this.#hosts.values()) host.judgeQuiet(activeMs, nowMs);
  }

  #endOrphans(): void {
    if (this.#orphans.length === 0) return;
    for (const { saved, why } of this.#orphans) {
      const { ruleId, hostId, series, cause } = saved;
      const rule = standIn(this.#shared.ruleSet.find(ruleId) ?? goneRule(ruleId));
      const subject = cause === 'limits' ? 'series' : cause;
      const target = newTarget({ ruleId, hostId, series }, rule, subject);
      this.#shared.book.restore(target, saved);
      this.#shared.book.end(target, { timeMs: this.#nowMs, value: null, why });
    }
    this.#orphans = [];
  }
}

function isSameTags(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

/** A rule without a host to apply its overrides for. */
function standIn(rule: Rule): HostDownRule {
  const { severity, forMs, keepFiringMs } = rule.spec;
  return { kind: 'hostDown', hostRule: { rule, severity, condition: null, forMs }, afterMs: forMs, keepFiringMs };
}

/** What is left to say of a rule that was deleted while the hub was not running. */
function goneRule(id: number): Rule {
  const spec: RuleSpec = {
    subject: { kind: 'hostDown', afterMs: 0 },
    hosts: anyHost,
    ...{ forMs: 0, keepFiringMs: 0, severity: 'info', summary: '', message: '' },
    ...{ channels: null, groupBy: [], repeatMs: null, escalations: [], overrides: [] },
  };
  return { id, name: '', spec, isEnabled: false, origin: 'api', version: 0, createdMs: 0, changedMs: 0 };
}
