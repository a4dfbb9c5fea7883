import { describe, expect, test } from 'vitest';
import type { Downtime, Silence } from '#core/downtime.ts';
import type { AlertRow } from '#core/message.ts';
import { anyHost, type Rule, type RuleSpec } from '#core/rule-spec.ts';
import { wellFormed } from '#core/utf8.ts';
import type { Channel } from '../notices/channel.ts';
import type { NoticeEvent, SendOutcome } from '../notices/notice.ts';
import type { Host } from '../registry.ts';
import type { EventRow } from '../store/alerts/record.ts';
import { MemoryAlerts } from '../testing/alerts/memory-alerts.ts';
import { Alerting, type Definitions } from './alerting.ts';
import { queuedEventsMax } from './event-queue.ts';
import type { Judgement, SavedTarget, TargetState } from './judgement.ts';

const mail = 1;
const phone = 2;
const startMs = 1_700_000_000_000;

const spec: RuleSpec = {
  subject: {
    kind: 'series',
    series: { patterns: ['cpu'], labels: {} },
    input: { kind: 'value' },
    condition: { kind: 'above', threshold: 90, recovery: null },
    noDataIntervals: null,
  },
  hosts: anyHost,
  forMs: 0,
  keepFiringMs: 0,
  severity: 'warning',
  summary: '',
  message: '',
  channels: ['mail'],
  groupBy: [],
  repeatMs: null,
  escalations: [],
  overrides: [],
};

function rule(change: Partial<RuleSpec> = {}, id = 1): Rule {
  const about = { isEnabled: true, origin: 'api', version: 1, createdMs: 0, changedMs: 0 } as const;
  return { id, name: id === 1 ? 'CPU' : `rule ${id}`, spec: { ...spec, ...change }, ...about };
}

function channel(id: number, name: string): Channel {
  const about = { isEnabled: true, origin: 'api', version: 1, createdMs: 0, changedMs: 0 } as const;
  return { id, name, kind: 'webhook', sealedSettings: {}, ...about };
}

function downtime(fromMs: number, toMs: number, names: readonly string[] = []): Downtime {
  const schedule = { kind: 'once', startMs: startMs + fromMs, endMs: startMs + toMs } as const;
  const about = { author: 'ann', reason: 'new disk' };
  return { id: 5, name: '', spec: { hosts: { ...anyHost, names }, schedule, ...about }, origin: 'api', createdMs: 0 };
}

/** Alerting with hosts web-1 … web-9, a store in memory, and a clock of its own. */
class World {
  readonly store = new MemoryAlerts();
  readonly direct: { readonly channelId: number; readonly events: readonly NoticeEvent[] }[] = [];
  readonly shown: AlertRow[] = [];
  readonly down = new Set<number>();
  readonly restored: SavedTarget[] = [];
  isSenderBroken = false;
  /** What the sender's answer waits for. */
  senderGate: Promise<void> = Promise.resolve();
  /** Of every host. */
  tags: Readonly<Record<string, string>> = {};
  nowMs = startMs;
  definitions: Definitions = {
    rules: [rule()],
    channels: [channel(mail, 'mail'), channel(phone, 'phone')],
    downtimes: [],
    silences: [],
  };
  alerting = this.#create();

