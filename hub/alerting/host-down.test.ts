import { describe, expect, test } from 'vitest';
import { hostsNamed, JudgeWorld, rule } from '../testing/judge-fixture.ts';

const down = rule(1, {});
const minuteMs = 60_000;

/** All hosts linked and ticking, and the protected minute after the start over. */
function running(hostCount: number, rules = [down]): JudgeWorld {
  const world = new JudgeWorld(rules, hostCount);
  each(hostCount, (hostId) => world.link(hostId));
  live(world, hostCount, minuteMs);
  return world;
}

function each(count: number, work: (hostId: number) => void): void {
  for (let hostId = 1; hostId <= count; hostId += 1) work(hostId);
}

/** Hosts 1 to `hostCount` tick for a while, others do not. */
function live(world: JudgeWorld, hostCount: number, ms: number): void {
  for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
    world.pass(1_000);
    each(hostCount, (hostId) => world.tick(hostId, { cpu: 1 }));
  }
}

describe('one host', () => {
  test('is down 10 s after its connection closed, and back with the next one', () => {
    const world = running(3);
    world.unlink(3);
    live(world, 2, 9_000);
    expect(world.take()).toEqual([]);
    live(world, 2, 2_000);
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
    expect(world.judge.isHostDown(3)).toBe(true);
    const [fired] = world.judgements;
    expect(fired!.timeMs - fired!.sinceMs).toBe(10_000);
    world.link(3);
    world.pass(100);
    expect(world.take()).toEqual(['resolved 1/3/ back']);
    expect([world.judge.isHostDown(3), world.judge.awayCount]).toEqual([false, 0]);
  });

  test('is not down when it comes back within the time', () => {
    const world = running(3);
    world.unlink(3);
    world.pass(8_000);
    world.link(3);
    live(world, 3, minuteMs);

    expect(world.take()).toEqual([]);
  });

  test('is not down when its agent had said so, until it is back', () => {
    const world = running(3);
    world.judge.bye(3);
    world.unlink(3);
    live(world, 2, 10 * minuteMs);
    expect(world.take()).toEqual([]);
    world.link(3);
    live(world, 3, 5_000);
    world.unlink(3);
    live(world, 2, 11_000);
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
  });

  test('that is down when its agent is revoked is no longer judged, and not said to be back', () => {
    const world = running(3);
    world.unlink(3);
    live(world, 2, 11_000);
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
    world.judge.bye(3);
    live(world, 2, minuteMs);
    expect(world.take()).toEqual(['resolved 1/3/ disabled']);
  });

  test('is down when it is connected and gives no ticks for 30 s, until it gives one', () => {
    const world = running(3);
    live(world, 2, 30_000);
    expect(world.take()).toEqual([]);
    live(world, 2, 2_000);
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
    world.unlink(3);
    world.link(3);
    live(world, 2, 2_000);
    expect(world.take()).toEqual([]);
    live(world, 3, 1_000);
    world.pass(100);
    expect(world.take()).toEqual(['resolved 1/3/ back']);
  });

  test('with a long interval has ten of its own', () => {
    const world = running(2);
    world.put(3, { intervalMs: 60_000 });
    world.link(3);
    live(world, 2, 10 * minuteMs - 1_000);
    expect(world.take()).toEqual([]);
    live(world, 2, 2_000);
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
  });

  test('is not expected to tick before the database has admitted it', () => {
    const world = running(2);
    world.put(3);
    world.judge.linked(3, { ...world.clocks, wallMs: world.nowMs, isAdmitted: false });
    live(world, 2, 10 * minuteMs);
    expect(world.take()).toEqual([]);
    world.judge.linked(3, { ...world.clocks, wallMs: world.nowMs, isAdmitted: true });
    live(world, 2, 32_000);
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
  });

  test.each([
    ['pushes', { kind: 'push' as const }],
    ['is portable', { facts: { chassis: 'portable' } }],
  ])('that %s is never down', (_, said) => {
    const world = running(2);
    world.put(3, { ...said, lastMs: world.nowMs });
    world.link(3);
    world.tick(3, { cpu: 1 });
    live(world, 2, minuteMs);
    world.unlink(3);
    live(world, 2, minuteMs);

    expect(world.take()).toEqual([]);
  });

  test("is judged by each rule that means it, after that rule's own time", () => {
    const rules = [
      rule(1, { subject: { kind: 'hostDown', afterMs: 60_000 }, hosts: hostsNamed('host-3') }),
      rule(2, {
        subject: { kind: 'hostDown', afterMs: 5_000 },
        overrides: [{ hosts: hostsNamed('host-3'), forMs: 15_000 }],
      }),
      rule(3, { hosts: hostsNamed('host-1') }),
    ];
    const world = running(3, rules);
    world.unlink(3);
    live(world, 2, 19_000);
    expect(world.take()).toEqual([]);
    live(world, 2, 2_000);
    expect(world.take()).toEqual(['fired 2/3/ hostDown']);
    live(world, 2, 40_000);
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
    world.judge.setRules(rules.slice(1));
    expect(world.take()).toEqual(['resolved 1/3/ disabled']);
    expect(world.judge.isHostDown(3)).toBe(true);
  });

  test('that comes and goes keeps firing as long as the rule says', () => {
    const world = running(3, [rule(1, { keepFiringMs: 30_000 })]);
    world.unlink(3);
    live(world, 2, 11_000);
    for (let round = 0; round < 5; round += 1) {
      world.link(3);
      live(world, 3, 20_000);
      world.unlink(3);
      live(world, 2, 20_000);
    }
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
    world.link(3);
    live(world, 3, 31_000);
    expect(world.take()).toEqual(['resolved 1/3/ back']);
  });
});

