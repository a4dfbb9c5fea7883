import { expect, test } from 'vitest';
import { SnapshotTurns } from './snapshot-turns.ts';

/** Turns until nobody has one, each of so many values. */
function turnsOf(turns: SnapshotTurns<string>, cells: number): string[] {
  const taken: string[] = [];
  for (let turn = turns.take(); turn !== null; turn = turns.take()) {
    taken.push(`${turn.viewer}${turn.hostId}`);
    turns.spent(cells);
  }
  return taken;
}

test('viewers take turns, a host each, and a host that is asked for again waits once', () => {
  const turns = new SnapshotTurns<string>();
  for (const hostId of [1, 2, 3, 1, 2, 3]) turns.add('a', hostId);
  for (const hostId of [1, 9]) turns.add('b', hostId);
  expect([turns.has('a', 3), turns.has('b', 3), turns.has('c', 3)]).toEqual([true, false, false]);
  expect(turnsOf(turns, 0)).toEqual(['a1', 'b1', 'a2', 'b9', 'a3']);
  expect(turns.has('a', 3)).toBe(false);
});

test('whoever leaves, or wants a host no more, has no turn', () => {
  const turns = new SnapshotTurns<string>();
  for (const viewer of ['a', 'b', 'c']) for (const hostId of [1, 2]) turns.add(viewer, hostId);
  turns.dropAll('a');
  turns.drop('b', 1);
  turns.drop('c', 1);
  turns.drop('c', 2);
  turns.drop('nobody', 1);
  expect(turnsOf(turns, 0)).toEqual(['b2']);
});

test('what is more than the share waits for the next polls', () => {
  const turns = new SnapshotTurns<string>();
  for (let hostId = 1; hostId <= 6; hostId += 1) turns.add('a', hostId);
  expect(turnsOf(turns, 30_000)).toEqual(['a1', 'a2', 'a3']);
  expect(turnsOf(turns, 30_000)).toEqual([]);
  turns.poll();
  expect(turnsOf(turns, 30_000)).toEqual(['a4', 'a5']);
  // A share that nobody has used is not saved up.
  for (let poll = 0; poll < 10; poll += 1) turns.poll();
  for (let hostId = 1; hostId <= 6; hostId += 1) turns.add('a', hostId);
  expect(turnsOf(turns, 30_000)).toHaveLength(3);
});

test('a snapshot beyond many shares keeps others waiting for a second at most', () => {
  const turns = new SnapshotTurns<string>();
  turns.add('a', 1);
  expect(turnsOf(turns, 10_000_000)).toEqual(['a1']);
  turns.add('b', 2);
  for (let poll = 0; poll < 10; poll += 1) {
    turns.poll();
    expect(turnsOf(turns, 0)).toEqual([]);
  }
  turns.poll();
  expect(turnsOf(turns, 0)).toEqual(['b2']);
});