  #create(): Alerting {
    const alerting = new Alerting(
      {
        registry: {
          host: (hostId) => hostOf(hostId, this.tags),
          byName: (name) => hostOf(Number(name.slice(4)), this.tags),
        },
        judge: {
          setRules: () => {},
          restore: (saved) => this.restored.push(...saved),
          targetStates: (): TargetState[] => [],
          isHostDown: (hostId) => this.down.has(hostId),
        },
        record: (rows) => this.store.record(rows, this.nowMs),
        savePending: async () => {},
        isDataError: () => false,
        pokeNotices: () => {},
        sendDirect: async ({ id }, { events }): Promise<SendOutcome> => {
          if (this.isSenderBroken) return { kind: 'failed', answer: 'HTTP 500', retryAfterMs: null };
          this.direct.push({ channelId: id, events });
          await this.senderGate;
          return { kind: 'sent', answer: 'HTTP 200' };
        },
        alertsChanged: (rows) => this.shown.push(...rows),
        soon: (work) => work(),
        random: () => 0,
        warn: (event) => expect.fail(event),
      },
      { hubId: 'hub', life: '', settings: { noticeWaitMs: 300, noticeIntervalMs: 60_000 }, idleTargetsMax: 10 },
    );
    alerting.setDefinitions(this.definitions);
    alerting.restore(this.store.readTargets(this.nowMs), { nowMs: this.nowMs, nowMonotonicMs: this.nowMs - startMs });
    return alerting;
  }
  set(change: Partial<Definitions>): void {
    this.definitions = { ...this.definitions, ...change };
    this.alerting.setDefinitions(this.definitions);
  }
  /** Lets time pass in steps of a second. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      this.nowMs += Math.min(1_000, ms - passed);
      await this.poll();
    }
  }
  async poll(): Promise<void> {
    this.alerting.poll({ nowMs: this.nowMs, nowMonotonicMs: this.nowMs - startMs });
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
  judge(kind: Judgement['kind'], hostId = 1, change: Partial<Judgement> = {}): void {
    const { rules } = this.definitions;
    const ruleId = change.target?.ruleId ?? 1;
    const own = rules.find(({ id }) => id === ruleId) ?? rules[0]!;
    const hostRule = { rule: own, severity: own.spec.severity, condition: null, forMs: 0 };
    const judgement: Judgement = {
      kind,
      target: { ruleId, hostId, series: 'cpu' },
      hostRule,
      cause: 'limits',
      timeMs: this.nowMs,
      ordinal: 1,
      sinceMs: this.nowMs,
      value: 95,
      unit: 'percent',
      why: 'good',
      ...change,
    };
    this.alerting.judged(judgement, { nowMs: this.nowMs, nowMonotonicMs: this.nowMs - startMs });
  }
  /** The hub dies and starts again. */
  restart(): void {
    this.alerting = this.#create();
  }
  /** Kind, host and series of each event with a row in the outbox of this channel. */
  told(channelId: number): string[] {
    return this.outbox()
      .filter((one) => one.channelId === channelId)
      .map(({ event }) => `${event.kind} ${event.hostName} ${event.series}`.trim());
  }
  outbox() {
    return this.store.events.flatMap((event) =>
      event.notices.map(({ channelId, isSent }) => ({ channelId, isSent, event })),
    );
  }
  /** Another hub, or a run of which nothing is known, makes this step. */
  async elsewhere(hostId: number, seq: number): Promise<void> {
    const kind = seq % 2 === 1 ? 'fired' : 'resolved';
    const said = { severity: 'warning', cause: 'limits', message: '', condition: '', unit: '', trace: {} } as const;
    const row: EventRow = {
      ...{ ruleId: 1, hostId, series: 'cpu', key: `elsewhere ${hostId} ${seq}`, kind, seq },
      ...{ atMs: this.nowMs, tickMs: this.nowMs, ordinal: 1, value: 1, decision: 'told', ...said },
      ...{ ruleName: 'CPU', hostName: '', threshold: null, why: null, step: 0, notices: [] },
    };
    await this.store.record([row], this.nowMs);
  }
}

function hostOf(hostId: number, tags: Readonly<Record<string, string>>): Host | undefined {
  if (!(hostId >= 1 && hostId <= 9)) return undefined;
  return { identity: { hostId, name: `web-${hostId}`, tags } } as unknown as Host;
}

describe('an alert', () => {
  test('is told when it fires and when it resolves, on the channels of its rule', async () => {
    const world = new World();
    world.judge('fired');
    await world.pass(1_000);
    world.judge('resolved');
    await world.pass(1_000);
    expect(world.told(mail)).toEqual(['fired web-1 cpu', 'resolved web-1 cpu']);
    expect(world.told(phone)).toEqual([]);
    expect(world.store.events.map(({ seq, decision }) => [seq, decision])).toEqual([
      [1, 'told'],
      [2, 'told'],
    ]);
  });

  test('shows each change to viewers, with its id once that is known', async () => {
    const world = new World();
    world.judge('pending');
    await world.poll();
    world.judge('fired');
    await world.pass(2_000);
    world.judge('resolved');
    await world.pass(1_000);
    expect(world.shown.map(({ phase, alertId }) => `${phase} ${alertId}`)).toEqual([
      'pending null',
      'firing null',
      'firing 1',
      'inactive null',
    ]);
    expect(world.alerting.open()).toEqual([]);
  });

  test('that nobody was told of ends without a notice', async () => {
    const world = new World();
    world.set({ downtimes: [downtime(0, 60_000)] });
    world.judge('fired');
    await world.pass(2_000);
    world.judge('resolved');
    await world.pass(120_000);
    expect(world.store.events.map(({ kind, decision }) => [kind, decision])).toEqual([
      ['fired', 'downtime'],
      ['resolved', 'unchanged'],
    ]);
    expect(world.outbox()).toEqual([]);
  });

  test('without a channel is recorded, and told once there is one', async () => {
    const world = new World();
    world.set({ channels: [] });
    world.judge('fired');
    await world.pass(5_000);
    expect(world.store.events.map(({ decision }) => decision)).toEqual(['noChannel']);
    world.set({ channels: [channel(mail, 'mail')] });
    await world.pass(5_000);
    expect(world.told(mail)).toEqual(['told web-1 cpu']);
  });
});

