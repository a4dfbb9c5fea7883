import { expect, test } from 'vitest';
import type { StoredAudit } from '../../store/access/audit.ts';
import { auditCsvHead, auditCsvLine, auditJsonLine, csvCell } from './audit-text.ts';

const entry: StoredAudit = {
  ...{ id: 7, atMs: 1_000, actorKind: 'token', actorId: 3, actorName: 'ci', action: 'rule.created', object: 'a, "b"' },
  ...{ result: 'done', status: 201, address: '192.0.2.1', userAgent: '', detail: { level: 1 }, repeats: 1 },
};

test.each([
  ['=1+1', '"\'=1+1"'],
  ['+1', '"\'+1"'],
  ['-1', '"\'-1"'],
  ['@SUM(A1)', '"\'@SUM(A1)"'],
  ['  =1', '"\'  =1"'],
  ['\t=1', '"\'\t=1"'],
  ['\r\n=1', '"\'\r\n=1"'],
  ['\uff1d1', '"\'\uff1d1"'],
  ['a,b', '"a,b"'],
  ['a;b', '"a;b"'],
  ['say "x"', '"say ""x"""'],
  ['two\nlines', '"two\nlines"'],
  ["it's", '"it\'s"'],
  ['plain', 'plain'],
  ['192.0.2.1', '192.0.2.1'],
  ['', ''],
])('csvCell() of %j is %j', (text, cell) => {
  expect(csvCell(text)).toBe(cell);
});

test('a number that is below zero stays one', () => {
  expect(csvCell(-1)).toBe('-1');
});

test('a line has as many cells as the head', () => {
  expect(auditCsvLine(entry)).toBe(
    '7,1970-01-01T00:00:01.000Z,token,3,ci,rule.created,"a, ""b""",done,201,192.0.2.1,,1,"{""level"":1}"\r\n',
  );
  expect(auditCsvHead.split(',')).toHaveLength(13);
});

test('JSON lines are what REST answers, one a line whatever is in them', () => {
  const line = auditJsonLine({ ...entry, object: 'two\nlines\u2028' });
  expect(line.trimEnd()).not.toContain('\n');
  expect(JSON.parse(line)).toMatchObject({ id: 7, at: 1, actor: { kind: 'token', id: 3, name: 'ci' }, user_agent: '' });
});
