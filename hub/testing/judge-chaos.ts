/**
 * A fleet that misbehaves around a judge: hosts that crash, say bye, fail, jump in time and send old ticks again; a hub
 * that pauses, restarts, has no room and gets other rules. Checks at each step what must never be.
 */
import { expect } from 'vitest';
import type { Rule } from '#core/rule-spec.ts';
import { Judge } from '../alerting/judge.ts';
import type { Judgement, SavedTarget } from '../alerting/judgement.ts';
import { hostIdentity } from './host-identity.ts';
import { columnOf, hostsNamed, layoutOf, rule, seriesRule, silenceRule, type TickValue } from './judge-fixture.ts';

export type ChaosStep =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'mood'; readonly host: number; readonly mood: Mood }
  | { readonly kind: 'crash' | 'bye' | 'return' | 'remove'; readonly host: number }
  | { readonly kind: 'crashMany'; readonly count: number }
  | { readonly kind: 'returnAll' | 'restart' | 'room' }
  | { readonly kind: 'again'; readonly host: number; readonly back: number }
  | { readonly kind: 'agentJump'; readonly host: number; readonly ms: number }
  | { readonly kind: 'hubJump' | 'pause'; readonly ms: number }
  | { readonly kind: 'toggle'; readonly rule: number };

/** What a host's ticks hold. */
export type Mood = 'good' | 'bad' | 'failed' | 'gone' | 'mute';

interface Agent {
  isLinked: boolean;
  hasLeft: boolean;
  mood: Mood;
  /** Its wall clock less that of the world, and so of its stream. */
  aheadMs: number;
  ordinal: number;
  seq: number;
  /** When it was last connected, and when it last ticked, on the model's active clock. */
  heardMs: number;
  tickedMs: number;
  readonly sent: { readonly ordinal: number; readonly seq: number; readonly timeMs: number }[];
}

type Standing = 'inactive' | 'pending' | 'firing';

const layout = layoutOf(['cpu', 'mem']);
const valueIn: Record<Mood, TickValue> = { good: 10, bad: 99, failed: 'failed', gone: 'gone', mute: 10 };

export const chaosRules: readonly Rule[] = [
  rule(1, {}),
  silenceRule(2, 5, { forMs: 10_000 }),
  seriesRule(3, 'cpu', { forMs: 20_000 }),
  seriesRule(4, '*', { keepFiringMs: 2_000, noDataIntervals: 8 }),
  seriesRule(5, 'cpu', { hosts: hostsNamed('host-1', 'host-2'), input: { kind: 'average', windowMs: 60_000 } }),
  rule(6, { subject: { kind: 'clockSkew', thresholdMs: 60_000 } }),
  rule(7, { hosts: hostsNamed('host-1'), subject: { kind: 'hostDown', afterMs: 30_000 }, keepFiringMs: 20_000 }),
];

export class ChaosWorld {
  readonly #hostCount: number;
  readonly #agents = new Map<number, Agent>();
  readonly #standings = new Map<string, Standing>();
  readonly #disabled = new Set<number>();
  #judge: Judge;
  #hasRoom = true;
  #trueMs = 1_700_000_000_000;
  #hubAheadMs = 0;
  #nowMonotonicMs = 1_000;
  /** The model of the hub's active time, and until when nothing may be an outage. */
  #activeMs = 0;
  #protectedUntilMs = 60_000;
  #mayTell = true;
  /** What has been told of so far: "fired massOutage", "resolved gone". */
  readonly told = new Set<string>();

  constructor(hostCount: number) {
    this.#hostCount = hostCount;
    for (let hostId = 1; hostId <= hostCount; hostId += 1) this.#agents.set(hostId, newAgent());
    this.#judge = this.#start([]);
  }

  get judge(): Judge {
    return this.#judge;
  }