describe('a downtime', () => {
  test('keeps quiet, and at its end tells once where people believe something else', async () => {
    const world = new World();
    world.judge('fired', 1);
    await world.pass(1_000);
    world.set({ downtimes: [downtime(0, 60_000)] });
    world.judge('resolved', 1);
    world.judge('fired', 2);
    world.judge('fired', 3);
    await world.pass(10_000);
    world.judge('resolved', 3);
    await world.pass(20_000);
    expect(world.told(mail)).toEqual(['fired web-1 cpu']);
    await world.pass(60_000);
    expect(world.told(mail)).toEqual(['fired web-1 cpu', 'told web-1 cpu', 'told web-2 cpu']);
    await world.pass(600_000);
    expect(world.told(mail)).toHaveLength(3);
  });

  test('of other hosts keeps nobody quiet', async () => {
    const world = new World();
    world.set({ downtimes: [downtime(0, 60_000, ['web-2'])] });
    world.judge('fired', 1);
    await world.pass(1_000);
    expect(world.told(mail)).toEqual(['fired web-1 cpu']);
  });

  test('in which an alert ends and fires again tells nothing at its end', async () => {
    const world = new World();
    world.judge('fired');
    await world.pass(1_000);
    world.set({ downtimes: [downtime(0, 60_000)] });
    world.judge('resolved');
    await world.pass(5_000);
    world.judge('fired');
    await world.pass(120_000);
    expect(world.told(mail)).toEqual(['fired web-1 cpu']);
    expect(world.store.events.at(-1)).toMatchObject({ kind: 'fired', decision: 'unchanged' });
  });
});

test('a silence keeps what it means quiet until it ends', async () => {
  const world = new World();
  const about = { rules: ['CP*'], series: ['cpu'], severities: [], author: 'ann', comment: 'known' } as const;
  const silence: Silence = { id: 9, spec: { hosts: anyHost, ...about }, untilMs: startMs + 60_000, createdMs: 0 };
  world.set({ silences: [silence], rules: [rule(), rule({}, 2)] });
  world.judge('fired', 1);
  world.judge('fired', 1, { target: { ruleId: 2, hostId: 1, series: 'cpu' } });
  await world.pass(30_000);
  expect(world.store.events.map(({ ruleId, decision }) => [ruleId, decision])).toEqual([
    [1, 'silenced'],
    [2, 'told'],
  ]);
  expect(world.store.events[0]!.trace).toMatchObject({ silence: { id: 9, author: 'ann', comment: 'known' } });
  await world.pass(60_000);
  expect(world.told(mail)).toEqual(['fired web-1 cpu', 'told web-1 cpu']);
});

