import { describe, expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import { above, hostsNamed, JudgeWorld, layoutOf, rule, seriesRule, silenceRule } from '../testing/judge-fixture.ts';

describe('rules on values', () => {
  test('a value that is bad for long enough fires, and one that is good resolves', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu', { forMs: 2_000 })]);
    world.link(1);
    world.ticks(1, 'cpu', [10, 95, 96, 97]);
    expect(world.take()).toEqual(['pending 1/1/cpu limits', 'fired 1/1/cpu limits']);
    world.ticks(1, 'cpu', [98, 20, 30]);
    expect(world.take()).toEqual(['resolved 1/1/cpu good']);
    const [, fired, resolved] = world.judgements;
    expect(fired).toMatchObject({ value: 97, unit: 'percent', ordinal: 1, timeMs: fired!.sinceMs + 2_000 });
    expect(resolved).toMatchObject({ value: 20 });
  });

  test('a value that is good in time drops what was pending', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu', { forMs: 2_000 })]);
    world.ticks(1, 'cpu', [95, 20]);

    expect(world.take()).toEqual(['pending 1/1/cpu limits', 'dropped 1/1/cpu good']);
    expect([world.judge.pendingCount, world.judge.firingCount]).toEqual([0, 0]);
  });

  test('an average over a window is what is compared', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu', { input: { kind: 'average', windowMs: 60_000 } })]);
    world.ticks(1, 'cpu', [...Array<number>(40).fill(100), ...Array<number>(20).fill(0)]);
    expect(world.take()).toEqual([]);
    world.ticks(1, 'cpu', Array<number>(70).fill(91));
    expect(world.take()).toEqual(['fired 1/1/cpu limits']);
    world.ticks(1, 'cpu', [0, 0]);
    expect(world.take()).toEqual(['resolved 1/1/cpu good']);
  });

  test('each series of a glob is judged on its own', () => {
    const world = new JudgeWorld([seriesRule(1, 'disk_*')]);
    world.tick(1, { disk_a: 95, cpu: 99, disk_b: 20, disk_c: 99 });

    expect(world.take()).toEqual(['fired 1/1/disk_a limits', 'fired 1/1/disk_c limits']);
  });

  test('what is pending goes on in the next stream, whatever its clock', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu', { forMs: 4_000 })]);
    world.link(1);
    world.ticks(1, 'cpu', [95, 95, 95]);
    world.judge.newStream(1, { ...world.clocks, startWallMs: world.nowMs + 3_600_000 });
    world.ticks(1, 'cpu', [95, 95], { ordinal: 2, seq: 1, lateMs: -3_600_000 });
    expect(world.take()).toEqual(['pending 1/1/cpu limits']);
    world.ticks(1, 'cpu', [95, 95], { ordinal: 3, lateMs: -3_600_000 });
    expect(world.take()).toEqual([]);
    world.ticks(1, 'cpu', [95], { ordinal: 3, lateMs: -3_600_000 });
    expect(world.take()).toEqual(['fired 1/1/cpu limits']);
  });

  test('what is pending on a host that pushes goes on from body to body', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu', { forMs: 3_000 })], 0);
    world.put(1, { kind: 'push' });
    for (let ordinal = 1; ordinal <= 4; ordinal += 1) world.ticks(1, 'cpu', [95], { ordinal, seq: 1 });

    expect(world.take()).toEqual(['pending 1/1/cpu limits', 'fired 1/1/cpu limits']);
  });

  test('what was pushed late is not judged', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu')], 0);
    world.put(1, { kind: 'push' });
    world.ticks(1, 'cpu', [20], { ordinal: 1 });
    world.ticks(1, 'cpu', [95], { ordinal: 2, lateMs: 2_000 });
    world.ticks(1, 'cpu', [95], { ordinal: 3, lateMs: 301_000 });
    world.ticks(1, 'cpu', [95], { ordinal: 4, lateMs: -301_000 });

    expect(world.take()).toEqual([]);
    expect(world.judge.counters).toMatchObject({ judgedTicks: 1, oldTicks: 2, lateTicks: 1 });
  });
});

