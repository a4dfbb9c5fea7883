import { expect, test } from 'vitest';
import { comesUpTo, initialsOf, roles } from './session.ts';

test('comesUpTo() lets a higher role do what a lower one may, and a stranger nothing', () => {
  const table = [null, ...roles].map((role) => roles.filter((needed) => comesUpTo(role, needed)));
  expect(table).toEqual([[], ['viewer'], ['viewer', 'editor'], ['viewer', 'editor', 'admin']]);
});

test.each([
  ['Mira Kovac', 'MK'],
  ['ann', 'AN'],
  ['j.p.doe', 'JD'],
  ['X', 'X'],
  ['👩‍💻 ops', '👩O'],
  ['', ''],
])('initialsOf(%j)', (name, initials) => {
  expect(initialsOf(name)).toBe(initials);
});