describe('an outage', () => {
  test('of a host swallows what follows from it', async () => {
    const world = new World();
    world.judge('fired', 1, { target: { ruleId: 1, hostId: 1, series: '' }, cause: 'hostDown', value: null });
    world.down.add(1);
    world.judge('fired', 1);
    await world.pass(5_000);
    expect(world.told(mail)).toEqual(['fired web-1']);
    world.down.delete(1);
    world.judge('resolved', 1);
    world.judge('resolved', 1, { target: { ruleId: 1, hostId: 1, series: '' }, cause: 'hostDown', why: 'back' });
    await world.pass(5_000);
    expect(world.told(mail)).toEqual(['fired web-1', 'resolved web-1']);
  });

  const outage = { lostCount: 9, connectedCount: 9, names: ['web-1', 'web-2', 'web-3', 'web-4', 'web-5'] };
  const fleet = { target: { ruleId: 1, hostId: 0, series: '' }, cause: 'massOutage', value: null, outage } as const;
  const single = (hostId: number) =>
    ({ target: { ruleId: 1, hostId, series: '' }, cause: 'hostDown', value: null }) as const;

  test('of many hosts at once is one notice, and who is still away at its end is told of then', async () => {
    const world = new World();
    world.judge('fired', 0, fleet);
    for (let hostId = 1; hostId <= 9; hostId += 1) world.judge('fired', hostId, single(hostId));
    await world.pass(5_000);
    expect(world.told(mail)).toEqual(['fired 9 hosts']);
    for (let hostId = 1; hostId <= 8; hostId += 1) world.judge('resolved', hostId, single(hostId));
    world.judge('resolved', 0, { ...fleet, why: 'back' });
    await world.pass(5_000);
    expect(world.told(mail)).toEqual(['fired 9 hosts', 'resolved 9 hosts', 'told web-9']);
  });

  test('that was planned is none', async () => {
    const world = new World();
    world.set({ downtimes: [downtime(0, 3_600_000, ['web-1', 'web-2', 'web-3', 'web-4'])] });
    world.judge('fired', 0, fleet);
    for (const hostId of [1, 5]) world.judge('fired', hostId, single(hostId));
    await world.pass(5_000);
    expect(world.told(mail)).toEqual(['fired web-5']);
  });
});

describe('reminders', () => {
  test('repeat and escalate until somebody acknowledges', async () => {
    const world = new World();
    const escalations = [{ afterMs: 150_000, channels: ['phone'] }];
    world.set({ rules: [rule({ repeatMs: 60_000, escalations })] });
    world.judge('fired');
    await world.pass(200_000);
    expect(world.told(mail)).toEqual([
      'fired web-1 cpu',
      'repeated web-1 cpu',
      'repeated web-1 cpu',
      'repeated web-1 cpu',
    ]);
    expect(world.told(phone)).toEqual(['escalated web-1 cpu', 'repeated web-1 cpu']);
    expect(world.alerting.acknowledged(1)).toBe(true);
    await world.pass(600_000);
    world.judge('resolved');
    await world.pass(5_000);
    expect(world.told(mail).slice(4)).toEqual(['resolved web-1 cpu']);
    expect(world.told(phone).slice(2)).toEqual(['resolved web-1 cpu']);
  });

  test('rest in a downtime, and do not catch up behind it', async () => {
    const world = new World();
    world.set({ rules: [rule({ repeatMs: 60_000 })] });
    world.judge('fired');
    await world.pass(1_000);
    world.set({ downtimes: [downtime(0, 600_000)] });
    await world.pass(590_000);
    expect(world.told(mail)).toEqual(['fired web-1 cpu']);
    await world.pass(30_000);
    expect(world.told(mail)).toEqual(['fired web-1 cpu', 'repeated web-1 cpu']);
  });
});

