import { beforeEach, describe, expect, test } from 'vitest';
import { DeliveryWorld, failure, healthy, intervalMs, type Receiver, seeded, sent } from '../testing/delivery-world.ts';
import { noticeEvent } from '../testing/notice-fixture.ts';
import { retryMs } from './delivery.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

let world = new DeliveryWorld();
beforeEach(() => {
  world = new DeliveryWorld();
});

describe('what is due', () => {
  test('is sent as one message of its group, and what comes after it at its distance', async () => {
    const channel = world.channel(healthy);
    world.notice(channel, 'a');
    world.notice(channel, 'b');
    await world.time.pass(1_000);
    expect(world.keysAt(channel)).toEqual(['a.1', 'b.1']);
    expect(world.tries).toHaveLength(1);

    world.notice(channel, 'a', 2);
    await world.time.pass(50_000);
    expect(world.tries).toHaveLength(1);
    await world.time.pass(15_000);
    expect(world.keysAt(channel)).toEqual(['a.1', 'b.1', 'a.2']);
    expect(await world.delivery.report()).toEqual({
      sentMessages: 2,
      directMessages: 0,
      failedTries: 0,
      deadNotices: 0,
      waitingCount: 0,
      waitingMs: 0,
      deadCount: 0,
    });
  });

  test('of a value that flaps each second for an hour is one message a minute', async () => {
    const channel = world.channel(healthy);
    for (let second = 0; second < 3_600; second += 1) {
      world.notice(channel, 'a', second + 1);
      await world.time.pass(1_000);
    }
    await world.time.pass(2 * minuteMs);
    expect(world.keysAt(channel)).toHaveLength(3_600);
    expect(world.tries.length).toBeLessThanOrEqual(61);
  });

  test('is looked for when it is due, and not before', async () => {
    const channel = world.channel(healthy);
    world.delivery.poke();
    await world.time.pass(100);
    const before = world.outbox.leaseCount;
    for (let n = 1; n <= 5; n += 1) {
      world.outbox.add(channel, noticeEvent({ key: `late.${n}` }), { groupKey: `${n}`, intervalMs });
      world.delivery.poke(300);
      await world.time.pass(20);
    }
    expect(world.outbox.leaseCount).toBe(before);
    await world.time.pass(1_000);
    expect(world.keysAt(channel).sort()).toEqual(['late.1', 'late.2', 'late.3', 'late.4', 'late.5']);
  });

  test('is found without a poke: of another hub, or of one that was killed', async () => {
    const channel = world.channel(healthy);
    world.delivery.poke();
    await world.time.pass(1_000);
    world.outbox.add(channel, noticeEvent(), { groupKey: 'g', intervalMs });
    await world.time.pass(16_000);
    expect(world.keysAt(channel)).toEqual(['event-1']);
  });

  test('goes out one by one on a channel, and on eight channels side by side', async () => {
    const slow: Receiver = () => ({ isTaken: true, tookMs: 5_000, outcome: sent });
    const channels = Array.from({ length: 12 }, () => world.channel(slow));
    for (const channel of channels) for (const group of ['a', 'b', 'c']) world.notice(channel, group, 1, group);
    await world.time.pass(1_000);
    expect([...world.running.values()].reduce((a, b) => a + b)).toBe(8);
    await world.time.pass(minuteMs);
    expect([...world.runningMax.values()]).toEqual(Array(12).fill(1));
    for (const channel of channels) expect(world.keysAt(channel).sort()).toEqual(['a.1', 'b.1', 'c.1']);
  });

  test('does not wait for a channel that hangs', async () => {
    const hanging = world.channel(() => ({
      isTaken: false,
      tookMs: 10_000,
      outcome: failure({ mayHaveArrived: true }),
    }));
    const channel = world.channel(healthy);
    for (let n = 0; n < 60; n += 1) {
      world.notice(hanging, `${n}`, 1, `${n}`);
      world.notice(channel, `${n}`, 1, `${n}`);
      await world.time.pass(1_000);
    }
    const arrived = world.arrived.get(channel)!;
    expect(arrived).toHaveLength(60);
    const created = new Map(world.outbox.rows.map((row) => [row.event, row.createdMs]));
    for (const { event, atMs } of arrived) expect(atMs - created.get(event)!).toBeLessThanOrEqual(1_000);
  });

  test('of more than ten groups at once is one message', async () => {
    const channel = world.channel(healthy);
    for (let n = 0; n < 1_000; n += 1) world.notice(channel, `${n}`, 1, `${n}`);
    await world.time.pass(5_000);
    expect(world.keysAt(channel)).toHaveLength(1_000);
    expect(world.tries.length).toBeLessThanOrEqual(3);
  });

  test('goes to PagerDuty in small messages, one after the other', async () => {
    const sizes: number[] = [];
    const channel = world.channel((message) => {
      sizes.push(message.events.length);
      return { isTaken: true, tookMs: 5_000, outcome: sent };
    }, 'pagerduty');
    for (let n = 0; n < 100; n += 1) world.notice(channel, `${n}`);
    await world.time.pass(25_000);
    expect(sizes).toEqual([25, 25, 25, 25]);
  });
});

