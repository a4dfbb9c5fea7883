import { expect, test } from 'vitest';
import { AlertShelves, Shelf } from './alert-shelves.ts';
import type { DefinitionChanges } from './store/alerts/definitions.ts';

const nothing: DefinitionChanges = {
  rules: [],
  channels: [],
  downtimes: [],
  silences: [],
  removed: [],
  acknowledgedIds: [],
  unreadable: [],
  readAt: '',
};

test('Shelf takes what is newer, and lists by id', () => {
  const shelf = new Shelf<string>();

  expect([shelf.put(2, 'b', 1), shelf.put(1, 'a', 5), shelf.put(1, 'old', 4), shelf.put(1, 'same', 5)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect([shelf.list(), shelf.size, shelf.get(1), shelf.get(3)]).toEqual([['a', 'b'], 2, 'a', undefined]);
});

test('Shelf does not take back what was removed before the reading after the next', () => {
  const shelf = new Shelf<string>();
  shelf.put(1, 'a', 1);
  const wasThere = [shelf.remove(1), shelf.remove(1)];
  const comesBack = [shelf.put(1, 'a', 2)];
  shelf.turnBurials();
  comesBack.push(shelf.put(1, 'a', 2));
  shelf.turnBurials();
  comesBack.push(shelf.put(1, 'a', 2));

  expect([wasThere, comesBack]).toEqual([
    [true, false],
    [false, false, true],
  ]);
});

test('AlertShelves lets go of a row that is not understood any more, and tells of it once', () => {
  const shelves = new AlertShelves();
  const silence = { id: 4, untilMs: 5, createdMs: 1 } as DefinitionChanges['silences'][number];
  expect(shelves.take({ ...nothing, silences: [silence] })).toBe(true);
  expect(shelves.take({ ...nothing, silences: [silence] })).toBe(false);
  const unreadable = [{ table: 'silence', id: 4 }] as const;
  shelves.take({ ...nothing, unreadable });
  shelves.take({ ...nothing, unreadable });

  expect(shelves.definitions.silences).toEqual([]);
  expect([shelves.takeUnreadable(), shelves.takeUnreadable()]).toEqual([unreadable, []]);
});
