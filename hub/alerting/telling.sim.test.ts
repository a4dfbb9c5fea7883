/** What people are told of alerts over hours, on a clock that the test moves: downtimes, silences, restarts, storage. */
import { describe, expect, test } from 'vitest';
import {
  FleetWorld,
  hostDown,
  loadAbove,
  minutes,
  noticeIntervalMs,
  noticeWaitMs,
  seconds,
  worldStartMs,
} from '../testing/alerts/fleet-world.ts';

/** One host whose load may rise, a rule of a minute's distance from now, and time for both to settle. */
async function oneHost(more: Parameters<FleetWorld['addRule']>[2] = {}) {
  const world = new FleetWorld({ hosts: ['web'] });
  world.addRule('load', loadAbove, more);
  const agent = world.agent('web');
  world.link(agent);
  await world.run(minutes(2));
  return { world, agent };
}

const once = (startMs: number, endMs: number) => ({ kind: 'once', startMs, endMs }) as const;

describe('a downtime', () => {
  test('keeps everything quiet; at its end what still fires is told once', async () => {
    const { world, agent } = await oneHost();
    world.addDowntime(once(world.nowMs, world.nowMs + minutes(30)));
    agent.value = 50;
    await world.run(minutes(29));
    expect(world.said()).toEqual([]);
    expect(world.recorded()).toEqual(['fired downtime']);
    await world.run(minutes(60));
    expect(world.said()).toEqual(['told web fires']);
    agent.value = 0;
    await world.run(minutes(5));
    expect(world.said()).toEqual(['told web fires', 'resolved web']);
  });

  test('leaves nothing to be told when what fired in it has resolved in it', async () => {
    const { world, agent } = await oneHost();
    world.addDowntime(once(world.nowMs, world.nowMs + minutes(30)));
    for (const value of [50, 0, 60, 0]) {
      agent.value = value;
      await world.run(minutes(5));
    }
    await world.run(minutes(60));
    expect(world.said()).toEqual([]);
    expect(world.recorded()).toEqual(['fired downtime', 'resolved unchanged', 'fired downtime', 'resolved unchanged']);
  });

  test('tells at its end that what was told before has resolved in it', async () => {
    const { world, agent } = await oneHost();
    agent.value = 50;
    await world.run(minutes(5));
    const downtime = world.addDowntime(once(world.nowMs, world.nowMs + minutes(30)));
    agent.value = 0;
    await world.run(minutes(20));
    expect(world.said()).toEqual(['fired web']);
    world.removeDowntime(downtime);
    await world.run(minutes(5));
    expect(world.said()).toEqual(['fired web', 'told web is well']);
  });

  test('says nothing at its end of what fires again as it did before', async () => {
    const { world, agent } = await oneHost();
    agent.value = 50;
    await world.run(minutes(5));
    world.addDowntime(once(world.nowMs, world.nowMs + minutes(30)));
    for (const value of [0, 50]) {
      agent.value = value;
      await world.run(minutes(5));
    }
    await world.run(minutes(60));
    expect(world.said()).toEqual(['fired web']);
    expect(world.recorded()).toEqual(['fired told', 'resolved downtime', 'fired unchanged']);
  });

  test('may have begun before it was made', async () => {
    const { world, agent } = await oneHost();
    world.addDowntime(once(world.nowMs - minutes(60), world.nowMs + minutes(10)));
    agent.value = 50;
    await world.run(minutes(9));
    expect(world.said()).toEqual([]);
    await world.run(minutes(5));
    expect(world.said()).toEqual(['told web fires']);
  });

  test('that recurs covers each of its windows and nothing between them', async () => {
    const { world, agent } = await oneHost();
    // Each hour at half past, for ten minutes; the world starts at 12:00 UTC, 13:00 in Berlin.
    const schedule = {
      start: '2026-03-01T13:30:00',
      rule: 'FREQ=HOURLY',
      durationMs: minutes(10),
      zone: 'Europe/Berlin',
    };
    world.addDowntime({ kind: 'recurring', ...schedule });
    for (const hour of [0, 1]) {
      await world.run(worldStartMs + hour * minutes(60) + minutes(32) - world.nowMs);
      agent.value = 50;
      await world.run(minutes(3));
      agent.value = 0;
      await world.run(minutes(15));
    }
    expect(world.said()).toEqual([]);
    agent.value = 50;
    await world.run(minutes(2));
    expect(world.said()).toEqual(['fired web']);
  });

  test('means only the hosts that it names', async () => {
    const world = new FleetWorld({ hosts: ['web', { name: 'db', tags: { role: 'db' } }] });
    world.addRule('load', loadAbove, { groupBy: ['role'] });
    world.link(...world.agents);
    await world.run(minutes(2));
    world.addDowntime(once(world.nowMs, world.nowMs + minutes(30)), { tags: { role: 'd*' } });
    for (const agent of world.agents) agent.value = 50;
    await world.run(minutes(5));
    expect(world.said()).toEqual(['fired web']);
  });
});