describe('what fails', () => {
  test('is tried again after 1, 5, 15 s, 1, 5 and 15 minutes at most, and goes through in the end', async () => {
    const healMs = world.time.nowMs + hourMs;
    const channel = world.channel(() =>
      world.time.nowMs < healMs
        ? { isTaken: false, tookMs: 10, outcome: failure() }
        : { isTaken: true, tookMs: 10, outcome: sent },
    );
    world.notice(channel, 'a');
    await world.time.pass(2 * hourMs);
    const waits = world.tries.slice(1).map(({ atMs }, index) => atMs - world.tries[index]!.atMs);
    for (const [index, maxMs] of [1_000, 5_000, 15_000, minuteMs, 5 * minuteMs].entries())
      expect(waits[index]).toBeLessThanOrEqual(maxMs + 1_000);
    expect(Math.max(...waits)).toBeGreaterThan(5 * minuteMs);
    expect(Math.max(...waits)).toBeLessThanOrEqual(15 * minuteMs + 1_000);
    expect(world.keysAt(channel)).toEqual(['a.1']);
    expect([world.logged('channel.failed'), world.logged('channel.recovered')]).toEqual([1, 1]);
  });

  test('waits for as long as the receiver asks', async () => {
    let count = 0;
    const channel = world.channel(() => {
      count += 1;
      return count === 1
        ? { isTaken: false, tookMs: 0, outcome: failure({ answer: 'HTTP 429', retryAfterMs: 120_000 }) }
        : { isTaken: true, tookMs: 0, outcome: sent };
    });
    world.notice(channel, 'a', 1, 'a');
    world.notice(channel, 'b', 1, 'b');
    await world.time.pass(119_000);
    expect(world.tries).toHaveLength(1);
    await world.time.pass(10_000);
    expect(world.keysAt(channel)).toEqual(['b.1', 'a.1']);
  });

  test('for itself holds up no other group', async () => {
    const channel = world.channel((message) =>
      message.groupKey === 'bad'
        ? { isTaken: false, tookMs: 0, outcome: failure({ answer: 'HTTP 400', isOfMessage: true }) }
        : { isTaken: true, tookMs: 0, outcome: sent },
    );
    world.notice(channel, 'a', 1, 'bad');
    for (let n = 0; n < 9; n += 1) world.notice(channel, `${n}`, 1, `good-${n}`);
    await world.time.pass(310);
    expect(world.keysAt(channel)).toHaveLength(9);
    expect(world.tries).toHaveLength(10);
  });

  test('holds up what follows in its group', async () => {
    const answers = [failure({ mayHaveArrived: true }), failure({ answer: 'HTTP 400', isOfMessage: true })];
    const channel = world.channel(() => {
      const outcome = answers.shift() ?? sent;
      return { isTaken: outcome === sent, tookMs: 0, outcome };
    });
    world.notice(channel, 'a', 1);
    await world.time.pass(310);
    world.notice(channel, 'a', 2);
    await world.time.pass(2 * minuteMs);
    expect(answers).toEqual([]);
    expect(world.keysAt(channel)).toEqual(['a.1', 'a.2']);
  });

  test('for a day is dead, is told to the log, and can be tried again', async () => {
    let isHealthy = false;
    const channel = world.channel(() => ({ isTaken: isHealthy, tookMs: 0, outcome: isHealthy ? sent : failure() }));
    world.notice(channel, 'a');
    await world.time.pass(25 * hourMs);
    expect(world.outbox.rows[0]!.state).toBe('dead');
    expect(world.logged('notice.died')).toBe(1);
    expect(await world.delivery.report()).toMatchObject({ deadNotices: 1, deadCount: 1, waitingCount: 0 });
    const before = world.tries.length;
    await world.time.pass(hourMs);
    expect(world.tries).toHaveLength(before);

    isHealthy = true;
    world.outbox.retryDead(1);
    world.delivery.poke();
    await world.time.pass(16 * minuteMs);
    expect(world.keysAt(channel)).toEqual(['a.1']);
  });

  test('by a fault of ours is a failure like others', async () => {
    let count = 0;
    const channel = world.channel(() => {
      count += 1;
      if (count === 1) throw new Error('a fault');
      return { isTaken: true, tookMs: 0, outcome: sent };
    });
    world.notice(channel, 'a');
    await world.time.pass(minuteMs);
    expect(world.keysAt(channel)).toEqual(['a.1']);
    expect(world.logged('notice.faulted')).toBe(1);
  });

  test('because the channel is closed is dead at once', async () => {
    const channel = world.channel(healthy);
    world.outbox.channels[0]!.isOpen = false;
    world.notice(channel, 'a');
    await world.time.pass(1_000);
    expect(world.outbox.rows[0]!.state).toBe('dead');
    expect(world.tries).toEqual([]);
    expect(world.logged('notice.died')).toBe(1);
  });
});

