/**
 * Hosts, a hub's alerts and a database in memory, under one clock: agents come and go, hubs die and start again, the
 * database goes away, people plan downtimes and edit rules. All of it by one seed. What must hold is asked at the end.
 */
import type { Downtime, Silence } from '#core/downtime.ts';
import { assert } from '#core/errors.ts';
import { anyHost, type Rule, type RuleSpec } from '#core/rule-spec.ts';
import { AlertRoom } from '../../alerting/alert-room.ts';
import type { Channel } from '../../notices/channel.ts';
import type { NoticeEvent, NoticeMessage, SendOutcome } from '../../notices/notice.ts';
import { Registry } from '../../registry.ts';
import type { EventRow } from '../../store/alerts/record.ts';
import { hostIdentity } from '../host-identity.ts';
import { World } from '../simulation/world.ts';
import { column, gauges } from '../ticks.ts';
import { MemoryAlerts } from './memory-alerts.ts';

const layout = gauges(['cpu', 'disk']);
const channelIds = [1, 2] as const;
const noticeIntervalMs = 5_000;

interface Agent {
  readonly hostId: number;
  isLinked: boolean;
  ordinal: number;
  seq: number;
  /** Value of `cpu`, a walk around the threshold. */
  value: number;
}

/** What reached one channel, in order, each key once. */
export interface Received {
  readonly events: NoticeEvent[];
  readonly keys: Set<string>;
}

export class StormWorld {
  readonly world: World;
  readonly store = new MemoryAlerts();
  readonly received = new Map<number, Received>(channelIds.map((id) => [id, { events: [], keys: new Set() }]));
  readonly #agents: readonly Agent[];
  readonly #startMs: number;
  #nowMs: number;
  #rules: readonly Rule[];
  #downtimes: readonly Downtime[] = [];
  #silences: readonly Silence[] = [];
  #registry: Registry;
  #room: AlertRoom;
  /** Messages of the outbox that have arrived. */
  #sentCount = 0;
  /** Keys of what was told from memory and lost with a hub before it could be recorded. */
  readonly lostKeys = new Set<string>();
  /** Downtimes as they were in force: from the moment they were known until they ended or were taken back. */
  readonly #covered: { readonly names: readonly string[]; readonly fromMs: number; toMs: number }[] = [];