describe('order and freshness of ticks', () => {
  test('a tick that comes late, twice, or after a newer one changes nothing', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu')]);
    world.link(1);
    world.ticks(1, 'cpu', [10, 10, 10]);
    world.tick(1, { cpu: 99 }, { seq: 3 });
    world.tick(1, { cpu: 99 }, { seq: 2, lateMs: 1_000 });
    world.tick(1, { cpu: 99 }, { seq: 9, lateMs: 60_000 });

    expect(world.take()).toEqual([]);
    expect(world.judge.counters).toMatchObject({ judgedTicks: 3, oldTicks: 2, lateTicks: 1 });
  });

  test('of a tick that was shown and then sent to be stored only the first is judged', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu', { forMs: 1_000 })]);
    world.tick(1, { cpu: 95 }, { seq: 7 });
    world.tick(1, { cpu: 95 }, { seq: 7 });
    world.pass(1_000);
    world.tick(1, { cpu: 95 }, { seq: 8 });

    expect(world.take()).toEqual(['pending 1/1/cpu limits', 'fired 1/1/cpu limits']);
  });

  test('a tick without a place in the stream is judged by its time', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu')]);
    world.ticks(1, 'cpu', [10]);
    world.ticks(1, 'cpu', [95], { seq: 0 });
    expect(world.take()).toEqual(['fired 1/1/cpu limits']);
    world.tick(1, { cpu: 10 }, { seq: 0, lateMs: 500 });
    expect(world.take()).toEqual([]);
  });

  test("a jump of the hub's wall clock changes nothing", () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu'), rule(2, {})]);
    world.link(1);
    world.ticks(1, 'cpu', [10, 95]);
    world.take();
    world.nowMs += 3_600_000;
    world.ticks(1, 'cpu', [95, 95], { lateMs: 3_600_000 });
    expect(world.take()).toEqual([]);
    world.ticks(1, 'cpu', [10], { lateMs: 3_600_000 });
    expect(world.take()).toEqual(['resolved 1/1/cpu good']);
  });
});

describe('rules and hosts that change', () => {
  test('a rule that is disabled, deleted, or means the host no longer ends what it said', () => {
    const rules = [
      seriesRule(1, 'cpu'),
      seriesRule(2, 'cpu'),
      seriesRule(3, 'cpu'),
      seriesRule(4, 'cpu', { forMs: 9_000 }),
    ];
    const world = new JudgeWorld(rules);
    world.tick(1, { cpu: 95 });
    world.take();
    world.judge.setRules([
      { ...rules[0]!, isEnabled: false, version: 2 },
      { ...seriesRule(2, 'cpu', { hosts: hostsNamed('other') }), version: 2 },
    ]);

    expect(world.take()).toEqual([
      'resolved 1/1/cpu disabled',
      'resolved 2/1/cpu disabled',
      'resolved 3/1/cpu disabled',
      'dropped 4/1/cpu disabled',
    ]);
  });

  test('another threshold holds from the next tick on, without a word about the edit', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu')]);
    world.ticks(1, 'cpu', [95]);
    world.judge.setRules([{ ...seriesRule(1, 'cpu', { condition: above(97) }), version: 2 }]);
    expect(world.take()).toEqual(['fired 1/1/cpu limits']);
    world.ticks(1, 'cpu', [95, 98]);
    expect(world.take()).toEqual(['resolved 1/1/cpu good', 'fired 1/1/cpu limits']);
  });

  test('a host that gets other tags gets other rules', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu', { hosts: { ...anyHost, tags: { env: 'prod' } } })]);
    world.ticks(1, 'cpu', [95]);
    expect(world.take()).toEqual([]);
    world.put(1, { tags: { env: 'prod' } });
    world.ticks(1, 'cpu', [95]);
    expect(world.take()).toEqual(['fired 1/1/cpu limits']);
    world.put(1, { tags: {} });
    expect(world.take()).toEqual(['resolved 1/1/cpu disabled']);
  });

  test('the first override that means the host counts', () => {
    const overrides = [
      { hosts: hostsNamed('host-2'), condition: above(50) },
      { hosts: hostsNamed('host-*'), severity: 'critical' as const, forMs: 5_000 },
      { hosts: hostsNamed('host-3'), isEnabled: false },
    ];
    const world = new JudgeWorld([seriesRule(1, 'cpu', { overrides })], 3);
    for (const hostId of [1, 2, 3]) world.tick(hostId, { cpu: 60 });
    expect(world.take()).toEqual(['fired 1/2/cpu limits']);
    world.pass(1_000);
    world.tick(3, { cpu: 95 });
    expect(world.take()).toEqual(['pending 1/3/cpu limits']);
    expect(world.judgements.map(({ hostRule }) => hostRule.severity)).toEqual(['warning', 'critical']);
  });

  test('a host that is removed ends all of its targets', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu'), rule(2, {})]);
    world.link(1);
    world.ticks(1, 'cpu', [95]);
    world.pass(60_000);
    world.unlink(1);
    world.pass(11_000);
    world.take();
    world.judge.removeHost(1);

    expect(world.take()).toEqual(['resolved 1/1/cpu removed', 'resolved 2/1/ removed']);
    world.pass(60_000);
    expect(world.take()).toEqual([]);
  });

  test('a layout that puts a series elsewhere changes nothing', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu', { forMs: 2_000 })]);
    world.tick(1, { cpu: 95 });
    world.pass(1_000);
    world.tick(1, { mem: 10, cpu: 95 });
    world.pass(1_000);
    world.tick(1, { swap: 1, mem: 10, cpu: 95 });

    expect(world.take()).toEqual(['pending 1/1/cpu limits', 'fired 1/1/cpu limits']);
  });
});

