import { expect, test } from 'vitest';
import type { AuditEntry } from '../../api/audit.ts';
import { actionText, actorKindText, actorText, detailText, didText, resultText } from './audit-text.ts';

const entry: AuditEntry = {
  ...{ id: 1, atMs: 0, actorKind: 'person', actorName: 'ann', action: 'rule.created', object: 'disk', result: 'done' },
  ...{ status: 201, address: '192.0.2.1', userAgent: '', detail: [], repeats: 1 },
};

test.each([
  ['rule.created', 'created rule'],
  ['session.opened', 'signed in'],
  ['scriptRun.failed-check', 'failed check script run'],
  ['agent.rotation-ordered', 'ordered a new token for agent'],
  ['agent.allowed', 'allowed agent to enrol again'],
  ['something', 'something'],
  ['', ''],
])('actionText() of %j is %j', (action, text) => {
  expect(actionText(action)).toBe(text);
});

test.each([
  ['rule.created', 'done', 'created rule'],
  ['rule.created', 'refused', 'was refused: create rule'],
  ['hub.wiped', 'refused', 'was refused: wipe everything stored'],
  ['hub.wiped', 'failed', 'failed to wipe everything stored'],
  ['session.opened', 'refused', 'was refused: sign in'],
  ['scriptRun.bent', 'refused', 'refused: bent script run'],
] as const)('didText() of %s that is %s is %j', (action, result, text) => {
  expect(didText({ action, result })).toBe(text);
});

test('who did it is told by name, and by kind where the name does not say that', () => {
  expect([actorText(entry), actorKindText(entry)]).toEqual(['ann', '']);
  const token = { ...entry, actorKind: 'token', actorName: 'ci' } as const;
  expect([actorText(token), actorKindText(token)]).toEqual(['ci', 'API token']);
  expect(actorText({ ...entry, actorKind: 'anonymous', actorName: '' })).toBe('nobody signed in');
});

test('resultText() says what did not go well, and how often', () => {
  expect(resultText(entry)).toBe('');
  expect(resultText({ ...entry, result: 'refused' })).toBe('refused');
  expect(resultText({ ...entry, result: 'refused', repeats: 30 })).toBe('refused, 30 times');
  expect(resultText({ ...entry, repeats: 3 })).toBe('3 times');
});

test('detailText() shows a text as it is, and anything else as JSON', () => {
  expect(detailText('<b>')).toBe('<b>');
  expect(detailText({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(detailText(undefined)).toBe('');
});