describe('a silence', () => {
  test('keeps its alerts quiet; at its end what still fires is told once', async () => {
    const { world, agent } = await oneHost();
    world.addSilence(world.nowMs + minutes(20), { rules: ['lo*'] });
    agent.value = 50;
    await world.run(minutes(19));
    expect(world.recorded()).toEqual(['fired silenced']);
    expect(world.said()).toEqual([]);
    await world.run(minutes(20));
    expect(world.said()).toEqual(['told web fires']);
  });

  test('of other rules keeps nothing quiet', async () => {
    const { world, agent } = await oneHost();
    world.addSilence(world.nowMs + minutes(20), { rules: ['disk*'] });
    agent.value = 50;
    await world.run(minutes(1));
    expect(world.said()).toEqual(['fired web']);
  });
});

describe('reminders', () => {
  test('come as long as nobody has acknowledged', async () => {
    const { world, agent } = await oneHost({ repeatMs: minutes(30) });
    agent.value = 50;
    await world.run(minutes(95));
    expect(world.said()).toEqual(['fired web', 'repeated web', 'repeated web', 'repeated web']);
    world.acknowledge(world.store.events[0]!);
    await world.run(minutes(120));
    expect(world.said()).toHaveLength(4);
    agent.value = 0;
    await world.run(minutes(5));
    expect(world.said().at(-1)).toBe('resolved web');
  });

  test('go on where they were when the hub starts again', async () => {
    const { world, agent } = await oneHost({ repeatMs: minutes(30) });
    agent.value = 50;
    await world.run(minutes(35));
    world.crash();
    world.start();
    // Pages that were open all the time learn at once that it still fires.
    expect(world.toldAtStart).toMatchObject([{ phase: 'firing', decision: 'told' }]);
    world.link(agent);
    await world.run(minutes(20));
    expect(world.said()).toEqual(['fired web', 'repeated web']);
    await world.run(minutes(15));
    expect(world.said()).toEqual(['fired web', 'repeated web', 'repeated web']);
  });

  test('reach the channels of an escalation when nobody has acknowledged', async () => {
    const { world, agent } = await oneHost({
      channels: ['mail'],
      escalations: [{ afterMs: minutes(15), channels: ['boss'] }],
    });
    const boss = world.addChannel('boss');
    agent.value = 50;
    await world.run(minutes(10));
    expect(world.store.messages.filter(({ channelId }) => channelId === boss.id)).toEqual([]);
    await world.run(minutes(10));
    expect(world.said()).toEqual(['fired web', 'escalated web']);
    agent.value = 0;
    await world.run(minutes(5));
    const told = world.store.messages.filter(({ channelId }) => channelId === boss.id);
    expect(told.flatMap(({ events }) => events.map(({ kind }) => kind))).toEqual(['escalated', 'resolved']);
  });
});

describe('a value that flaps each second for an hour', () => {
  test('is told within the bound, and its transitions alternate', async () => {
    const { world, agent } = await oneHost();
    for (let second = 0; second < 3_600; second += 1) {
      agent.value = second % 2 === 0 ? 50 : 0;
      await world.run(seconds(1));
    }
    agent.value = 0;
    await world.run(minutes(5));
    expect(world.store.events.filter(({ kind }) => kind === 'fired').length).toBeGreaterThan(1_700);
    expect(world.store.events.map(({ seq }) => seq)).toEqual(world.store.events.map((_, index) => index + 1));
    expect(world.store.messages.length).toBeLessThanOrEqual(2 + minutes(60) / noticeIntervalMs);
    expect(world.store.messages.at(-1)!.events.at(-1)!.kind).toBe('resolved');
    expect(world.warnings).toEqual([]);
  });

  test('is told twice when it shall go on firing for a minute', async () => {
    const { world, agent } = await oneHost({ keepFiringMs: minutes(1) });
    for (let second = 0; second < 600; second += 1) {
      agent.value = second % 2 === 0 ? 50 : 0;
      await world.run(seconds(1));
    }
    agent.value = 0;
    await world.run(minutes(5));
    expect(world.said()).toEqual(['fired web', 'resolved web']);
  });
});