describe('silent series', () => {
  const everySecond = Array<'failed'>(20).fill('failed');

  test('a series that fails for three intervals fires, and a value resolves it', () => {
    const world = new JudgeWorld([silenceRule(1, 3)]);
    world.ticks(1, 'cpu', [10, 'failed', 'failed', 20, 'failed', 'failed']);
    expect(world.take()).toEqual([]);
    world.ticks(1, 'cpu', ['failed', 'failed']);
    expect(world.take()).toEqual(['fired 1/1/cpu silence']);
    world.ticks(1, 'cpu', [10]);
    expect(world.take()).toEqual(['resolved 1/1/cpu good']);
    expect(world.judge.troubleCount).toBe(0);
  });

  test('a rule on values can fire by silence too', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu', { noDataIntervals: 5, forMs: 60_000 })]);
    world.ticks(1, 'cpu', [10, ...everySecond.slice(0, 4)]);
    expect(world.take()).toEqual([]);
    world.ticks(1, 'cpu', ['failed']);
    expect(world.take()).toEqual(['fired 1/1/cpu silence']);
    expect(world.judgements[0]).toMatchObject({ value: null });
    world.ticks(1, 'cpu', ['failed', 10]);
    expect(world.take()).toEqual(['resolved 1/1/cpu good']);
  });

  test('a host that pushes and is quiet fires by rules on values that want some, and by no others', () => {
    const rules = [seriesRule(1, 'cpu', { noDataIntervals: 3 }), seriesRule(2, 'cpu'), silenceRule(3, 3), rule(4, {})];
    const world = new JudgeWorld(rules, 0);
    world.put(1, { kind: 'push', lastMs: world.nowMs });
    const layout = layoutOf(['cpu'], 60_000);
    world.tick(1, { cpu: 10 }, { layout });
    world.jump(600_000);
    world.pass(179_000);
    expect(world.take()).toEqual([]);
    world.pass(2_000);
    expect(world.take()).toEqual(['fired 1/1/cpu silence']);
    world.pass(60_000);
    world.tick(1, { cpu: 10 }, { layout });
    expect(world.take()).toEqual(['resolved 1/1/cpu good']);
  });

  test('a series that is not due is not silent', () => {
    const world = new JudgeWorld([silenceRule(1, 3)]);
    const layout = layoutOf(['slow/10']);
    for (let count = 0; count < 60; count += 1) world.ticks(1, 'slow', [count % 10 === 0 ? 5 : 'notDue'], { layout });

    expect(world.take()).toEqual([]);
  });

  test('a slow series is silent after intervals of its own', () => {
    const world = new JudgeWorld([silenceRule(1, 3)]);
    const layout = layoutOf(['slow/10']);
    const fail = (count: number) => {
      for (let tick = 0; tick < count; tick += 1)
        world.ticks(1, 'slow', [tick % 10 === 0 ? 'failed' : 'notDue'], { layout });
    };
    world.ticks(1, 'slow', [5, ...Array<'notDue'>(9).fill('notDue')], { layout });
    fail(20);
    expect(world.take()).toEqual([]);
    fail(1);
    expect(world.take()).toEqual(['fired 1/1/slow silence']);
  });

  test('a series that is gone is not silent, and takes with it after a minute what was firing', () => {
    const world = new JudgeWorld([silenceRule(1, 3), seriesRule(2, 'cpu')]);
    world.ticks(1, 'cpu', [95]);
    expect(world.take()).toEqual(['fired 2/1/cpu limits']);
    world.ticks(1, 'cpu', Array<'gone'>(59).fill('gone'));
    expect(world.take()).toEqual([]);
    world.ticks(1, 'cpu', ['gone', 'gone']);
    expect(world.take()).toEqual(['resolved 2/1/cpu gone']);
  });

  test('a series that comes back in between has its whole minute again', () => {
    const world = new JudgeWorld([seriesRule(2, 'cpu')]);
    world.ticks(1, 'cpu', [95, ...Array<'gone'>(40).fill('gone'), 95, ...Array<'gone'>(60).fill('gone')]);
    expect(world.take()).toEqual(['fired 2/1/cpu limits']);
    world.ticks(1, 'cpu', ['gone']);
    expect(world.take()).toEqual(['resolved 2/1/cpu gone']);
  });

  test('a series that the layout has lost takes its targets with it as well', () => {
    const world = new JudgeWorld([seriesRule(2, 'cpu')]);
    world.ticks(1, 'cpu', [95]);
    world.ticks(1, 'mem', Array<number>(60).fill(10));
    expect(world.take()).toEqual(['fired 2/1/cpu limits']);
    world.ticks(1, 'mem', [10]);
    expect(world.take()).toEqual(['resolved 2/1/cpu gone']);
  });

  test('the start of a link counts as a value', () => {
    const world = new JudgeWorld([silenceRule(1, 3)]);
    world.ticks(1, 'cpu', [10, 'failed', 'failed']);
    world.link(1);
    world.ticks(1, 'cpu', ['failed', 'failed']);
    expect(world.take()).toEqual([]);
    world.ticks(1, 'cpu', ['failed']);
    expect(world.take()).toEqual(['fired 1/1/cpu silence']);
  });

  test('neither a start, nor a link, nor a pause makes a series silent', () => {
    const world = new JudgeWorld([silenceRule(1, 3)]);
    world.link(1);
    world.ticks(1, 'cpu', ['failed', 'failed']);
    world.pass(60_000);
    world.link(1);
    world.ticks(1, 'cpu', ['failed', 'failed']);
    expect(world.take()).toEqual([]);
    world.jump(120_000);
    world.ticks(1, 'cpu', [10, 'failed']);
    expect(world.take()).toEqual([]);
  });

  test('a rule on silence waits for its own duration and goes on firing for its own', () => {
    const world = new JudgeWorld([silenceRule(1, 3, { forMs: 5_000, keepFiringMs: 5_000 })]);
    world.ticks(1, 'cpu', [10, ...everySecond.slice(0, 7)]);
    expect(world.take()).toEqual(['pending 1/1/cpu silence']);
    world.ticks(1, 'cpu', ['failed']);
    expect(world.take()).toEqual(['fired 1/1/cpu silence']);
    world.ticks(1, 'cpu', [1, 2, 3, 4, 5]);
    expect(world.take()).toEqual([]);
    world.ticks(1, 'cpu', [6]);
    expect(world.take()).toEqual(['resolved 1/1/cpu good']);
  });
});

