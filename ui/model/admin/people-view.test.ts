import { describe, expect, test } from 'vitest';
import type { Person } from '../../api/people.ts';
import { stranger } from '../session.ts';
import { goesWith, peopleText, personRows } from './people-view.ts';

const person = (name: string, parts: Partial<Person> = {}): Person => ({
  ...{ id: name.length, name, role: 'viewer', isDisabled: false, createdMs: 0, signedInMs: null },
  ...{ sessionCount: 0, tokenCount: 0 },
  ...parts,
});
const ann = { ...stranger, kind: 'person', name: 'Ann', role: 'admin', canRead: true } as const;

describe('personRows()', () => {
  test('are in the order of names, and know whoever looks', () => {
    const rows = personRows([person('Zoe'), person('ann-2'), person('Ann', { role: 'admin' })], ann, '');
    expect(rows.map(({ person: { name }, isSelf }) => [name, isSelf])).toEqual([
      ['Ann', true],
      ['ann-2', false],
      ['Zoe', false],
    ]);
  });

  test('hold the last admin who can sign in, and whoever looks', () => {
    const held = (people: readonly Person[]) =>
      personRows(people, ann, '').flatMap(({ person: { name }, heldBy }) =>
        heldBy === '' ? [] : [`${name}: ${heldBy}`],
      );
    const admin = { role: 'admin' } as const;
    expect(held([person('Ann', admin), person('Bob')])).toEqual([expect.stringMatching(/^Ann: .*last admin/)]);
    expect(held([person('Ann', admin), person('Bob', { ...admin, isDisabled: true })])).toEqual([
      expect.stringMatching(/^Ann: .*last admin/),
    ]);
    expect(held([person('Ann', admin), person('Bob', admin)])).toEqual([expect.stringMatching(/^Ann: Your own/)]);
  });

  test('are searched by name and role', () => {
    const people = [person('Ann', { role: 'admin' }), person('Bob'), person('Anna Bobic')];
    const found = (query: string) => personRows(people, ann, query).map(({ person: { name } }) => name);
    expect([found('AN'), found('bob'), found('viewer'), found('x')]).toEqual([
      ['Ann', 'Anna Bobic'],
      ['Anna Bobic', 'Bob'],
      ['Anna Bobic', 'Bob'],
      [],
    ]);
  });
});

test('what is said of people', () => {
  expect(peopleText([person('Ann', { sessionCount: 2 }), person('Bob')])).toBe('2 accounts, 1 signed in');
  expect(goesWith(person('Ann', { sessionCount: 1, tokenCount: 2 }))).toBe('1 open session and 2 API tokens');
  expect(goesWith(person('Ann'))).toBe('');
});
