/** Which absences of hosts are outages, on a clock that the test moves. */
import { describe, expect, test } from 'vitest';
import { FleetWorld, hostDown, loadAbove, minutes, seconds } from '../testing/alerts/fleet-world.ts';

/** So many hosts that are up and known for longer than a hub keeps quiet after its start. */
async function fleet(count: number) {
  const world = new FleetWorld({ hosts: Array.from({ length: count }, (_, index) => `host-${index}`) });
  world.addRule('host down', hostDown);
  world.link(...world.agents);
  await world.run(minutes(2));
  const [first] = world.agents;
  return { world, first: first! };
}

describe('a host whose connection has closed', () => {
  test('is down ten seconds later, and well when it is back', async () => {
    const { world, first } = await fleet(3);
    world.unlink(first);
    await world.run(seconds(9));
    expect(world.recorded()).toEqual([]);
    await world.run(seconds(3));
    expect(world.said()).toEqual(['fired host-0']);
    world.link(first);
    await world.run(minutes(2));
    expect(world.said()).toEqual(['fired host-0', 'resolved host-0']);
  });

  test('is no outage when its agent has started again within 8 s', async () => {
    const { world, first } = await fleet(3);
    world.unlink(first);
    await world.run(seconds(8));
    world.restartAgent(first);
    await world.run(minutes(5));
    expect(world.recorded()).toEqual([]);
  });

  test('is no outage when its agent has said bye, for however long', async () => {
    const { world, first } = await fleet(3);
    world.bye(first);
    await world.run(minutes(120));
    expect(world.recorded()).toEqual([]);
    world.restartAgent(first);
    await world.run(minutes(1));
    world.unlink(first);
    await world.run(seconds(15));
    expect(world.recorded()).toEqual(['fired told']);
  });

  test('that is portable sleeps', async () => {
    const world = new FleetWorld({ hosts: ['desk', { name: 'laptop', facts: { chassis: 'portable' } }] });
    world.addRule('host down', hostDown);
    world.link(...world.agents);
    await world.run(minutes(2));
    world.unlink(world.agent('laptop'));
    await world.run(minutes(60));
    expect(world.recorded()).toEqual([]);
  });

  test('swallows what its values make fire; what still fires when it is back is told then', async () => {
    const { world, first } = await fleet(3);
    world.addRule('load', loadAbove, { forMs: seconds(5) });
    world.addRule('no data', { ...loadAbove, noDataIntervals: 15 });
    await world.run(seconds(5));
    world.unlink(first);
    await world.run(minutes(3));
    expect(world.said()).toEqual(['fired host-0']);
    first.value = 50;
    world.link(first);
    await world.run(minutes(5));
    const after = world
      .told()
      .slice(1)
      .filter(({ kind }) => kind !== 'resolved');
    expect(new Set(after.map(({ ruleName }) => ruleName))).toEqual(new Set(['load', 'no data']));
    expect(world.said().filter((text) => text === 'resolved host-0')).toHaveLength(1);
  });
});

describe('a host that stands still with its connection open', () => {
  test('is down after half a minute, and well with its next tick', async () => {
    const { world, first } = await fleet(20);
    first.isHanging = true;
    await world.run(seconds(29));
    expect(world.recorded()).toEqual([]);
    await world.run(seconds(3));
    expect(world.recorded()).toEqual(['fired told']);
    first.isHanging = false;
    await world.run(minutes(2));
    expect(world.said()).toEqual(['fired host-0', 'resolved host-0']);
  });
});

describe('a hub that has just started', () => {
  test('gives its agents time to come back', async () => {
    const { world } = await fleet(20);
    world.crash();
    await world.run(minutes(10));
    world.start();
    await world.run(seconds(40));
    world.link(...world.agents);
    await world.run(minutes(10));
    expect(world.recorded()).toEqual([]);
  });

  test('still finds the host that has not come back', async () => {
    const { world, first } = await fleet(20);
    world.crash();
    await world.run(seconds(10));
    world.start();
    world.link(...world.agents.filter((agent) => agent !== first));
    await world.run(minutes(3));
    expect(world.said()).toEqual(['fired host-0']);
  });
});

test('a hub that stood still for ten minutes blames nobody', async () => {
  const { world, first } = await fleet(20);
  world.unlink(first);
  await world.run(seconds(2));
  await world.pause(minutes(10));
  world.link(first);
  await world.run(minutes(5));
  expect(world.recorded()).toEqual([]);
});

describe('hosts that vanish all at once', () => {
  test('are one notice, and one when they are back', async () => {
    const { world } = await fleet(1_000);
    const cutMs = world.nowMs;
    world.unlink(...world.agents);
    await world.run(minutes(2));
    expect(world.store.messages.length).toBeGreaterThanOrEqual(1);
    expect(world.store.messages.length).toBeLessThanOrEqual(3);
    expect(world.store.messages.at(-1)!.atMs - cutMs).toBeLessThanOrEqual(seconds(60));
    world.link(...world.agents);
    await world.run(minutes(10));
    expect(world.store.messages.length).toBeLessThanOrEqual(6);
    const told = new Map(world.told().map((one) => [`${one.ruleName} of ${one.hostId}`, one.isFiring]));
    expect([...told.values()].some((isFiring) => isFiring)).toBe(false);
  });

  test('and of which one stays away are told down to that one', async () => {
    const { world, first } = await fleet(100);
    world.unlink(...world.agents);
    await world.run(minutes(2));
    world.link(...world.agents.filter((agent) => agent !== first));
    await world.run(minutes(10));
    const told = new Map(world.told().map((one) => [`${one.ruleName} of ${one.hostId}`, one.isFiring]));
    expect([...told].filter(([, isFiring]) => isFiring).map(([name]) => name)).toEqual(['host down of 1']);
  });
});

describe('ticks that come late', () => {
  test('correct history and never fire', async () => {
    const { world, first } = await fleet(3);
    world.addRule('load', loadAbove);
    world.unlink(first);
    await world.run(seconds(9));
    const fromMs = world.nowMs - seconds(9);
    world.link(first);
    for (let second = 1; second <= 3; second += 1) world.tick(first, { timeMs: fromMs + seconds(second), value: 50 });
    await world.run(minutes(5));
    expect(world.recorded()).toEqual([]);
  });

  test('do not hide what comes now', async () => {
    const { world, first } = await fleet(3);
    world.addRule('load', loadAbove);
    first.value = 50;
    await world.run(seconds(2));
    expect(world.recorded()).toEqual(['fired told']);
  });
});
