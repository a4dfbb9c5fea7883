/**
 * Many simulated agents in one process: who they are, their sockets, their reconnects, and when they tick.
 *
 * Identities follow from the seed. A lost connection is tried again with the backoff of real agents; with a
 * token where the hub has given one, else with the enrolment key.
 */
import { createHash } from 'node:crypto';
import { assert } from '#core/errors.ts';
import { agentSubprotocol } from '#core/message.ts';
import { createLayout, type Layout } from '#core/series.ts';
import { backoffMs, linkBackoff, phaseMs } from '#core/time.ts';
import type { Clock } from '../clock.ts';
import { createDataset, createRandom, type Dataset } from '../dataset.ts';
import { withDeadline } from '../deadline.ts';
import { Latencies, type LatencyFigures } from '../latency.ts';
import { type RecordingPlan, readRecording, recordedDataset } from '../recording.ts';
import { freezeWave, isHigh, type Wave, wavesByHost } from '../waves.ts';
import { Connection, isBlamed } from './connection.ts';
import { Pacer } from './pacer.ts';
import { ReplayEncoder } from './replay-encoder.ts';
import { type AgentIdentity, createCounters, SimulatedAgent, type SwarmCounters } from './simulated-agent.ts';

export interface SwarmPlan {
  readonly port: number;
  readonly enrolmentKey: string;
  readonly agentCount: number;
  readonly metricCount: number;
  /** Ticks of the data set before it goes round. */
  readonly tickCount: number;
  readonly intervalMs: number;
  readonly replays: boolean;
  /** When the first ticks lie, from the making of the swarm: after the connecting where ticks are paced, else in the past. */
  readonly startsInMs: number;
  /** Where all first ticks lie at this very moment instead, epoch ms; agents have no phases then. */
  readonly startMs?: number;
  readonly seed: number;
  /** Beginning of the names of the hosts, where several swarms are at one hub. */
  readonly prefix?: string;
  /** Hosts of the data set, where not each agent needs values of its own. */
  readonly datasetHosts?: number;
  /** What the agents send instead of the made-up data set; all of them the same. */
  readonly recording?: RecordingPlan;
  /** What the metrics are called and measured in, `metricCount` of them; without it names by their place, without a unit. */
  readonly series?: readonly SwarmSeries[];
  /** See `AgentOptions`. */
  readonly replayTicks?: number;
  /** What is laid over the values. */
  readonly waves?: readonly Wave[];
  /** How agents wait before they connect again, where that shall not be as real ones do. */
  readonly backoff?: { readonly baseMs: number; readonly capMs: number };
  /** Tells apart swarms that are runs of the same agents, one after the other. */
  readonly run?: number;
}

export interface SwarmSeries {
  readonly key: string;
  readonly unit: string;
}

export interface SwarmReport {
  readonly counters: SwarmCounters;
  readonly openCount: number;
  /** Sums over all agents. */
  readonly producedTicks: number;
  readonly ackedTicks: number;
  /** How late ticks were sent by the generator itself. */
  readonly lateness: LatencyFigures;
  readonly problems: readonly string[];
}

export interface SwarmStream {
  readonly epoch: string;
  readonly hostName: string;
  readonly host: number;
  readonly producedSeq: number;
  readonly ackedSeq: number;
  readonly firstMs: number;
}

export interface AgentRange {
  readonly from: number;
  readonly count: number;
}

const problemsMax = 20;
/** Nothing that is waited for takes longer in a run that is worth anything. */
const waitMsMax = 180_000;

/** The values of a swarm, by its plan. */
export function createSwarmDataset(
  plan: Pick<SwarmPlan, 'agentCount' | 'metricCount' | 'tickCount' | 'datasetHosts' | 'recording' | 'waves' | 'series'>,
): Dataset {
  if (plan.recording !== undefined) return recordedDataset(readRecording(plan.recording));
  const { agentCount, metricCount, tickCount, datasetHosts, waves, series } = plan;
  assert(series === undefined || series.length === metricCount, 'every metric has a name, or none has');
  const made = createDataset({ hostCount: datasetHosts ?? agentCount, metricCount, tickCount });
  const dataset = series === undefined ? made : { ...made, keys: series.map(({ key }) => key) };
  return waves === undefined ? dataset : { ...dataset, waves: wavesByHost(waves) };
}

/** The layout of all simulated agents. */
export function createSwarmLayout(
  keys: readonly string[],
  { intervalMs, series: named = [] }: Pick<SwarmPlan, 'intervalMs' | 'series'>,
): Layout {
  const series = keys.map((key, index) => ({ key, unit: named[index]?.unit ?? '', kind: 'gauge' as const, every: 1 }));
  return createLayout({ intervalMs, series }, (bytes) => createHash('sha256').update(bytes).digest());
}

