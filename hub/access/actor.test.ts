import { describe, expect, test } from 'vitest';
import { type AccessRule, type Actor, judgeAccess, roleOf, roles, tokenScopes } from './actor.ts';

const stranger: Actor = { kind: 'anonymous', canRead: false };
const onlooker: Actor = { kind: 'anonymous', canRead: true };
const operator: Actor = { kind: 'operator' };
const [viewer, editor, admin] = roles.map(
  (role): Actor => ({ kind: 'person', personId: 1, name: 'ann', role, sessionId: 1 }),
) as [Actor, Actor, Actor];
const [pusher, reader, writer, ruler] = tokenScopes.map(
  (scope): Actor => ({ kind: 'token', tokenId: 1, name: 'ci', scope, clientId: null }),
) as [Actor, Actor, Actor, Actor];
const all = { stranger, onlooker, viewer, editor, admin, pusher, reader, writer, ruler, operator };

const whoMay = (rule: AccessRule) =>
  Object.entries(all).flatMap(([name, actor]) => (judgeAccess(rule, actor) === 'allowed' ? [name] : []));

describe('judgeAccess()', () => {
  test.each<[AccessRule, string[]]>([
    ['public', Object.keys(all)],
    ['viewer', ['onlooker', 'viewer', 'editor', 'admin', 'reader', 'writer', 'ruler', 'operator']],
    ['editor', ['editor', 'admin', 'writer', 'ruler', 'operator']],
    ['admin', ['admin', 'ruler', 'operator']],
    ['push', ['editor', 'admin', 'pusher', 'writer', 'ruler', 'operator']],
    ['person', ['viewer', 'editor', 'admin']],
  ])('lets the right ones through the rule "%s"', (rule, names) => {
    expect(whoMay(rule)).toEqual(names);
  });

  test('tells those whom signing in may help from those whom it would not', () => {
    expect(judgeAccess('admin', stranger)).toBe('unknown');
    expect(judgeAccess('editor', onlooker)).toBe('unknown');
    expect(judgeAccess('admin', editor)).toBe('forbidden');
    expect(judgeAccess('person', ruler)).toBe('forbidden');
  });
});

test('roleOf() names the role that somebody comes up to', () => {
  expect(Object.values(all).map(roleOf)).toEqual([
    null,
    'viewer',
    'viewer',
    'editor',
    'admin',
    null,
    'viewer',
    'editor',
    'admin',
    'admin',
  ]);
});
