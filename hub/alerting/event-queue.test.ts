import { describe, expect, test } from 'vitest';
import type { EventRow, RecordedEvent } from '../store/alerts/record.ts';
import { EventQueue, type QueuedEvent, queuedEventsMax } from './event-queue.ts';

function event(key: string): QueuedEvent {
  const row = { key, notices: [] } as unknown as EventRow;
  return { row, notice: {} as never, sentChannelIds: new Set(), triedChannelIds: new Set() };
}

/** A queue whose statements are answered by hand. */
class World {
  readonly statements: { keys: string[]; resolve(): void; reject(error: Error): void }[] = [];
  readonly recorded: string[] = [];
  readonly failed: string[] = [];
  readonly held = new Set<string>();
  committedCount = 0;
  readonly queue = new EventQueue({
    record: (rows) =>
      new Promise((resolve, reject) => {
        const keys = rows.map(({ key }) => key);
        const answers = keys.map((key) => ({ key, outcome: 'recorded' }) as RecordedEvent);
        this.statements.push({ keys, resolve: () => resolve(answers), reject });
      }),
    isDataError: (error) => error instanceof RangeError,
    isHeld: ({ row }) => this.held.has(row.key),
    recorded: ({ row }) => this.recorded.push(row.key),
    failed: ({ row }) => this.failed.push(row.key),
    committed: () => {
      this.committedCount += 1;
    },
    random: () => 1,
  });

  add(...keys: string[]): void {
    for (const key of keys) this.queue.add(event(key));
  }
  /** Answers the newest statement, if one is under way. */
  async answer(how: 'stored' | 'away' | 'data'): Promise<string[]> {
    const { keys, resolve, reject } = this.statements.at(-1)!;
    if (how === 'stored') resolve();
    else reject(how === 'away' ? new Error('away') : new RangeError('data'));
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    return keys;
  }
}

test('poll() has one statement under way, with all that came meanwhile in the next', async () => {
  const world = new World();
  world.add('a');
  world.queue.poll(0);
  world.add('b', 'c');
  world.queue.poll(0);
  expect(world.statements).toHaveLength(1);
  await world.answer('stored');
  expect(world.statements.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c']]);
  await world.answer('stored');
  expect([world.recorded, world.queue.count, world.committedCount]).toEqual([['a', 'b', 'c'], 0, 2]);
});

describe('a statement that fails', () => {
  test('as the database is away is tried again, later and in the same order', async () => {
    const world = new World();
    world.add('a', 'b');
    world.queue.poll(0);
    await world.answer('away');
    world.add('c');
    world.queue.poll(200);
    expect(world.statements).toHaveLength(1);
    world.queue.poll(250);
    await world.answer('stored');
    expect(world.recorded).toEqual(['a', 'b', 'c']);
  });

  test('is tried again with half as many events, as it may have been too large', async () => {
    const world = new World();
    world.add(...Array.from({ length: 500 }, (_, index) => String(index)));
    for (const atMs of [0, 10_000, 20_000]) {
      world.queue.poll(atMs);
      await world.answer('away');
    }
    expect(world.statements.map(({ keys }) => keys.length)).toEqual([500, 250, 125]);
    expect([world.queue.stuckMs(30_000), world.queue.count]).toEqual([30_000, 500]);
    world.queue.poll(30_000);
    await world.answer('stored');
    await world.answer('stored');
    expect([world.recorded.length, world.queue.stuckMs(40_000)]).toEqual([500, 0]);
  });

  test('by its data goes on one by one, and what is at fault is given up alone', async () => {
    const world = new World();
    world.add('a', 'bad', 'c');
    world.queue.poll(0);
    await world.answer('data');
    await world.answer('stored');
    await world.answer('data');
    await world.answer('stored');
    expect([world.recorded, world.failed, world.queue.count]).toEqual([['a', 'c'], ['bad'], 0]);
  });
});

test('an event that is held is not sent, nor are those behind it, until it is free', async () => {
  const world = new World();
  world.held.add('b');
  world.add('a', 'b', 'c');
  world.queue.poll(0);
  await world.answer('stored');
  world.queue.poll(1_000);
  expect(world.statements.map(({ keys }) => keys)).toEqual([['a']]);
  world.held.clear();
  world.queue.poll(2_000);
  expect(await world.answer('stored')).toEqual(['b', 'c']);
});

test('waiting() has what is under way only once its statement hangs', () => {
  const world = new World();
  world.add('a');
  world.queue.poll(1_000);
  world.add('b');
  const waiting = (atMs: number) => world.queue.waiting(atMs).map(({ row }) => row.key);
  expect([waiting(5_999), waiting(6_000)]).toEqual([['b'], ['a', 'b']]);
});

test('hasRoom is false at the bound, which counts what is under way', async () => {
  const world = new World();
  for (let index = 0; index < queuedEventsMax; index += 1) world.add(String(index));
  world.queue.poll(0);
  expect(world.queue.hasRoom).toBe(false);
  await world.answer('stored');
  expect(world.queue.hasRoom).toBe(true);
});