describe('never because of us', () => {
  test('a host that was down and has left since, as by a revocation, is not waited for after a restart', () => {
    const before = running(3);
    before.unlink(3);
    live(before, 2, 11_000);
    const world = new JudgeWorld([down], 2);
    world.put(3, { lastMs: world.nowMs - 60_000, byeMs: world.nowMs - 1_000 });
    world.judge.restore(before.saved());
    world.link(1);
    world.link(2);
    live(world, 2, 5 * minuteMs);
    expect(world.take()).toEqual(['resolved 1/3/ disabled']);
    expect(world.judge.isHostDown(3)).toBe(false);
  });

  test('after a start hosts have a minute to come back; those that do not are down then', () => {
    const world = new JudgeWorld([down], 0);
    const heard = { lastMs: world.nowMs - 3_600_000 };
    each(3, (hostId) => world.put(hostId, heard));
    world.put(4, { ...heard, byeMs: world.nowMs - 3_000_000 });
    world.put(5, { lastMs: world.nowMs - 25 * 3_600_000 });
    world.put(6);
    world.link(1);
    world.link(2);
    live(world, 2, 59_000);
    expect(world.take()).toEqual([]);
    live(world, 2, 2_000);
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
    live(world, 2, minuteMs);
    expect(world.take()).toEqual([]);
  });

  test('a connection that closes within the minute after the start waits for its end', () => {
    const world = new JudgeWorld([down], 3);
    each(3, (hostId) => world.link(hostId));
    live(world, 3, 10_000);
    world.unlink(3);
    live(world, 2, 49_000);
    expect(world.take()).toEqual([]);
    live(world, 2, 2_000);
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
  });

  test('a host that was down stays so over a restart, without another word, until it is back', () => {
    const before = running(3);
    before.unlink(3);
    live(before, 2, 11_000);
    const world = new JudgeWorld([down], 3);
    world.judge.restore(before.saved());
    world.link(1);
    world.link(2);
    live(world, 2, 5 * minuteMs);
    expect(world.take()).toEqual([]);
    expect(world.judge.isHostDown(3)).toBe(true);
    world.link(3);
    world.pass(100);
    expect(world.take()).toEqual(['resolved 1/3/ back']);
  });

  test.each([
    ['a stopped process', 120_000],
    ['a stalled loop', 5_000],
    ['a machine asleep for a night', 30_000_000],
  ])('%s blames nobody', (_, pauseMs) => {
    const world = running(10);
    world.jump(pauseMs);
    // Both ends had given up on each other; the agents are back within 15 s.
    if (pauseMs > 10_000) each(10, (hostId) => world.unlink(hostId));
    world.pass(14_000);
    each(10, (hostId) => world.link(hostId));
    live(world, 10, 5 * minuteMs);

    expect(world.take()).toEqual([]);
  });

  test('a machine that slept while its monotonic clock stood blames nobody', () => {
    const world = running(1);
    world.nowMs += 8 * 3_600_000;
    world.pass(100);
    world.unlink(1);
    world.pass(14_000);
    world.link(1);
    live(world, 1, minuteMs);

    expect(world.take()).toEqual([]);
  });

  test('a wall clock that jumps all the time does not keep hosts from being down', () => {
    const world = running(3);
    world.unlink(3);
    for (let jump = 0; jump < 10; jump += 1) {
      world.nowMs += jump % 2 === 0 ? 300_000 : -300_000;
      live(world, 2, 5_000);
    }

    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
  });

  test('a host that is lost during a pause is down half a minute after it', () => {
    const world = running(10);
    world.jump(120_000);
    world.unlink(10);
    live(world, 9, 29_000);
    expect(world.take()).toEqual([]);
    live(world, 9, 2_000);
    expect(world.take()).toEqual(['fired 1/10/ hostDown']);
  });

  test('a jump of the wall clock tells of nobody and of nothing', () => {
    const world = running(10);
    world.unlink(10);
    live(world, 9, 11_000);
    expect(world.take()).toEqual(['fired 1/10/ hostDown']);
    for (const jumpMs of [3_600_000, -7_200_000, 30 * 86_400_000]) {
      world.nowMs += jumpMs;
      live(world, 9, minuteMs);
    }
    expect(world.take()).toEqual([]);
  });

  test('while nothing can be taken in, hosts are judged later', () => {
    const world = running(3);
    world.unlink(3);
    world.hasRoom = false;
    live(world, 2, minuteMs);
    expect(world.take()).toEqual([]);
    world.hasRoom = true;
    live(world, 2, 1_000);
    world.hasRoom = false;
    world.link(3);
    live(world, 2, 1_000);
    expect(world.take()).toEqual(['fired 1/3/ hostDown']);
    world.hasRoom = true;
    live(world, 2, 1_000);
    expect(world.take()).toEqual(['resolved 1/3/ back']);
  });
});