describe('an hour of trouble', () => {
  const random = seeded(7);
  /** Whether it was taken shows only to the receiver itself. */
  const unsure = (answer: string, tookMs: number) => () => ({
    isTaken: random() < 0.5,
    tookMs,
    outcome: failure({ answer, mayHaveArrived: true }),
  });
  const troubles: Readonly<Record<string, () => ReturnType<Receiver>>> = {
    'HTTP 503': unsure('HTTP 503', 20),
    'HTTP 429': () => ({ isTaken: false, tookMs: 20, outcome: failure({ answer: 'HTTP 429', retryAfterMs: 30_000 }) }),
    'a hang': unsure('No answer in time', 10_000),
    'a connection that is cut': unsure('Connection failed: ECONNRESET', 100),
    'nobody there': () => ({
      isTaken: false,
      tookMs: 1,
      outcome: failure({ answer: 'Connection failed: ECONNREFUSED' }),
    }),
    slowness: () => ({ isTaken: true, tookMs: 9_900, outcome: sent }),
  };

  test.each(Object.keys(troubles))(
    'by %s ends with one effective notice each, in order, and others are not held up',
    async (name) => {
      const healMs = world.time.nowMs + hourMs;
      const sick = world.channel((message) => (world.time.nowMs < healMs ? troubles[name]!() : healthy(message)));
      const well = world.channel(healthy);
      const targets = ['a', 'b', 'c', 'd', 'e'];
      for (let second = 0; second < 3_600; second += 20) {
        const target = targets[(second / 20) % targets.length]!;
        const seq = Math.floor(second / 20 / targets.length) + 1;
        for (const channel of [sick, well]) world.notice(channel, target, seq, `group-${target === 'a' ? 'x' : 'y'}`);
        await world.time.pass(20_000);
      }
      await world.time.pass(hourMs);

      for (const channel of [sick, well]) {
        const keys = world.keysAt(channel);
        expect(keys).toHaveLength(180);
        expect(new Set(keys).size).toBe(180);
        for (const target of targets)
          expect(keys.filter((key) => key.startsWith(target))).toEqual(
            Array.from({ length: 36 }, (_, n) => `${target}.${n + 1}`),
          );
      }
      const created = new Map(world.outbox.rows.map((row) => [row.event, row.createdMs]));
      const lateMsMax = Math.max(...world.arrived.get(well)!.map(({ event, atMs }) => atMs - created.get(event)!));
      expect(lateMsMax).toBeLessThanOrEqual(intervalMs + 1_000);
      expect(world.outbox.rows.every(({ state }) => state === 'sent')).toBe(true);
      // A sick receiver is not hammered: some 12 tries of an hour are by time, the rest by what came.
      expect(world.tries.filter(({ channelId, atMs }) => channelId === sick && atMs < healMs).length).toBeLessThan(130);
    },
  );

  test('by a hub that is killed again and again, in the middle of sending, ends the same way', async () => {
    let kills = 0;
    const channel = world.channel(() => {
      if (kills < 40 && random() < 0.7) {
        kills += 1;
        world.time.after(random() * 400, () => world.killAndStart());
      }
      return random() < 0.5 ? unsure('No answer in time', 300)() : { isTaken: true, tookMs: 300, outcome: sent };
    });
    for (let n = 0; n < 120; n += 1) {
      world.notice(channel, 'a', n + 1);
      await world.time.pass(random() * 60_000);
    }
    world.receivers.set(channel, healthy);
    await world.time.pass(2 * hourMs);
    expect(kills).toBeGreaterThan(20);
    expect(world.keysAt(channel)).toEqual(Array.from({ length: 120 }, (_, n) => `a.${n + 1}`));
    expect(world.outbox.rows.every(({ state }) => state === 'sent')).toBe(true);
  });
});

