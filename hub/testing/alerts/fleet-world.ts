/**
 * Everything about alerts on the main thread over a clock that the test moves: agents that tick, a store in memory, and
 * what people were told. The test says what happens; `../alert-world.ts` lets a seed say it. A hub can crash and start
 * again; its store stays.
 */

import type { Absence } from '#core/absence.ts';
import type { Downtime, DowntimeSpec, Schedule, Silence, SilenceSpec } from '#core/downtime.ts';
import type { AlertRow } from '#core/message.ts';
import { anyHost, type HostSelector, type Rule, type RuleSpec, type RuleSubject } from '#core/rule-spec.ts';
import { AlertRoom } from '../../alerting/alert-room.ts';
import type { Channel } from '../../notices/channel.ts';
import type { NoticeMessage } from '../../notices/notice.ts';
import { type HostIdentity, Registry } from '../../registry.ts';
import { hostIdentity } from '../host-identity.ts';
import { gauges, tickOf } from '../ticks.ts';
import { type KeptEvent, MemoryAlerts } from './memory-alerts.ts';

/** Sunday, 1 March 2026, 12:00 UTC. */
export const worldStartMs = Date.UTC(2026, 2, 1, 12);
export const noticeWaitMs = 300;
export const noticeIntervalMs = 60_000;
const stepMs = 500;
const layout = gauges(['load']);

/** An agent of one series. Its clock is the world's. */
export class WorldAgent {
  readonly identity: HostIdentity;
  /** Of the next ticks. */
  value: number | Absence = 0;
  isLinked = false;
  /** It stands still, with its connection open. */
  isHanging = false;
  ordinal = 1;
  seq = 0;
  /** Time of its newest tick. */
  lastMs = 0;

  constructor(identity: HostIdentity) {
    this.identity = identity;
  }
}

/** What somebody was told, by the outbox or from memory. */
export interface Told {
  readonly atMs: number;
  readonly kind: string;
  readonly hostName: string;
  /** 0 for the fleet; null for what was told from memory. */
  readonly hostId: number | null;
  readonly ruleName: string;
  readonly isFiring: boolean;
  readonly key: string;
  readonly isDirect: boolean;
}

export class FleetWorld {
  readonly store = new MemoryAlerts();
  readonly agents: WorldAgent[] = [];
  readonly direct: { readonly atMs: number; readonly channel: Channel; readonly message: NoticeMessage }[] = [];
  readonly warnings: string[] = [];
  /** What viewers that were there before were told when the hub, as started last, came to know what is open. */
  toldAtStart: readonly AlertRow[] | null = null;
  nowMs = worldStartMs;
  nowMonotonicMs = 1_000_000;
  #room!: AlertRoom;
  #registry!: Registry;
  #isUp = false;
  #rules: Rule[] = [];
  #channels: Channel[] = [];
  #downtimes: Downtime[] = [];
  #silences: Silence[] = [];
  #nextId = 1;

  constructor(options: { readonly hosts: readonly (string | (Partial<HostIdentity> & { name: string }))[] }) {
    for (const host of options.hosts) this.addHost(typeof host === 'string' ? { name: host } : host);
    this.addChannel('mail');
    this.start();
  }

  get clocks() {
    const { nowMs, nowMonotonicMs } = this;
    return { nowMs, nowMonotonicMs };
  }