describe('while nothing can be taken in', () => {
  test('machines look again when there is room', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu')]);
    world.hasRoom = false;
    world.ticks(1, 'cpu', [95, 95]);
    expect(world.take()).toEqual([]);
    world.hasRoom = true;
    world.ticks(1, 'cpu', [95]);
    expect(world.take()).toEqual(['fired 1/1/cpu limits']);
    world.hasRoom = false;
    world.ticks(1, 'cpu', [10, 95]);
    world.hasRoom = true;
    world.ticks(1, 'cpu', [95]);
    expect(world.take()).toEqual([]);
  });

  test('what was good meanwhile is pending from then on', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu', { forMs: 3_000 })]);
    world.ticks(1, 'cpu', [95, 95]);
    world.hasRoom = false;
    world.ticks(1, 'cpu', [10]);
    world.hasRoom = true;
    world.ticks(1, 'cpu', [95, 95]);
    expect(world.take()).toEqual(['pending 1/1/cpu limits']);
    world.ticks(1, 'cpu', [95]);
    expect(world.take()).toEqual(['fired 1/1/cpu limits']);
  });
});

describe('restore()', () => {
  test('says nothing by itself, and goes on where the run before has stopped', () => {
    const rules = [seriesRule(1, 'cpu', { forMs: 4_000 }), seriesRule(2, 'cpu'), silenceRule(3, 3)];
    const before = new JudgeWorld(rules);
    before.tick(1, { cpu: 95, mem: 'failed' });
    for (let count = 0; count < 3; count += 1) {
      before.pass(1_000);
      before.tick(1, { cpu: 95, mem: 'failed' });
    }
    expect(before.saved().map(({ ruleId, phase }) => `${ruleId} ${phase}`)).toEqual([
      '1 pending',
      '2 firing',
      '3 firing',
    ]);
    const world = new JudgeWorld(rules);
    world.judge.restore(before.saved());
    world.jump(before.nowMs - world.nowMs);
    world.link(1);
    world.pass(900);
    world.tick(1, { cpu: 91, mem: 'failed' }, { seq: 9 });
    expect(world.take()).toEqual([]);
    world.pass(200);
    world.tick(1, { cpu: 91, mem: 'failed' }, { seq: 10 });
    expect(world.take()).toEqual(['fired 1/1/cpu limits']);
    world.pass(1_000);
    world.tick(1, { cpu: 1, mem: 1 }, { seq: 11 });
    expect(world.take().sort()).toEqual(['resolved 1/1/cpu good', 'resolved 2/1/cpu good', 'resolved 3/1/mem good']);
  });

  test('what nothing means any more ends at the first poll', () => {
    const rules = [seriesRule(1, 'cpu'), seriesRule(2, 'cpu', { forMs: 9_000 })];
    const before = new JudgeWorld(rules, 2);
    before.tick(1, { cpu: 95 });
    before.tick(2, { cpu: 95 });
    const world = new JudgeWorld([rules[1]!]);
    world.judge.restore(before.saved());
    expect(world.take()).toEqual([]);
    world.pass(100);

    expect(world.take()).toEqual(['resolved 1/1/cpu disabled', 'resolved 1/2/cpu removed', 'dropped 2/2/cpu removed']);
    expect([world.judge.pendingCount, world.judge.firingCount]).toEqual([1, 0]);
  });

  test('puts right a target of which the database knows better', () => {
    const world = new JudgeWorld([seriesRule(1, 'cpu')]);
    world.ticks(1, 'cpu', [95]);
    const [state] = world.saved();
    world.judge.restore([{ ...state!, phase: 'inactive' }]);
    world.ticks(1, 'cpu', [95]);
    expect(world.take()).toEqual(['fired 1/1/cpu limits', 'fired 1/1/cpu limits']);
    expect(world.judge.firingCount).toBe(1);
  });
});