describe('a restart', () => {
  test('tells nothing of what had been told', async () => {
    const world = new World();
    world.judge('fired', 1);
    world.judge('fired', 2);
    await world.pass(1_000);
    world.judge('resolved', 2);
    await world.pass(1_000);
    world.restart();
    await world.pass(600_000);
    expect(world.told(mail)).toHaveLength(3);
    expect(world.restored).toMatchObject([{ hostId: 1, phase: 'firing', seq: 1 }]);
    world.judge('resolved', 1);
    world.judge('fired', 2);
    await world.pass(1_000);
    expect(world.store.events.map(({ hostId, seq }) => [hostId, seq]).slice(3)).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  test('in a downtime forgets nothing that is to be told behind it', async () => {
    const world = new World();
    world.set({ downtimes: [downtime(0, 60_000)] });
    world.judge('fired');
    await world.pass(1_000);
    world.restart();
    await world.pass(120_000);
    expect(world.told(mail)).toEqual(['told web-1 cpu']);
  });
});

test('what fires of a host that is no more ends at the start', async () => {
  const world = new World();
  world.judge('fired', 1);
  await world.pass(1_000);
  await world.elsewhere(99, 1);
  world.restart();
  await world.pass(1_000);
  expect(world.store.events.map(({ hostId, kind, why }) => [hostId, kind, why])).toEqual([
    [1, 'fired', null],
    [99, 'fired', null],
    [99, 'resolved', 'removed'],
  ]);
  expect(world.restored.map(({ hostId }) => hostId)).toEqual([1]);
});

test('a step that somebody else has made is taken over, and the machine goes on from it', async () => {
  const world = new World();
  for (const seq of [1, 2, 3]) await world.elsewhere(1, seq);
  world.judge('fired');
  await world.pass(1_000);
  expect(world.store.events).toHaveLength(3);
  expect(world.restored).toMatchObject([{ hostId: 1, phase: 'firing', seq: 3, isTold: true, alertId: 2 }]);
  world.judge('resolved');
  await world.pass(1_000);
  expect(world.store.events.slice(3).map(({ kind, seq }) => [kind, seq])).toEqual([['resolved', 4]]);
});

describe('a target of which the database knows more steps than memory', () => {
  test('as another hub has made them, is told when it fires', async () => {
    const world = new World();
    const here = world.alerting;
    world.restart();
    for (const kind of ['fired', 'resolved'] as const) {
      world.judge(kind);
      await world.pass(1_000);
    }
    world.alerting = here;
    for (const kind of ['fired', 'resolved'] as const) {
      world.judge(kind);
      await world.pass(1_000);
    }
    const both = ['fired web-1 cpu', 'resolved web-1 cpu'];
    expect(world.told(mail)).toEqual([...both, ...both]);
    expect(world.store.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  test('under keys that are not known here, is told when it fires', async () => {
    const world = new World();
    for (const seq of [1, 2]) await world.elsewhere(1, seq);
    world.judge('fired');
    await world.pass(1_000);
    expect(world.told(mail)).toEqual(['fired web-1 cpu']);
    expect(world.store.events.at(-1)).toMatchObject({ kind: 'fired', seq: 3 });
  });
});

test('the end is told to those who heard of the beginning, although the rule names others by then', async () => {
  const world = new World();
  world.judge('fired');
  await world.pass(1_000);
  world.set({ rules: [rule({ channels: ['phone'] })] });
  world.judge('resolved');
  await world.pass(1_000);
  expect(world.told(mail)).toEqual(['fired web-1 cpu', 'resolved web-1 cpu']);
  world.judge('fired');
  await world.pass(1_000);
  expect([world.told(mail).length, world.told(phone)]).toEqual([2, ['resolved web-1 cpu', 'fired web-1 cpu']]);
});

test('a reminder of what has resolved at another hub is not told, and says so here', async () => {
  const world = new World();
  world.set({ rules: [rule({ repeatMs: 60_000 })] });
  world.judge('fired');
  await world.pass(30_000);
  await world.elsewhere(1, 2);
  await world.pass(60_000);
  expect(world.told(mail)).toEqual(['fired web-1 cpu']);
  expect(world.alerting.open()).toEqual([]);
});

test('what is to be told of many at once leaves the queue within its bound', async () => {
  const world = new World();
  const count = queuedEventsMax + 100;
  world.set({ downtimes: [downtime(0, 10_000)] });
  for (let index = 0; index < count; index += 1)
    world.judge('fired', 1, { target: { ruleId: 1, hostId: 1, series: `cpu ${index}` } });
  await world.pass(8_000);
  world.store.isAway = true;
  await world.pass(5_000);
  expect(world.alerting.queuedCount).toBe(queuedEventsMax);
  world.store.isAway = false;
  await world.pass(60_000);
  expect([world.alerting.queuedCount, world.outbox().length]).toEqual([0, count]);
});

describe('while the database is away', () => {
  const away = (world: World, isAway: boolean) => {
    world.store.isAway = isAway;
    world.alerting.storageChanged(isAway, { nowMs: world.nowMs, nowMonotonicMs: world.nowMs - startMs });
  };
  const kinds = (world: World, channelId: number) =>
    world.direct.filter((one) => one.channelId === channelId).flatMap(({ events }) => events.map(({ kind }) => kind));

  test('for a moment nothing is said, and what has happened is recorded when it is back', async () => {
    const world = new World();
    away(world, true);
    world.judge('fired');
    await world.pass(20_000);
    away(world, false);
    await world.pass(10_000);
    expect(world.direct).toEqual([]);
    expect(world.told(mail)).toEqual(['fired web-1 cpu']);
  });

  test('for 30 s each channel is told so, and transitions are told from memory and recorded later under the same key', async () => {
    const world = new World();
    away(world, true);
    await world.pass(31_000);
    expect([kinds(world, mail), kinds(world, phone)]).toEqual([['storageDown'], ['storageDown']]);
    world.judge('fired');
    await world.pass(70_000);
    expect([kinds(world, mail), kinds(world, phone)]).toEqual([['storageDown', 'fired'], ['storageDown']]);
    away(world, false);
    await world.pass(70_000);
    expect(kinds(world, mail)).toEqual(['storageDown', 'fired', 'storageBack']);
    expect(world.outbox().map(({ channelId, isSent }) => [channelId, isSent])).toEqual([[mail, true]]);
    const told = world.direct.flatMap(({ events }) => events).find(({ kind }) => kind === 'fired');
    expect(world.store.events[0]!.key).toBe(told!.key);
  });

  test('what is being told when it comes back is not recorded before that is over, so that nobody is told twice', async () => {
    const world = new World();
    away(world, true);
    await world.pass(100_000);
    let answer = () => {};
    world.senderGate = new Promise((settle) => {
      answer = settle;
    });
    world.judge('fired');
    await world.pass(1_000);
    away(world, false);
    await world.pass(10_000);
    expect([kinds(world, mail), world.outbox()]).toEqual([['storageDown', 'fired'], []]);
    answer();
    await world.pass(2_000);
    expect(world.outbox()).toMatchObject([{ channelId: mail, isSent: true }]);
  });

  test('again and again, it is said once an hour', async () => {
    const world = new World();
    for (let outage = 0; outage < 10; outage += 1) {
      away(world, true);
      await world.pass(120_000);
      away(world, false);
      await world.pass(120_000);
    }
    expect(kinds(world, mail)).toEqual(['storageDown', 'storageBack']);
  });

  test('a channel that fails is tried again, and what could not be sent waits in the outbox', async () => {
    const world = new World();
    world.isSenderBroken = true;
    away(world, true);
    world.judge('fired');
    await world.pass(60_000);
    away(world, false);
    await world.pass(5_000);
    expect(world.outbox().map(({ isSent }) => isSent)).toEqual([false]);
    expect(world.direct).toEqual([]);
  });

  test('the queue has a bound', async () => {
    const world = new World();
    away(world, true);
    for (let ruleId = 1; world.alerting.hasRoom; ruleId += 1)
      world.judge('fired', 1, { target: { ruleId, hostId: 1, series: 'cpu' } });
    expect(world.alerting.queuedCount).toBe(10_000);
    away(world, false);
    await world.pass(60_000);
    expect([world.alerting.queuedCount, world.store.events.length]).toEqual([0, 10_000]);
  });
});

test('a group of long tags is never cut within a character, which the database would refuse', async () => {
  const world = new World();
  const groupBy = ['site', 'team', 'room'];
  world.set({ rules: [rule({ groupBy })] });
  const long = '😀'.repeat(100);
  for (const shift of ['', 'x']) {
    world.tags = { site: shift + long, team: long, room: long };
    world.judge('fired', 1 + shift.length);
  }
  await world.pass(1_000);
  const groups = world.outbox().map(({ event }) => event.notices[0]!.groupKey);
  expect(groups.filter((group) => group.length > 500 || wellFormed(group) !== group)).toEqual([]);
  expect(groups).toHaveLength(2);
});

test('events that the database does not take are told from memory, although it answers everybody else', async () => {
  const world = new World();
  world.store.isAway = true;
  world.judge('fired');
  await world.pass(29_000);
  expect(world.direct).toEqual([]);
  await world.pass(5_000);
  const told = world.direct.filter(({ channelId }) => channelId === mail).flatMap(({ events }) => events);
  expect(told.map(({ kind }) => kind)).toEqual(['storageDown', 'fired']);
  world.store.isAway = false;
  await world.pass(60_000);
  expect(world.outbox()).toMatchObject([{ channelId: mail, isSent: true, event: { key: told[1]!.key } }]);
});

test('series that come and go for ever do not fill memory, and one that comes back is told', async () => {
  const world = new World();
  const target = (index: number) => ({ target: { ruleId: 1, hostId: 1, series: `cpu ${index}` } });
  for (let index = 0; index < 30; index += 1) {
    world.judge('fired', 1, target(index));
    if (index > 0) world.judge('resolved', 1, target(index));
  }
  await world.pass(2_000);
  expect(world.alerting.targetCount).toBe(11);
  expect(world.alerting.open().map(({ series }) => series)).toEqual(['cpu 0']);
  world.judge('fired', 1, target(5));
  await world.pass(1_000);
  expect(world.store.events.at(-1)).toMatchObject({ kind: 'fired', seq: 3, series: 'cpu 5' });
});