  run(step: ChaosStep): void {
    if ('host' in step && step.kind !== 'return' && !this.#agents.has(step.host)) return;
    switch (step.kind) {
      case 'pass':
        this.#pass(step.ms);
        break;
      case 'mood':
        this.#agent(step.host).mood = step.mood;
        break;
      case 'crash':
        this.#leave(step.host, { isBye: false });
        break;
      case 'bye':
        this.#leave(step.host, { isBye: true });
        break;
      case 'return':
        this.#link(step.host);
        break;
      case 'remove':
        this.#remove(step.host);
        break;
      case 'crashMany':
        for (let host = 1; host <= step.count; host += 1) this.#leave(host, { isBye: false });
        break;
      case 'returnAll':
        for (const hostId of this.#agents.keys()) this.#link(hostId);
        break;
      case 'restart':
        this.#restart();
        break;
      case 'room':
        this.#hasRoom = !this.#hasRoom;
        break;
      case 'again':
        this.#sendAgain(step.host, step.back);
        break;
      case 'agentJump':
        this.#jumpAgent(step.host, step.ms);
        break;
      case 'hubJump':
        this.#hubAheadMs += step.ms;
        break;
      case 'pause':
        this.#pause(step.ms);
        break;
      case 'toggle':
        if (!this.#disabled.delete(step.rule)) this.#disabled.add(step.rule);
        this.#judge.setRules(this.#rules());
        break;
    }
    const open = [...this.#standings.values()].filter((standing) => standing !== 'inactive');
    expect(this.#judge.targetStates()).toHaveLength(open.length);
    expect(this.#judge.pendingCount + this.#judge.firingCount).toBe(open.length);
  }

  /** Everything is well for long enough: then nothing is open, and what becomes bad fires. */
  settle(): void {
    this.#hasRoom = true;
    this.#disabled.clear();
    this.#judge.setRules(this.#rules());
    this.#hubAheadMs = 0;
    for (let hostId = 1; hostId <= this.#hostCount; hostId += 1) this.#link(hostId);
    for (const agent of this.#agents.values()) {
      agent.aheadMs = 0;
      agent.mood = 'good';
      agent.ordinal += 1;
      agent.seq = 0;
    }
    for (const hostId of this.#agents.keys()) {
      this.#leave(hostId, { isBye: false });
      this.#link(hostId);
    }
    this.#pass(400_000);
    expect(this.#judge.targetStates()).toEqual([]);
    expect([this.#judge.troubleCount, this.#judge.awayCount, this.#judge.isMassOutage]).toEqual([0, 0, false]);
    this.#agent(1).mood = 'bad';
    this.#pass(30_000);
    expect(this.#standings.get('3 1 cpu')).toBe('firing');
    for (const hostId of [...this.#agents.keys()]) this.#remove(hostId);
    expect([this.#judge.pendingCount, this.#judge.firingCount, this.#judge.ruleSeriesCount]).toEqual([0, 0, 0]);
  }

  get #clocks() {
    return { nowMs: this.#trueMs + this.#hubAheadMs, nowMonotonicMs: this.#nowMonotonicMs };
  }

  #rules(): Rule[] {
    return chaosRules.map((one) => ({
      ...one,
      isEnabled: !this.#disabled.has(one.id),
      version: this.#disabled.size + 1,
    }));
  }

  #agent(host: number): Agent {
    return this.#agents.get(host)!;
  }

  #start(saved: readonly SavedTarget[]): Judge {
    const judge = new Judge({ judged: (judgement) => this.#judged(judgement), mayJudge: () => this.#hasRoom });
    this.#activeMs = 0;
    this.#protectedUntilMs = 60_000;
    judge.setRules(this.#rules());
    for (const hostId of this.#agents.keys()) judge.putHost(this.#identity(hostId));
    judge.restore(saved);
    judge.poll(this.#clocks);
    return judge;
  }

  #identity(hostId: number) {
    const { hasLeft, sent } = this.#agent(hostId);
    return hostIdentity(hostId, { byeMs: hasLeft ? 1 : null, lastMs: sent.length === 0 ? 0 : this.#trueMs });
  }

  #pass(ms: number): void {
    for (let passedMs = 0; passedMs < ms; passedMs += 500) {
      this.#trueMs += 500;
      this.#nowMonotonicMs += 500;
      this.#activeMs += 500;
      this.#judge.poll(this.#clocks);
      if (this.#trueMs % 1_000 === 0) for (const hostId of this.#agents.keys()) this.#tick(hostId);
    }
  }

  #tick(hostId: number): void {
    const agent = this.#agent(hostId);
    if (!agent.isLinked || agent.mood === 'mute') return;
    agent.seq += 1;
    const tick = { ordinal: agent.ordinal, seq: agent.seq, timeMs: this.#trueMs + agent.aheadMs };
    agent.sent.push(tick);
    agent.tickedMs = this.#activeMs;
    this.#deliver(hostId, tick, [valueIn[agent.mood], 10]);
  }

  #deliver(hostId: number, tick: Agent['sent'][number], values: readonly TickValue[]): void {
    this.#judge.tick({ hostId, layout, ...tick, column: columnOf(values) }, this.#nowMonotonicMs);
  }

  /** Ticks that this run of the hub has seen never change anything again, whatever is in them. */
  #sendAgain(host: number, back: number): void {
    const { sent, tickedMs } = this.#agent(host);
    const tick = sent.at(-1 - back);
    if (tick === undefined || tickedMs === 0) return;
    this.#mayTell = false;
    for (const value of [99, 10, 'failed'] as const) this.#deliver(host, tick, [value, value]);
    this.#mayTell = true;
  }

  #link(host: number): void {
    if (!this.#agents.has(host)) {
      this.#agents.set(host, newAgent());
      this.#judge.putHost(this.#identity(host));
    }
    const agent = this.#agent(host);
    agent.isLinked = true;
    agent.hasLeft = false;
    this.#judge.linked(host, { ...this.#clocks, wallMs: this.#trueMs + agent.aheadMs, isAdmitted: true });
  }

  #leave(host: number, { isBye }: { readonly isBye: boolean }): void {
    const agent = this.#agents.get(host);
    if (agent === undefined || !agent.isLinked) return;
    if (isBye) this.#judge.bye(host);
    agent.isLinked = false;
    agent.hasLeft = isBye;
    agent.heardMs = this.#activeMs;
    this.#judge.unlinked(host, this.#clocks);
  }

  #remove(host: number): void {
    if (!this.#agents.delete(host)) return;
    this.#judge.removeHost(host);
    for (const [key, standing] of this.#standings)
      if (key.split(' ')[1] === `${host}`) expect(standing).toBe('inactive');
  }

  #jumpAgent(host: number, ms: number): void {
    const agent = this.#agent(host);
    agent.aheadMs += ms;
    agent.ordinal += 1;
    agent.seq = 0;
    const hostId = this.#agents.has(host) ? host : 1;
    if (agent.isLinked) this.#judge.newStream(hostId, { ...this.#clocks, startWallMs: this.#trueMs + agent.aheadMs });
  }

  #pause(ms: number): void {
    this.#trueMs += ms;
    this.#nowMonotonicMs += ms;
    if (ms > 2_000 && ms > 10_000) this.#protectedUntilMs = Math.max(this.#protectedUntilMs, this.#activeMs + 30_000);
    if (ms <= 2_000) this.#activeMs += ms;
    this.#judge.poll(this.#clocks);
  }

  /** Alone it tells of nothing. */
  #restart(): void {
    const saved = this.#judge
      .targetStates()
      .map((state) => ({ ...state, seq: 0, isTold: true, alertId: state.phase === 'firing' ? 1 : null }));
    const wasLinked = [...this.#agents].filter(([, { isLinked }]) => isLinked).map(([hostId]) => hostId);
    for (const agent of this.#agents.values()) {
      agent.isLinked = false;
      agent.heardMs = 0;
      agent.tickedMs = 0;
    }
    this.#mayTell = false;
    this.#judge = this.#start(saved);
    this.#mayTell = true;
    for (const hostId of wasLinked) this.#link(hostId);
  }

  #judged({ kind, target, cause, why }: Judgement): void {
    this.told.add(`${kind} ${kind === 'fired' || kind === 'pending' ? cause : why}`);
    const { ruleId, hostId, series } = target;
    const key = `${ruleId} ${hostId} ${series}`;
    const before = this.#standings.get(key) ?? 'inactive';
    expect([this.#mayTell, before], `${kind} ${key}`).toEqual([true, neededFor(kind, before)]);
    // What ends for good is told in any case.
    if (why === 'good' || why === 'back') expect(this.#hasRoom).toBe(true);
    this.#standings.set(key, kind === 'fired' ? 'firing' : kind === 'pending' ? 'pending' : 'inactive');
    if (kind !== 'fired' || (cause !== 'hostDown' && cause !== 'massOutage')) return;
    expect(this.#activeMs).toBeGreaterThanOrEqual(this.#protectedUntilMs);
    if (cause === 'massOutage') return;
    const { isLinked, hasLeft, heardMs, tickedMs } = this.#agents.get(hostId)!;
    expect(hasLeft).toBe(false);
    if (isLinked) expect(this.#activeMs - tickedMs).toBeGreaterThanOrEqual(30_000);
    else expect(this.#activeMs - Math.min(heardMs, tickedMs + 20_000)).toBeGreaterThanOrEqual(10_000);
  }
}

function newAgent(): Agent {
  return {
    isLinked: false,
    hasLeft: false,
    mood: 'good',
    aheadMs: 0,
    ordinal: 1,
    seq: 0,
    heardMs: 0,
    tickedMs: 0,
    sent: [],
  };
}

function neededFor(kind: Judgement['kind'], before: Standing): Standing {
  switch (kind) {
    case 'pending':
      return 'inactive';
    case 'dropped':
      return 'pending';
    case 'fired':
      return before === 'pending' ? 'pending' : 'inactive';
    case 'resolved':
      return 'firing';
  }
}