/** 128 bits that follow from a text. */
export function seededId(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

export class Swarm {
  readonly #plan: SwarmPlan;
  readonly #clock: Clock;
  readonly #dataset: Dataset;
  /** What the data set has; changed by `freezeWaves` alone. */
  readonly #waves: Map<number, readonly Wave[]>;
  readonly #counters = createCounters();
  readonly #agents: readonly SimulatedAgent[];
  readonly #attempts = new Map<SimulatedAgent, number>();
  readonly #connections = new Map<SimulatedAgent, Connection>();
  /** Agents that stay away until `restore`. */
  readonly #cut = new Set<SimulatedAgent>();
  readonly #lateness = new Latencies();
  readonly #random: () => number;
  readonly #problems: string[] = [];
  readonly #pacer: Pacer;
  readonly #roundMs: number;
  #connectedCount = 0;
  #openCount = 0;
  #waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];
  #firstReplayMs: number | null = null;
  #isStopped = false;

  constructor(plan: SwarmPlan, clock: Clock) {
    this.#plan = plan;
    this.#clock = clock;
    this.#random = createRandom(plan.seed);
    const { agentCount, intervalMs } = plan;
    this.#waves = wavesByHost(plan.waves ?? []);
    this.#dataset = { ...createSwarmDataset(plan), waves: plan.waves === undefined ? null : this.#waves };
    const layout = createSwarmLayout(this.#dataset.keys, plan);
    const roundMs = plan.startMs ?? Math.ceil((clock.nowMs() + plan.startsInMs) / intervalMs) * intervalMs;
    this.#roundMs = roundMs;
    const options = {
      dataset: this.#dataset,
      layout,
      counters: this.#counters,
      replays: plan.replays ? new ReplayEncoder() : null,
      replayTicks: plan.replayTicks ?? null,
      onOpen: (agent: SimulatedAgent) => this.#opened(agent),
      onAcked: () => this.#settleWaiters(),
      onFault: (agent: SimulatedAgent, what: string) => this.#note(`${agent.identity.hostName}: ${what}`),
    };
    this.#agents = Array.from({ length: agentCount }, (_, index) => {
      return new SimulatedAgent(createIdentity(plan, index, roundMs), options);
    });
    this.#pacer = new Pacer(clock, {
      intervalMs,
      entries: this.#agents.map((agent) => ({
        phaseMs: phaseMs(agent.identity.agentId, intervalMs),
        call: (_, lateMs) => {
          this.#lateness.add(lateMs);
          agent.produce();
        },
      })),
    });
  }

  /** Connects agents, so many in a second, until `count` are, and resolves when each of them has been welcomed. */
  async connect({ perSecond, count }: { readonly perSecond: number; readonly count: number }): Promise<void> {
    const batchMs = 20;
    const perBatch = Math.max(1, Math.round((perSecond * batchMs) / 1_000));
    while (this.#connectedCount < count) {
      const from = this.#connectedCount;
      this.#connectedCount = Math.min(count, from + perBatch);
      for (const agent of this.#agents.slice(from, this.#connectedCount)) this.#connect(agent);
      await new Promise((resolve) => setTimeout(resolve, batchMs));
    }
    await this.#until('connect all agents', () => this.#openCount === count);
  }

  /** Resolves when all agents are open at once. */
  allOpen(): Promise<void> {
    return this.#until('connect all agents', () => this.#openCount === this.#agents.length);
  }

  /** Resolves when everything that was produced is acknowledged. Not while ticks are being made. */
  allSettled(): Promise<void> {
    return this.#until('store everything', () => this.#agents.every((agent) => agent.isSettled));
  }

  /** Sends as much as the credit allows for so long, then waits until all of it is acknowledged. */
  async flood(durationMs: number): Promise<void> {
    this.startFlood();
    await new Promise((resolve) => setTimeout(resolve, durationMs));
    await this.stopFlood();
  }

  startFlood(): void {
    for (const agent of this.#agents) agent.flood();
  }

  /** Resolves when all that was sent is acknowledged. */
  async stopFlood(): Promise<void> {
    for (const agent of this.#agents) agent.stop();
    await this.allSettled();
  }

  /** Gives every agent so many ticks more, as fast as the credit allows, and waits until all of it is acknowledged. */
  async backlog(count: number): Promise<void> {
    for (const agent of this.#agents) agent.addBacklog(count);
    await this.allSettled();
  }

  /** Starts to tick, each agent at its phase: at the times that were fixed when the swarm was made, so call it before them. */
  startTicks(): void {
    this.#pacer.start(this.#roundMs);
  }

  async stopTicks(): Promise<void> {
    this.#pacer.stop();
    for (const agent of this.#agents) agent.stop();
    await this.allSettled();
  }

  /** Ends the connections of some agents without a word; they go on ticking and stay away until `restore`. */
  cut({ from, count }: AgentRange): void {
    for (const agent of this.#agents.slice(from, from + count)) {
      this.#cut.add(agent);
      this.#connections.get(agent)?.destroy();
    }
  }

  /** Lets them connect again, so many in a second, and resolves when all agents are open. */
  async restore({ from, count, perSecond }: AgentRange & { readonly perSecond: number }): Promise<void> {
    for (const [index, agent] of this.#agents.slice(from, from + count).entries()) {
      if (!this.#cut.delete(agent)) continue;
      setTimeout(() => this.#connect(agent), (index / perSecond) * 1_000);
    }
    await this.allOpen();
  }

  /**
   * From a tick that no agent has made yet on every wave stays as it is then. Returns that tick, and which waves are
   * high from there on. Not while agents send as much as they may.
   */
  freezeWaves(): { readonly tick: number; readonly isHigh: readonly boolean[] } {
    const waves = this.#plan.waves ?? [];
    const tick = Math.max(...this.#agents.map(({ producedSeq }) => producedSeq)) + 2;
    const frozen = wavesByHost(waves.flatMap((wave) => freezeWave(wave, tick)));
    this.#waves.clear();
    for (const [host, ofHost] of frozen) this.#waves.set(host, ofHost);
    return { tick, isHigh: waves.map((wave) => isHigh(wave, tick)) };
  }

  clearLateness(): void {
    this.#lateness.clear();
  }

  report(): SwarmReport {
    let producedTicks = 0;
    let ackedTicks = 0;
    for (const agent of this.#agents) {
      producedTicks += agent.producedSeq;
      ackedTicks += agent.ackedSeq;
    }
    return {
      counters: { ...this.#counters },
      openCount: this.#openCount,
      producedTicks,
      ackedTicks,
      lateness: this.#lateness.figures(),
      problems: [...this.#problems],
    };
  }

  streams(): SwarmStream[] {
    return this.#agents.map(({ identity, producedSeq, ackedSeq }) => ({
      epoch: identity.epoch,
      hostName: identity.hostName,
      host: identity.index,
      producedSeq,
      ackedSeq,
      firstMs: identity.firstMs,
    }));
  }

  /** Resolves when everything that was replayed is acknowledged; ticks may go on meanwhile. */
  caughtUp(): Promise<void> {
    return this.#until('catch up', () => this.#agents.every((agent) => agent.ackedSeq >= agent.replayedSeq));
  }

  /** When the first replay went out, epoch ms; null before. */
  get firstReplayMs(): number | null {
    return this.#firstReplayMs;
  }

  stop(): void {
    this.#isStopped = true;
    this.#pacer.stop();
  }

  #connect(agent: SimulatedAgent): void {
    const { port, enrolmentKey } = this.#plan;
    let isOpen = false;
    const connection = new Connection(
      {
        host: '127.0.0.1',
        port,
        path: '/agent',
        subprotocol: agentSubprotocol,
        headers: { Authorization: `Bearer ${agent.token ?? enrolmentKey}` },
      },
      {
        opened: () => {
          isOpen = true;
          agent.opened(connection, this.#clock.nowMs());
        },
        received: (payload) => {
          const ticksBefore = this.#counters.replayTicks;
          agent.received(payload);
          if (this.#counters.replayTicks > ticksBefore) this.#firstReplayMs ??= this.#clock.nowMs();
        },
        closed: (closeCode, reason) => {
          if (agent.state === 'open') this.#openCount -= 1;
          if (isOpen) agent.closed();
          this.#retry(agent, closeCode, reason);
        },
      },
      this.#clock,
    );
    this.#connections.set(agent, connection);
  }

  #opened(agent: SimulatedAgent): void {
    this.#attempts.delete(agent);
    this.#openCount += 1;
    this.#settleWaiters();
  }

  #retry(agent: SimulatedAgent, closeCode: number, reason: string): void {
    if (this.#isStopped) return;
    if (isBlamed(closeCode, reason)) this.#note(`${agent.identity.hostName}: closed ${closeCode} ${reason}`);
    if (this.#cut.has(agent)) return;
    const attempt = this.#attempts.get(agent) ?? 0;
    this.#attempts.set(agent, attempt + 1);
    setTimeout(
      () => {
        if (!this.#cut.has(agent)) this.#connect(agent);
      },
      backoffMs(attempt, linkBackoff, this.#random),
    );
  }

  #note(problem: string): void {
    if (this.#problems.length < problemsMax) this.#problems.push(problem);
  }

  #until(what: string, isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    const met = new Promise<void>((resolve) => {
      this.#waiters.push({ isMet, resolve });
    });
    return withDeadline(met, { msMax: waitMsMax, what: () => `${what}: ${JSON.stringify(this.report())}` });
  }

  #settleWaiters(): void {
    if (this.#waiters.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.isMet()) return true;
      waiter.resolve();
      return false;
    });
  }
}

function createIdentity(plan: SwarmPlan, index: number, roundMs: number): AgentIdentity {
  const name = `${plan.prefix ?? 'bench'}-${String(index).padStart(4, '0')}`;
  const agentId = seededId(`agent ${plan.seed} ${name}`);
  return {
    index,
    agentId,
    bootId: seededId(`boot ${agentId}`),
    epoch: seededId(`epoch ${plan.run ?? 0} ${agentId}`),
    hostName: name,
    firstMs: roundMs + (plan.startMs === undefined ? phaseMs(agentId, plan.intervalMs) : 0),
  };
}