describe('many at once', () => {
  const lose = (world: JudgeWorld, from: number, to: number) => {
    for (let hostId = from; hostId <= to; hostId += 1) world.unlink(hostId);
  };

  test('are one outage within a minute, told before those of its hosts, until most are back', () => {
    const world = running(1_000);
    lose(world, 1, 1_000);
    world.pass(39_000);
    expect(world.take()).toEqual([]);
    world.pass(2_000);
    const told = world.take();
    expect(told).toHaveLength(1_001);
    expect(told[0]).toBe('fired 1/0/ massOutage');
    expect(told.slice(1).every((text) => text.endsWith('hostDown'))).toBe(true);
    const [first] = world.judgements;
    expect(first!.outage).toMatchObject({ lostCount: 1_000, connectedCount: 1_000 });
    expect(first!.outage!.names).toHaveLength(20);
    expect(first!.value).toBe(1_000);
    expect(world.judge.isMassOutage).toBe(true);
    each(800, (hostId) => world.link(hostId));
    live(world, 800, 1_000);
    expect(world.take().filter((text) => text.includes('massOutage') || text.includes('1/0/'))).toEqual([]);
    world.link(801);
    live(world, 801, 1_000);
    expect(world.take()).toContain('resolved 1/0/ back');
    expect(world.judge.isMassOutage).toBe(false);
  });

  test('are told of a part at a time, so that ticks need not wait, and so is their return', () => {
    const world = running(1_000);
    lose(world, 1, 1_000);
    world.pass(39_900);
    const counts: number[] = [];
    for (let poll = 0; poll < 6; poll += 1) {
      world.pass(100);
      counts.push(world.take().length);
    }
    expect(counts).toEqual([201, 200, 200, 200, 200, 0]);
    each(1_000, (hostId) => world.link(hostId));
    for (let poll = 0; poll < 6; poll += 1) {
      world.pass(100);
      counts.push(world.take().length);
    }
    expect(counts.slice(6)).toEqual([201, 200, 200, 200, 200, 0]);
  });

  test.each([
    ['a large fleet', 100],
    ['a small one', 5],
    ['a tiny one', 2],
  ])('are nothing when a proxy restarts in front of %s', (_, count) => {
    const world = running(count);
    lose(world, 1, count);
    world.pass(35_000);
    each(count, (hostId) => world.link(hostId));
    live(world, count, 2 * minuteMs);

    expect(world.take()).toEqual([]);
  });

  test('are themselves when they are fewer than five, or than a fifth', () => {
    const world = running(30);
    lose(world, 1, 5);
    world.pass(11_000);
    expect(world.take()).toHaveLength(5);
    expect(world.told).not.toContain('fired 1/0/ massOutage');
    const few = running(6);
    lose(few, 1, 4);
    few.pass(11_000);
    expect(few.take()).toHaveLength(4);
  });

  test('are themselves after the grace when most of them came back', () => {
    const world = running(10);
    lose(world, 5, 10);
    live(world, 4, 20_000);
    for (const hostId of [5, 6, 7, 8]) world.link(hostId);
    live(world, 8, 19_000);
    expect(world.take()).toEqual([]);
    live(world, 8, 2_000);
    expect(world.take()).toEqual(['fired 1/9/ hostDown', 'fired 1/10/ hostDown']);
  });

  test('a cable that is cut silences all hosts, and is told within a minute', () => {
    const world = running(20);
    world.pass(32_000);
    expect(world.take()).toEqual([]);
    world.pass(9_000);
    expect(world.take()[0]).toBe('fired 1/0/ massOutage');
  });

  test('a hub that starts cut off tells of it once its minute is over', () => {
    const world = new JudgeWorld([down], 0);
    each(50, (hostId) => world.put(hostId, { lastMs: world.nowMs }));
    world.pass(61_000);

    expect(world.take()[0]).toBe('fired 1/0/ massOutage');
  });

  test('an outage goes on over a restart of the hub, and ends with it', () => {
    const before = running(20);
    lose(before, 1, 20);
    before.pass(41_000);
    const saved = before.saved();
    expect(saved).toHaveLength(21);
    const world = new JudgeWorld([down], 20);
    world.judge.restore(saved);
    world.pass(5 * minuteMs);
    expect(world.take()).toEqual([]);
    expect(world.judge.isMassOutage).toBe(true);
    each(16, (hostId) => world.link(hostId));
    world.pass(1_000);
    expect(world.take()).toContain('resolved 1/0/ back');
    const back = new JudgeWorld([down], 20);
    back.judge.restore(saved);
    each(20, (hostId) => back.link(hostId));
    live(back, 20, 59_000);
    expect(back.take()).toHaveLength(20);
    live(back, 20, 2_000);
    expect(back.take()).toEqual(['resolved 1/0/ back']);
  });

  test('the outage is told by the rule that means most, and goes with it', () => {
    const rules = [rule(1, { hosts: hostsNamed('host-1') }), rule(2, {})];
    const world = running(10, rules);
    lose(world, 1, 10);
    world.pass(41_000);
    expect(world.take()[0]).toBe('fired 2/0/ massOutage');
    world.judge.setRules([rules[0]!]);
    expect(world.take()).toContain('resolved 2/0/ disabled');
    world.pass(1_000);
    expect(world.take()).toEqual(['fired 1/0/ massOutage']);
  });
});
