import { describe, expect, test } from 'vitest';
import type { AuditEntry } from './audit.ts';
import { cleanDetail, cleanText, toAuditRow } from './audit-row.ts';

const entry: AuditEntry = {
  atMs: 1_000,
  actor: { kind: 'person', personId: 7, name: 'ann', role: 'admin', sessionId: 1 },
  action: 'rule.created',
  object: 'disk',
  result: 'done',
  status: 201,
  address: '192.0.2.7',
  userAgent: 'curl/8',
  detail: { level: 1 },
};

test('toAuditRow() says who, what, from where and how it ended', () => {
  expect(toAuditRow(entry, { key: 'k', repeats: 1 })).toEqual({
    ...{
      key: 'k',
      atMs: 1_000,
      actorKind: 'person',
      actorId: 7,
      actorName: 'ann',
      action: 'rule.created',
      object: 'disk',
    },
    ...{ result: 'done', status: 201, address: '192.0.2.7', userAgent: 'curl/8', detail: { level: 1 }, repeats: 1 },
  });
});

test.each([
  [{ kind: 'anonymous', canRead: false }, ['anonymous', null, '']],
  [{ kind: 'token', tokenId: 3, name: 'ci', scope: 'push', clientId: null }, ['token', 3, 'ci']],
  [{ kind: 'operator' }, ['operator', null, 'operator']],
  [{ kind: 'agent', hostId: 9, name: 'web-1' }, ['agent', 9, 'web-1']],
  [{ kind: 'hub' }, ['hub', null, 'hub']],
] as const)('toAuditRow() names an actor of each kind: %j', (actor, named) => {
  const row = toAuditRow({ ...entry, actor }, { key: 'k', repeats: 1 });
  expect([row.actorKind, row.actorId, row.actorName]).toEqual(named);
});

describe('cleanText()', () => {
  test.each([
    ['a\0b', 'a�b'],
    ['\u001b[31mred', '�[31mred'],
    ['line\r\nfeed', 'line��feed'],
    ['left\u202eright', 'left�right'],
    ['\ud800 alone', '� alone'],
    ['\ufeffmark', '�mark'],
    ["'); drop table audit; --", "'); drop table audit; --"],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['café 😀', 'café 😀'],
  ])('%j becomes %j', (text, cleaned) => {
    expect(cleanText(text, 100)).toBe(cleaned);
  });

  test('cuts what is too long, and no character in two', () => {
    expect(cleanText('x'.repeat(1_000_000), 10)).toBe('xxxxxxxxx…');
    expect(cleanText('xxxxxxxx😀😀', 10)).toBe('xxxxxxxx…');
    expect(cleanText('exactly 10', 10)).toBe('exactly 10');
  });
});

describe('cleanDetail()', () => {
  test('masks what has the name of a secret', () => {
    const detail = {
      password: 'canary',
      new_password: 'canary',
      api_token: 'canary',
      nested: [{ Authorization: 'canary' }],
    };
    expect(JSON.stringify(cleanDetail(detail))).not.toContain('canary');
    expect(cleanDetail({ token: 5, tokens: 'three', code: '', keys: 1 })).toEqual({
      token: 5,
      tokens: 'three',
      code: '',
      keys: 1,
    });
  });

  test('bounds depth, width and size', () => {
    const deep: Record<string, unknown> = {};
    let at = deep;
    for (let depth = 0; depth < 10_000; depth += 1) {
      at['a'] = {};
      at = at['a'] as Record<string, unknown>;
    }
    expect(JSON.stringify(cleanDetail(deep))).toBe('{"a":{"a":{"a":{"a":{"a":"…"}}}}}');
    expect((cleanDetail({ list: Array.from({ length: 10_000 }, () => 1) })['list'] as number[]).length).toBe(50);
    expect(cleanDetail({ list: Array.from({ length: 50 }, () => 'x'.repeat(500)) })).toEqual({
      cut: expect.stringContaining('characters'),
    });
  });

  test('keeps what JSON has no word for as text, and spoils no prototype', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>;
    expect(Object.keys(cleanDetail(hostile))).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(cleanDetail({ a: Number.NaN, b: undefined, c: 10n, d: 'x\0' })).toEqual({
      a: 'NaN',
      b: null,
      c: '10',
      d: 'x�',
    });
  });
});
