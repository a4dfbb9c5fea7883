import { beforeEach, describe, expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import type { Asked } from '../../api/client.ts';
import { type Backtest, parseBacktest } from '../../api/rules.ts';
import { type BacktestQuestion, BacktestRun, patienceMs, sideMsMax, stillMs } from './backtest-run.ts';
import { newRuleDraft } from './rule-draft.ts';

interface Flight {
  readonly days: number;
  readonly signal: AbortSignal;
  answer(fired: number, tier?: 'raw' | 'minute'): Promise<void>;
}

/** A hub that answers when it is told to, and a clock that is moved by hand. */
class World {
  nowMs = 0;
  readonly flights: Flight[] = [];
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  readonly run = new BacktestRun({
    ask: ({ days }, signal) =>
      new Promise<Asked<Backtest>>((resolve) => {
        const answer = async (fired: number, tier = 'raw') => {
          resolve({ kind: 'ok', value: parseBacktest({ fired, tier }) });
          await settled();
        };
        this.flights.push({ days, signal, answer });
      }),
    after: (ms, callback) => {
      const timer = { atMs: this.nowMs + ms, callback };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    },
    nowMs: () => this.nowMs,
    background: (work) => void work,
  });

  pass(ms: number): void {
    this.nowMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs > this.nowMs || !this.#timers.delete(timer)) continue;
      timer.callback();
    }
  }

  get asked(): readonly number[] {
    return this.flights.map(({ days }) => days);
  }

  get fired(): number | null {
    const asked = this.run.answered?.asked;
    return asked?.kind === 'ok' ? asked.value.fired : null;
  }
}

/** Lets promises that are kept go on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

/** Questions are told apart by their days. */
const spec = { ...newRuleDraft({ host: '', metric: '' }).spec, hosts: anyHost };
const question = (days: number): BacktestQuestion => ({ spec, days, isHasty: false });
const side = (days: number) => ({ id: `side ${days}`, question: question(days) });

let world: World;

beforeEach(() => {
  world = new World();
});

describe('a back-test while a rule is changed', () => {
  test('asks at once, and shows the answer', async () => {
    world.run.want(question(1));
    expect([world.asked, world.run.isRunning, world.fired]).toEqual([[1], true, null]);
    await world.flights[0]!.answer(14);
    expect([world.run.isRunning, world.fired]).toEqual([false, 14]);
  });

  test('has one request in flight; the newest state goes next and those between are left out', async () => {
    for (const days of [1, 2, 3, 4]) world.run.want(question(days));
    expect(world.asked).toEqual([1]);
    await world.flights[0]!.answer(10);
    expect([world.asked, world.fired, world.run.isRunning]).toEqual([[1, 4], 10, true]);
    await world.flights[1]!.answer(40);
    expect([world.asked, world.fired, world.run.isRunning]).toEqual([[1, 4], 40, false]);
  });

  test('gives up a request that takes long for a newer state, and never shows its answer', async () => {
    world.run.want(question(1));
    world.pass(patienceMs - 1);
    world.run.want(question(2));
    expect(world.asked).toEqual([1]);
    world.pass(1);
    expect([world.asked, world.flights[0]!.signal.aborted]).toEqual([[1, 2], true]);
    await world.flights[0]!.answer(10);
    expect([world.fired, world.run.isRunning]).toEqual([null, true]);
    await world.flights[1]!.answer(20);
    expect(world.fired).toBe(20);
  });

  test('waits as long as it takes while nothing newer is wanted', async () => {
    world.run.want(question(1));
    world.pass(60_000);
    expect(world.flights[0]!.signal.aborted).toBe(false);
    await world.flights[0]!.answer(3);
    expect(world.fired).toBe(3);
  });

  test('asks again what was asked in haste, unless the ticks themselves were judged', async () => {
    const hasty = (days: number) => ({ ...question(days), isHasty: true });
    world.run.want(hasty(1));
    await world.flights[0]!.answer(3, 'minute');
    world.run.want(question(1));
    expect(world.asked).toEqual([1, 1]);
    await world.flights[1]!.answer(4);
    world.run.want(hasty(2));
    world.run.want(question(2));
    await world.flights[2]!.answer(5, 'raw');
    expect([world.asked, world.run.isRunning, world.fired]).toEqual([[1, 1, 2], false, 5]);
  });

  test('has the side questions of a state that is answered already', async () => {
    world.run.want({ ...question(1), isHasty: true });
    await world.flights[0]!.answer(3);
    world.run.want(question(1), [side(11)]);
    world.pass(stillMs);
    expect(world.asked).toEqual([1, 11]);
  });

  test('says when its answer has stood for a while', async () => {
    world.run.want(question(1));
    await world.flights[0]!.answer(3);
    expect(world.run.isStill).toBe(false);
    world.pass(stillMs);
    expect(world.run.isStill).toBe(true);
    world.run.want(question(2));
    expect(world.run.isStill).toBe(false);
  });

  test('forgets everything when there is nothing to be asked', async () => {
    world.run.want(question(1));
    await world.flights[0]!.answer(3);
    world.run.want(null);
    expect([world.run.answered, world.run.isRunning]).toEqual([null, false]);
  });
});

describe('side questions', () => {
  test('wait until the state is answered and still, and go one after the other', async () => {
    world.run.want(question(1), [side(11), side(12)]);
    await world.flights[0]!.answer(5);
    world.pass(stillMs - 1);
    expect(world.asked).toEqual([1]);
    world.pass(1);
    expect(world.asked).toEqual([1, 11]);
    await world.flights[1]!.answer(4);
    expect(world.asked).toEqual([1, 11, 12]);
    await world.flights[2]!.answer(2);
    expect(world.run.sideAnswer('side 12')).toMatchObject({ value: { fired: 2 } });
    expect(world.fired).toBe(5);
  });

  test('make way for another state at once', async () => {
    world.run.want(question(1), [side(11)]);
    await world.flights[0]!.answer(5);
    world.pass(stillMs);
    world.run.want(question(2));
    expect([world.asked, world.flights[1]!.signal.aborted]).toEqual([[1, 11, 2], true]);
    await world.flights[1]!.answer(4);
    expect(world.run.sideAnswer('side 11')).toBeUndefined();
  });

  test('are not asked of what takes the hub long', async () => {
    world.run.want(question(1), [side(11)]);
    world.pass(sideMsMax + 1);
    await world.flights[0]!.answer(5);
    world.pass(60_000);
    expect(world.asked).toEqual([1]);
  });

  test('are not asked once the page is left', async () => {
    world.run.want(question(1), [side(11)]);
    await world.flights[0]!.answer(5);
    world.run.release();
    world.pass(stillMs);
    expect(world.asked).toEqual([1]);
  });
});
