import { describe, expect, test } from 'vitest';
import { JudgeWorld, rule } from '../testing/judge-fixture.ts';
import { Elsewhere } from './elsewhere.ts';
import type { HeardHost } from './judgement.ts';

const minuteMs = 60_000;

/** A hub with one database, of which another hub may be the other user. */
class Site {
  readonly world: JudgeWorld;
  readonly asked: number[][] = [];
  /** What the other hub stores: hosts that are there. */
  readonly others = new Set<number>();
  /** And those whose agents said bye there. */
  readonly left = new Set<number>();
  isAway = false;
  isStuck = false;
  readonly #elsewhere: Elsewhere;

  constructor(hostCount: number) {
    this.world = new JudgeWorld([rule(1, {})], 0);
    for (let hostId = 1; hostId <= hostCount; hostId += 1) this.world.put(hostId, { lastMs: this.world.nowMs });
    this.#elsewhere = new Elsewhere({ judge: this.world.judge, heardHosts: (hostIds) => this.#newest(hostIds) });
  }

  /** `here`: hosts that are connected and tick. */
  async run(ms: number, here: readonly number[] = []): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 1_000) {
      this.world.pass(1_000);
      for (const hostId of here) this.world.tick(hostId, { cpu: 1 });
      this.#elsewhere.poll(this.world.nowMonotonicMs);
      await new Promise<void>((settle) => {
        setImmediate(settle);
      });
    }
  }

  async #newest(hostIds: readonly number[]): Promise<HeardHost[]> {
    this.asked.push([...hostIds]);
    if (this.isAway) throw new Error('Cannot ask: the database is away');
    if (this.isStuck) return new Promise(() => {});
    return hostIds.map((hostId) => {
      const timeMs = this.others.has(hostId) ? this.world.nowMs - 8_000 : 0;
      return { hostId, timeMs, hasLeft: this.left.has(hostId) };
    });
  }
}

describe('hosts at another hub', () => {
  test('are not down here, whether they were there at the start or have moved', async () => {
    const site = new Site(3);
    site.others.add(2);
    site.world.link(1);
    site.world.link(3);
    await site.run(2 * minuteMs, [1, 3]);
    expect(site.world.take()).toEqual([]);
    site.world.unlink(1);
    site.world.unlink(3);
    site.others.add(1).add(3);
    await site.run(5 * minuteMs);
    expect(site.world.take()).toEqual([]);
    site.others.delete(3);
    await site.run(2 * minuteMs);
    expect(site.world.take()).toEqual(['fired 1/3/ hostDown']);
    site.others.add(3);
    await site.run(10_000);
    expect(site.world.take()).toEqual(['resolved 1/3/ back']);
  });

  test('are not down because the database cannot be asked', async () => {
    const site = new Site(2);
    site.others.add(2);
    site.world.link(1);
    await site.run(2 * minuteMs, [1]);
    site.isAway = true;
    await site.run(10 * minuteMs, [1]);
    expect(site.world.take()).toEqual([]);
    site.isAway = false;
    site.others.clear();
    await site.run(70_000, [1]);
    expect(site.world.take()).toEqual(['fired 1/2/ hostDown']);
  });

  test('are not down because an answer does not come', async () => {
    const site = new Site(2);
    site.others.add(2);
    site.world.link(1);
    await site.run(2 * minuteMs, [1]);
    site.isStuck = true;
    await site.run(10 * minuteMs, [1]);
    expect(site.world.take()).toEqual([]);
  });

  test('are not missed when they have said there that they stop', async () => {
    const site = new Site(2);
    site.others.add(2);
    site.world.link(1);
    await site.run(2 * minuteMs, [1]);
    site.others.clear();
    site.left.add(2).add(1);
    await site.run(10 * minuteMs, [1]);
    expect(site.world.take()).toEqual([]);
    site.world.unlink(1);
    await site.run(50_000);
    expect(site.world.take()).toEqual(['fired 1/1/ hostDown']);
  });

  test('are asked for by those alone that are missed', async () => {
    const site = new Site(3);
    for (const hostId of [1, 2, 3]) site.world.link(hostId);
    await site.run(2 * minuteMs, [1, 2, 3]);
    expect(site.asked).toEqual([]);
    site.world.judge.bye(2);
    site.world.unlink(2);
    site.world.unlink(3);
    await site.run(10_000, [1]);
    expect(site.asked).toEqual([[3], [3]]);
    expect(site.world.take()).toEqual(['fired 1/3/ hostDown']);
  });
});