describe('while the database is away', () => {
  test('for less than half a minute nothing is told of it, and transitions come when it is back', async () => {
    const { world, agent } = await oneHost();
    world.storageAway(true);
    agent.value = 50;
    await world.run(seconds(25));
    world.storageAway(false);
    await world.run(minutes(3));
    expect(world.said()).toEqual(['fired web']);
    expect(world.direct).toEqual([]);
  });

  test('every channel is told once from memory, and transitions are recorded later under the key that was told', async () => {
    const { world, agent } = await oneHost();
    world.addChannel('chat');
    world.storageAway(true);
    await world.run(seconds(35));
    expect(world.direct.map(({ channel, message }) => [channel.name, message.events.map(({ kind }) => kind)])).toEqual([
      ['mail', ['storageDown']],
      ['chat', ['storageDown']],
    ]);
    agent.value = 50;
    await world.run(minutes(3));
    const told = world.told().filter(({ kind }) => kind === 'fired');
    expect(told.map(({ isDirect }) => isDirect)).toEqual([true, true]);
    expect(world.store.events).toEqual([]);

    world.storageAway(false);
    await world.run(minutes(5));
    expect(world.store.events.map(({ key, decision }) => [key, decision])).toEqual([[told[0]!.key, 'told']]);
    expect(world.store.messages).toEqual([]);
    expect(world.said().filter((text) => text === 'storageBack hub')).toHaveLength(2);
  });

  test('what was told and died with the hub before it was recorded is told again', async () => {
    const { world, agent } = await oneHost();
    world.storageAway(true);
    agent.value = 50;
    await world.run(minutes(2));
    const [told] = world.told().filter(({ kind }) => kind === 'fired');
    expect(told?.isDirect).toBe(true);
    world.crash();
    world.storageAway(false);
    world.start();
    world.link(agent);
    await world.run(minutes(3));
    const again = world.told().filter(({ kind, isDirect }) => kind === 'fired' && !isDirect);
    expect(again.map(({ key }) => key)).toEqual([told!.key]);
  });
});

describe('a restart of the hub', () => {
  test.each(['kill -9', 'SIGTERM'])('by %s tells nothing again', async (how) => {
    const { world, agent } = await oneHost();
    agent.value = 50;
    await world.run(minutes(2));
    if (how === 'SIGTERM') await world.stop();
    else world.crash();
    await world.run(seconds(5));
    world.start();
    world.link(agent);
    await world.run(minutes(10));
    expect(world.said()).toEqual(['fired web']);
    agent.value = 0;
    await world.run(minutes(2));
    expect(world.said()).toEqual(['fired web', 'resolved web']);
  });

  test('between the commit and the sending of a notice has it sent once', async () => {
    const { world, agent } = await oneHost();
    agent.value = 50;
    await world.run(seconds(1));
    world.crash();
    await world.run(noticeWaitMs + seconds(5));
    world.start();
    world.link(agent);
    await world.run(minutes(3));
    expect(world.said()).toEqual(['fired web']);
  });

  test('lets a pending rule go on with what had passed', async () => {
    const { world, agent } = await oneHost({ forMs: minutes(10) });
    agent.value = 50;
    await world.run(minutes(8));
    await world.stop();
    world.start();
    world.link(agent);
    await world.run(minutes(1));
    expect(world.said()).toEqual([]);
    await world.run(minutes(2));
    expect(world.said()).toEqual(['fired web']);
  });

  test('with 50 hosts down, 3 in downtime and 2 pending says nothing and forgets nothing', async () => {
    const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    const hosts = [...names('down', 50), ...names('work', 3), ...names('slow', 2), ...names('good', 200)];
    const world = new FleetWorld({ hosts });
    world.addRule('host down', hostDown);
    world.addRule('load', loadAbove, { forMs: minutes(10) });
    const [down, work, slow, good] = ['down', 'work', 'slow', 'good'].map((prefix) =>
      world.agents.filter(({ identity }) => identity.name.startsWith(`${prefix}-`)),
    ) as [typeof world.agents, typeof world.agents, typeof world.agents, typeof world.agents];
    world.link(...world.agents);
    await world.run(minutes(2));
    world.addDowntime(once(world.nowMs, world.nowMs + minutes(30)), { names: ['work-*'] });
    // One after the other, so that no outage of many at once swallows them.
    for (const agent of down) {
      world.unlink(agent);
      await world.run(seconds(13));
    }
    world.unlink(...work);
    for (const agent of slow) agent.value = 50;
    await world.run(minutes(4));
    const before = world.said();
    expect(before.filter((text) => text.startsWith('fired down-'))).toHaveLength(50);
    expect(before).toHaveLength(50);

    await world.stop();
    await world.run(seconds(3));
    const restartMs = world.nowMs;
    world.start();
    world.link(...slow, ...good);
    await world.run(minutes(4));
    expect(world.said(restartMs)).toEqual([]);
    // 4 minutes before the restart and 6 after it.
    await world.run(minutes(2) + seconds(10));
    expect(world.said(restartMs).sort()).toEqual(['fired slow-0', 'fired slow-1']);
    // One of the three comes back before the downtime ends: of it there is nothing to tell.
    world.link(work[0]!);
    await world.run(minutes(30));
    expect(world.said(restartMs).sort()).toEqual([
      'fired slow-0',
      'fired slow-1',
      'told work-1 fires',
      'told work-2 fires',
    ]);
    world.link(...down, work[1]!, work[2]!);
    await world.run(minutes(5));
    expect(world.said(restartMs).filter((text) => text.startsWith('resolved'))).toHaveLength(52);
  });
});