describe('clock skew', () => {
  const skew = rule(1, { subject: { kind: 'clockSkew', thresholdMs: 30_000 } });

  test('a clock that is off when a link or a stream begins fires, one that is right resolves', () => {
    const world = new JudgeWorld([skew]);
    world.link(1, 29_000);
    expect(world.take()).toEqual([]);
    world.link(1, -31_000);
    expect(world.take()).toEqual(['fired 1/1/ clockSkew']);
    expect(world.judgements[0]).toMatchObject({ value: -31_000, unit: 'ms' });
    world.judge.newStream(1, { ...world.clocks, startWallMs: world.nowMs - 100 });
    world.pass(1_000);
    expect(world.take()).toEqual(['resolved 1/1/ good']);
  });

  test('a clock that is put right within the time of the rule is no news', () => {
    const patient = rule(1, { ...skew.spec, forMs: 60_000, keepFiringMs: 60_000 });
    const world = new JudgeWorld([patient]);
    world.link(1, 3_600_000);
    world.pass(50_000);
    world.judge.newStream(1, { ...world.clocks, startWallMs: world.nowMs });
    world.pass(60_000);
    expect(world.take()).toEqual(['pending 1/1/ clockSkew', 'dropped 1/1/ good']);
    world.link(1, 3_600_000);
    world.pass(61_000);
    world.link(1);
    world.pass(59_000);
    expect(world.take()).toEqual(['pending 1/1/ clockSkew', 'fired 1/1/ clockSkew']);
    world.pass(2_000);
    expect(world.take()).toEqual(['resolved 1/1/ good']);
  });

  test('is told of later when nothing can be taken in just now', () => {
    const world = new JudgeWorld([skew]);
    world.hasRoom = false;
    world.link(1, 3_600_000);
    world.pass(1_000);
    expect(world.take()).toEqual([]);
    world.hasRoom = true;
    world.pass(1_000);
    expect(world.take()).toEqual(['fired 1/1/ clockSkew']);
  });

  test('what waited for the end of a pause of ours says nothing of a clock', () => {
    const world = new JudgeWorld([skew]);
    world.pass(1_000);
    world.jump(120_000);
    world.link(1, -120_000);

    expect(world.take()).toEqual([]);
  });

  test('the answer of a slow database is not taken for a slow clock', () => {
    const world = new JudgeWorld([skew]);
    const wallMs = world.nowMs;
    world.judge.linked(1, { ...world.clocks, wallMs, isAdmitted: false });
    world.pass(60_000);
    world.judge.linked(1, { ...world.clocks, wallMs, isAdmitted: true });

    expect(world.take()).toEqual([]);
  });
});