  constructor(seed: number) {
    this.world = new World(seed);
    this.#startMs = 1_700_000_000_000;
    this.#nowMs = this.#startMs;
    this.#agents = Array.from({ length: 8 }, (_, index) => ({
      hostId: index + 1,
      isLinked: true,
      ordinal: 1,
      seq: 0,
      value: 50,
    }));
    this.#rules = [
      rule(1, { forMs: 2_000, keepFiringMs: this.world.pick([0, 3_000]), repeatMs: this.world.pick([null, 60_000]) }),
      rule(2, { subject: { kind: 'hostDown', afterMs: 10_000 } }),
      rule(3, { subject: { kind: 'silence', series: { patterns: ['*'], labels: {} }, intervals: 5 } }),
    ];
    [this.#registry, this.#room] = this.#start();
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** One second: what happens in it, then the hub's polls. */
  async step(isCalm: boolean): Promise<void> {
    if (!isCalm) this.#happen();
    for (const agent of this.#agents) this.#tick(agent, isCalm);
    for (let part = 0; part < 4; part += 1) {
      this.#nowMs += 250;
      this.#room.poll();
      for (let turn = 0; turn < 6; turn += 1) await Promise.resolve();
    }
    if (!this.store.isAway) this.#deliver();
  }

  /** Everything works again, and nothing keeps anybody quiet. */
  heal(): void {
    this.#setAway(false);
    this.#setDowntimes([]);
    this.#silences = [];
    this.#define();
    for (const agent of this.#agents) if (!agent.isLinked) this.#link(agent);
  }

  /** Throws for the first thing that does not hold. */
  check(): void {
    this.#checkStore();
    for (const [channelId, { events, keys }] of this.received) {
      const rows = this.store.events.filter(({ notices }) => notices.some((notice) => notice.channelId === channelId));
      for (const { key, kind } of rows) assert(keys.has(key), `an event of the outbox was told: ${kind} ${key}`);
      const recorded = new Set(rows.map(({ key }) => key));
      for (const { key, kind } of events) {
        if (kind === 'storageDown' || kind === 'storageBack' || this.lostKeys.has(key)) continue;
        assert(recorded.has(key), `what was told is recorded: ${kind} ${key}`);
      }
      this.#checkAlternation(rows);
    }
  }

  /** Targets of which people believe something else than what is so. */
  get untoldCount(): number {
    return this.store.readTargets(this.#nowMs).filter(({ phase, isTold }) => (phase === 'firing') !== isTold).length;
  }

  #checkStore(): void {
    const seqs = new Map<string, number>();
    for (const row of this.store.events) {
      const name = nameOf(row);
      if (row.kind === 'fired' || row.kind === 'resolved') {
        const before = seqs.get(name) ?? 0;
        assert(row.seq === before + 1, `transitions of a target follow each other: ${before} and ${row.seq}`);
        assert((row.seq % 2 === 1) === (row.kind === 'fired'), `fired is odd: got ${row.kind} ${row.seq}`);
        seqs.set(name, row.seq);
      }
      const quiet = row.decision === 'told' ? this.#coveredAt(row) : false;
      assert(!quiet, `nobody is told in a downtime: ${row.kind} of ${row.hostName}`);
      assert(row.decision !== 'told' || row.notices.length > 0, 'what is told has rows in the outbox');
      assert(row.decision === 'told' || row.notices.length === 0, `nobody is told of what is ${row.decision}`);
    }
  }

  #coveredAt({ hostName, hostId, atMs }: EventRow): boolean {
    return this.#covered.some(({ names, fromMs, toMs }) => {
      const isMeant = hostId !== 0 && (names.length === 0 || names.includes(hostName));
      return isMeant && atMs > fromMs && atMs < toMs;
    });
  }

  /** People hear of a target "fires" and "does not" in turn; reminders come while it fires. */
  #checkAlternation(rows: readonly EventRow[]): void {
    const firing = new Map<string, boolean>();
    for (const row of rows) {
      const name = nameOf(row);
      const isFiring = row.seq % 2 === 1;
      const believed = firing.get(name) ?? false;
      if (row.kind === 'repeated' || row.kind === 'escalated') assert(believed, 'reminders are of what fires');
      else assert(believed !== isFiring, `people hear of a change: ${row.kind} ${row.seq} of ${name}`);
      firing.set(name, isFiring);
    }
  }

  #happen(): void {
    const { world } = this;
    if (world.chance(0.03)) this.#restart();
    if (world.chance(0.03)) this.#setAway(!this.store.isAway);
    if (world.chance(0.02)) this.#setDowntimes(world.chance(0.5) ? [] : [this.#randomDowntime()]);
    if (world.chance(0.02)) this.#silences = world.chance(0.5) ? [] : [this.#randomSilence()];
    if (world.chance(0.02)) this.#rules = this.#rules.map((one) => this.#edited(one));
    this.#define();
    for (const agent of this.#agents) {
      if (world.chance(agent.isLinked ? 0.01 : 0.06)) this.#toggle(agent);
    }
    // A rack, or the way to it.
    if (world.chance(0.005)) for (const agent of this.#agents) if (agent.isLinked) this.#toggle(agent);
    // A pause of the hub: nothing is polled, and nobody is heard.
    if (world.chance(0.01)) this.#nowMs += world.between(1_000, 40_000);
  }

  #edited(one: Rule): Rule {
    if (!this.world.chance(0.5)) return one;
    return { ...one, isEnabled: this.world.chance(0.8), version: one.version + 1 };
  }

  #setDowntimes(downtimes: readonly Downtime[]): void {
    for (const window of this.#covered) window.toMs = Math.min(window.toMs, this.#nowMs);
    this.#downtimes = downtimes;
    for (const { spec } of downtimes) {
      if (spec.schedule.kind !== 'once') continue;
      const { startMs, endMs } = spec.schedule;
      this.#covered.push({ names: spec.hosts.names, fromMs: Math.max(startMs, this.#nowMs), toMs: endMs });
    }
  }

  #randomDowntime(): Downtime {
    const names = [`host-${this.world.between(1, 8)}`, `host-${this.world.between(1, 8)}`];
    const hosts = { ...anyHost, names: this.world.chance(0.3) ? [] : names };
    const startMs = this.#nowMs + this.world.between(-20_000, 10_000);
    const schedule = { kind: 'once', startMs, endMs: startMs + this.world.between(10_000, 120_000) } as const;
    return { id: 1, name: '', spec: { hosts, schedule, author: '', reason: '' }, origin: 'api', createdMs: 0 };
  }

  #randomSilence(): Silence {
    const spec = { hosts: anyHost, rules: ['rule 1'], series: [], severities: [], author: '', comment: '' };
    return { id: 1, spec, untilMs: this.#nowMs + this.world.between(5_000, 60_000), createdMs: 0 };
  }

  #tick(agent: Agent, isCalm: boolean): void {
    const { world } = this;
    if (!agent.isLinked) return;
    agent.seq += 1;
    agent.value = isCalm ? 50 : Math.max(0, Math.min(100, agent.value + world.between(-30, 30)));
    const isFailed = !isCalm && world.chance(0.2);
    const bytes = column([agent.value, isFailed ? 'failed' : 10]);
    const lateMs = !isCalm && world.chance(0.05) ? world.between(4_000, 60_000) : 0;
    const tick = {
      hostId: agent.hostId,
      ordinal: agent.ordinal,
      seq: agent.seq,
      layout,
      timeMs: this.#nowMs - lateMs,
      column: bytes,
    };
    const times = !isCalm && world.chance(0.1) ? 2 : 1;
    for (let time = 0; time < times; time += 1)
      if (this.#registry.push(agent.hostId, tick, this.#monotonicMs) === 'newest') this.#room.tick(tick);
  }

  get #monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  #toggle(agent: Agent): void {
    if (!agent.isLinked) {
      this.#link(agent);
      return;
    }
    agent.isLinked = false;
    const { presence } = this.#room;
    if (this.world.chance(0.2)) presence.bye(agent.hostId);
    presence.unlinked(agent.hostId);
  }

  #link(agent: Agent): void {
    agent.isLinked = true;
    agent.ordinal += 1;
    agent.seq = 0;
    this.#room.presence.linked(agent.hostId, { wallMs: this.#nowMs, isAdmitted: !this.store.isAway });
  }

  #setAway(isAway: boolean): void {
    if (this.store.isAway === isAway) return;
    this.store.isAway = isAway;
    this.#room.storageChanged(isAway);
  }

  #define(): void {
    this.#room.setDefinitions({
      rules: this.#rules,
      channels: channelIds.map(channel),
      downtimes: this.#downtimes,
      silences: this.#silences,
    });
  }

  /** kill -9: what was not recorded is gone with the hub, but for what had been told. */
  #restart(): void {
    if (this.store.isAway) this.#setAway(false);
    const recorded = new Set(this.store.events.map(({ key }) => key));
    for (const { events } of this.received.values())
      for (const { key } of events) if (!recorded.has(key)) this.lostKeys.add(key);
    [this.#registry, this.#room] = this.#start();
    for (const agent of this.#agents) if (agent.isLinked) this.#link(agent);
  }

  #start(): [Registry, AlertRoom] {
    const registry = new Registry({ ringBytesMax: 1e8, ringWindowMsMax: 60_000 });
    for (const { hostId } of this.#agents) registry.put(hostIdentity(hostId, { lastMs: this.#nowMs }));
    const room: AlertRoom = new AlertRoom(
      {
        registry,
        clocks: () => ({ nowMs: this.#nowMs, nowMonotonicMs: this.#monotonicMs }),
        // What a hub that has died still had under way is as good as never sent.
        record: async (rows) => {
          if (room !== this.#room) throw new Error('the hub is dead');
          return await this.store.record(rows, this.#nowMs);
        },
        savePending: (change) => this.store.savePending(change),
        noteBye: async () => {},
        heardHosts: async () => [],
        pokeNotices: () => {},
        sendDirect: async (to, message) => this.#receive(to.id, message),
        alertsChanged: () => {},
        alertsKnown: () => {},
        soon: queueMicrotask,
        random: this.world.random,
        warn: (event) => assert(false, event),
      },
      {
        hubId: 'hub',
        life: '',
        settings: { noticeWaitMs: 0, noticeIntervalMs },
        targets: this.store.readTargets(this.#nowMs),
      },
    );
    this.#room = room;
    this.#define();
    return [registry, room];
  }

  #deliver(): void {
    this.store.send(this.#nowMs);
    for (const { channelId, events } of this.store.messages.slice(this.#sentCount))
      this.#accept(channelId, events.map(noticeOf));
    this.#sentCount = this.store.messages.length;
  }

  /** A sender that fails now and then: nothing has arrived, or everything has. */
  #receive(channelId: number, { events }: NoticeMessage): SendOutcome {
    const failed = { kind: 'failed', answer: 'HTTP 500', retryAfterMs: null } as const;
    if (this.world.chance(0.1)) return failed;
    const outcome = this.#accept(channelId, events);
    return this.world.chance(0.1) ? failed : outcome;
  }

  #accept(channelId: number, events: readonly NoticeEvent[]): SendOutcome {
    const received = this.received.get(channelId)!;
    for (const event of events) {
      if (received.keys.has(event.key)) continue;
      received.keys.add(event.key);
      received.events.push(event);
    }
    return { kind: 'sent', answer: 'HTTP 200' };
  }
}

function rule(id: number, change: Partial<RuleSpec>): Rule {
  const spec: RuleSpec = {
    subject: {
      kind: 'series',
      series: { patterns: ['cpu'], labels: {} },
      input: { kind: 'value' },
      condition: { kind: 'above', threshold: 70, recovery: 60 },
      noDataIntervals: null,
    },
    hosts: anyHost,
    ...{ forMs: 0, keepFiringMs: 0, severity: 'warning', summary: '', message: '', channels: null, groupBy: [] },
    ...{ repeatMs: null, escalations: [], overrides: [] },
    ...change,
  };
  const about = { isEnabled: true, origin: 'api', version: 1, createdMs: 0, changedMs: 0 } as const;
  return { id, name: `rule ${id}`, spec, ...about };
}

function channel(id: number): Channel {
  const about = { isEnabled: true, origin: 'api', version: 1, createdMs: 0, changedMs: 0 } as const;
  return { id, name: `channel ${id}`, kind: 'webhook', sealedSettings: {}, ...about };
}

function nameOf({ ruleId, hostId, series }: { ruleId: number; hostId: number; series: string }): string {
  return `${ruleId} ${hostId} ${series}`;
}

function noticeOf({ key, kind }: EventRow): NoticeEvent {
  return { key, kind } as NoticeEvent;
}