describe('the database', () => {
  test('away is logged once, asked again with patience, and what was sent is noted when it is back', async () => {
    const channel = world.channel(() => {
      world.outbox.isAway = true;
      return { isTaken: true, tookMs: 100, outcome: sent };
    });
    world.notice(channel, 'a');
    await world.time.pass(5 * minuteMs);
    expect(world.outbox.rows[0]!.state).toBe('sending');
    world.outbox.isAway = false;
    await world.time.pass(10_000);
    expect(world.outbox.rows[0]!.state).toBe('sent');
    expect(world.keysAt(channel)).toEqual(['a.1']);
    // The lease was over long ago, and still nobody has sent it twice.
    expect(world.tries).toHaveLength(1);
    expect([world.logged('outbox.unreached'), world.logged('outbox.reached')]).toEqual([1, 1]);
  });

  test('away while nothing is sent does not keep it from being found later', async () => {
    const channel = world.channel(healthy);
    world.outbox.isAway = true;
    world.delivery.poke();
    await world.time.pass(10 * minuteMs);
    world.outbox.isAway = false;
    world.outbox.add(channel, noticeEvent(), { groupKey: 'g', intervalMs });
    await world.time.pass(10_000);
    expect(world.keysAt(channel)).toEqual(['event-1']);
    world.outbox.isAway = true;
    expect(await world.delivery.report()).toMatchObject({ sentMessages: 1 });
  });
});

describe('stop()', () => {
  test('waits for what is under way, takes nothing more, and leaves no timer', async () => {
    const channel = world.channel(() => ({ isTaken: true, tookMs: 2_000, outcome: sent }));
    for (const group of ['a', 'b', 'c']) world.notice(channel, group, 1, group);
    await world.time.pass(1_000);
    const stopped = world.delivery.stop();
    await world.time.pass(10_000);
    await stopped;
    expect(world.outbox.rows.map(({ state }) => state)).toEqual(['sent', 'waiting', 'waiting']);
    world.delivery.poke();
    await world.time.pass(minuteMs);
    expect(world.tries).toHaveLength(1);
    expect(world.time.timerCount).toBe(0);
    // The channel is free: another hub need not wait for the lease.
    world.delivery = world.start();
    world.delivery.poke();
    await world.time.pass(5_000);
    expect(world.keysAt(channel)).toHaveLength(3);
  });

  test('does not wait for longer than 5 s', async () => {
    const channel = world.channel(() => ({ isTaken: true, tookMs: 30_000, outcome: sent }));
    world.notice(channel, 'a');
    await world.time.pass(1_000);
    let isStopped = false;
    const stopped = world.delivery.stop().then(() => {
      isStopped = true;
    });
    await world.time.pass(4_900);
    expect(isStopped).toBe(false);
    await world.time.pass(200);
    await stopped;
    expect(isStopped).toBe(true);
  });
});

test('sendDirect() sends without the outbox', async () => {
  const channel = world.channel(healthy);
  const message = { key: 'k', groupKey: 'storage', events: [noticeEvent({ kind: 'storageDown' })], omittedCount: 0 };
  world.outbox.isAway = true;
  const outcome = world.delivery.sendDirect({ kind: 'webhook', sealedSettings: { id: channel } }, message);
  await world.time.pass(1_000);
  expect(await outcome).toEqual(sent);
  expect(await world.delivery.report()).toMatchObject({ directMessages: 1, sentMessages: 0 });
});

test('retryMs() is uniform below its step', () => {
  expect([0, 1, 2, 3, 4, 5, 99].map((attempt) => retryMs(attempt, () => 0.5))).toEqual([
    500, 2_500, 7_500, 30_000, 150_000, 450_000, 450_000,
  ]);
  expect(retryMs(5, () => 0)).toBe(0);
});