  addHost(said: Partial<HostIdentity> & { readonly name: string }): WorldAgent {
    const agent = new WorldAgent(hostIdentity(this.agents.length + 1, said));
    this.agents.push(agent);
    if (this.#isUp) this.#know(agent);
    return agent;
  }

  agent(name: string): WorldAgent {
    return this.agents.find(({ identity }) => identity.name === name)!;
  }

  addChannel(name: string): Channel {
    const times = { version: 1, createdMs: 0, changedMs: 0 };
    const channel: Channel = {
      id: this.#id(),
      name,
      kind: 'webhook',
      sealedSettings: {},
      isEnabled: true,
      origin: 'api',
      ...times,
    };
    this.#channels = [...this.#channels, channel];
    this.#define();
    return channel;
  }

  addRule(name: string, subject: RuleSubject, more: Partial<RuleSpec> = {}): Rule {
    const rule: Rule = {
      ...{ id: this.#id(), name, isEnabled: true, origin: 'api', version: 1, createdMs: 0, changedMs: 0 },
      spec: {
        ...{ subject, hosts: anyHost, forMs: 0, keepFiringMs: 0, severity: 'warning', summary: '', message: '' },
        ...{ channels: null, groupBy: [], repeatMs: null, escalations: [], overrides: [] },
        ...more,
      },
    };
    this.#rules = [...this.#rules, rule];
    this.#define();
    return rule;
  }

  addDowntime(schedule: Schedule, hosts: Partial<HostSelector> = {}): Downtime {
    const spec: DowntimeSpec = { hosts: { ...anyHost, ...hosts }, schedule, author: 'ann', reason: 'work' };
    const downtime: Downtime = { id: this.#id(), name: '', spec, origin: 'api', createdMs: this.nowMs };
    this.#downtimes = [...this.#downtimes, downtime];
    this.#define();
    return downtime;
  }

  removeDowntime({ id }: Downtime): void {
    this.#downtimes = this.#downtimes.filter((downtime) => downtime.id !== id);
    this.#define();
  }

  addSilence(untilMs: number, more: Partial<SilenceSpec> = {}): Silence {
    const spec: SilenceSpec = {
      ...{ hosts: anyHost, rules: [], series: [], severities: [], author: 'ann', comment: '' },
      ...more,
    };
    const silence: Silence = { id: this.#id(), spec, untilMs, createdMs: this.nowMs };
    this.#silences = [...this.#silences, silence];
    this.#define();
    return silence;
  }

  /** Starts a hub on what the store has. Agents that were linked when the one before ended are not, until they come back. */
  start(): void {
    this.#registry = new Registry({ ringBytesMax: 64_000_000, ringWindowMsMax: 60_000 });
    for (const agent of this.agents) this.#know(agent);
    this.#room = new AlertRoom(
      {
        registry: this.#registry,
        clocks: () => this.clocks,
        record: (rows) => this.store.record(rows, this.nowMs),
        savePending: (change) => this.store.savePending(change),
        noteBye: async () => undefined,
        heardHosts: async () => [],
        pokeNotices: () => undefined,
        sendDirect: async (channel, message) => {
          this.direct.push({ atMs: this.nowMs, channel, message });
          return { kind: 'sent', answer: '200' };
        },
        alertsChanged: () => undefined,
        alertsKnown: () => {
          this.toldAtStart = this.#room.openAlerts();
        },
        soon: queueMicrotask,
        random: () => 0.5,
        warn: (event) => this.warnings.push(event),
      },
      {
        hubId: 'f'.repeat(32),
        life: '',
        settings: { noticeWaitMs, noticeIntervalMs },
        targets: this.store.readTargets(this.nowMs),
      },
    );
    this.#isUp = true;
    this.#define();
    this.link(...this.agents.filter(({ isLinked }) => isLinked));
  }

  /** As `kill -9`: what was not in the store is gone, and every connection with it. */
  crash(): void {
    this.#isUp = false;
    for (const agent of this.agents) agent.isLinked = false;
  }

  /** The hub stops in good order. */
  async stop(): Promise<void> {
    await this.#room.alerting.stop();
    this.crash();
  }

  link(...agents: readonly WorldAgent[]): void {
    for (const agent of agents) {
      agent.isLinked = true;
      if (this.#isUp) this.#room.presence.linked(agent.identity.hostId, { wallMs: this.nowMs, isAdmitted: true });
    }
  }

  unlink(...agents: readonly WorldAgent[]): void {
    for (const agent of agents) {
      agent.isLinked = false;
      if (this.#isUp) this.#room.presence.unlinked(agent.identity.hostId);
    }
  }

  /** The agent stops on purpose. */
  bye(agent: WorldAgent): void {
    this.#room.presence.bye(agent.identity.hostId);
    this.unlink(agent);
  }

  /** The agent starts again: a new stream of its host. */
  restartAgent(agent: WorldAgent): void {
    agent.ordinal += 1;
    agent.seq = 0;
    this.link(agent);
  }

  /** A tick at any time, as one that was late. */
  tick(agent: WorldAgent, of: { readonly timeMs: number; readonly value: number | Absence }): void {
    agent.seq += 1;
    const { ordinal, seq } = agent;
    const tick = { ...tickOf(layout, seq, [of.value], { ordinal, timeMs: of.timeMs }), hostId: agent.identity.hostId };
    agent.lastMs = Math.max(agent.lastMs, of.timeMs);
    if (this.#isUp) this.#room.tick(tick);
  }

  acknowledge(event: KeptEvent): void {
    this.store.acknowledge(event.alertId);
    this.#room.alerting.acknowledged(event.alertId);
  }

  storageAway(isAway: boolean): void {
    this.store.isAway = isAway;
    if (this.#isUp) this.#room.storageChanged(isAway);
  }

  /** Lets time pass: agents that are linked tick each second, the hub polls, what is due is sent. */
  async run(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      const step = Math.min(stepMs, untilMs - this.nowMs);
      this.nowMs += step;
      this.nowMonotonicMs += step;
      await this.#turn();
    }
  }

  /** The hub's process stands still (SIGSTOP) while the world goes on. */
  async pause(ms: number): Promise<void> {
    this.nowMs += ms;
    this.nowMonotonicMs += ms;
    await this.#turn();
  }

  /** What was told, oldest first. */
  told(): Told[] {
    const bySender = this.store.messages.flatMap(({ atMs, events }) =>
      events.map((event) => ({
        ...{ atMs, kind: event.kind, hostName: event.hostName, hostId: event.hostId, ruleName: event.ruleName },
        ...{ isFiring: event.seq % 2 === 1, key: event.key, isDirect: false },
      })),
    );
    const fromMemory = this.direct.flatMap(({ atMs, message }) =>
      message.events.map(({ kind, hostName, ruleName, isFiring, key }) => {
        return { atMs, kind, hostName, hostId: null, ruleName, isFiring, key, isDirect: true };
      }),
    );
    return [...bySender, ...fromMemory].sort((a, b) => a.atMs - b.atMs);
  }

  /** "fired web-1" and so on, since a moment. */
  said(fromMs = 0): string[] {
    return this.told()
      .filter(({ atMs }) => atMs >= fromMs)
      .map(({ kind, hostName, isFiring }) =>
        kind === 'told' ? `told ${hostName} ${isFiring ? 'fires' : 'is well'}` : `${kind} ${hostName}`,
      );
  }

  /** Kind and decision of everything that was recorded. */
  recorded(hostName?: string): string[] {
    return this.store.events
      .filter((event) => hostName === undefined || event.hostName === hostName)
      .map(({ kind, decision }) => `${kind} ${decision}`);
  }

  async #turn(): Promise<void> {
    if (this.#isUp) {
      for (const agent of this.agents) {
        if (agent.isLinked && !agent.isHanging && this.nowMs % layout.intervalMs === 0)
          this.tick(agent, { timeMs: this.nowMs, value: agent.value });
      }
      this.#room.poll();
      // Answers of the store and of senders come in between.
      for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
    }
    this.store.send(this.nowMs);
  }

  #know({ identity, lastMs }: WorldAgent): void {
    const { identity: known } = this.#registry.put({ ...identity, lastMs })!;
    if (this.#isUp) this.#room.hostChanged(known);
  }

  #define(): void {
    if (!this.#isUp) return;
    this.#room.setDefinitions({
      rules: this.#rules,
      channels: this.#channels,
      downtimes: this.#downtimes,
      silences: this.#silences,
    });
  }

  #id(): number {
    return this.#nextId++;
  }
}

export const seconds = (count: number) => count * 1_000;
export const minutes = (count: number) => count * 60_000;

/** Bad above 10. */
export const loadAbove = {
  kind: 'series',
  series: { patterns: ['load'], labels: {} },
  input: { kind: 'value' },
  condition: { kind: 'above', threshold: 10, recovery: null },
  noDataIntervals: null,
} as const satisfies RuleSubject;

export const hostDown: RuleSubject = { kind: 'hostDown', afterMs: 10_000 };
