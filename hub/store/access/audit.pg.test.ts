import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AuditRow } from '../../access/audit-row.ts';
import { withDatabase } from '../../testing/database.ts';
import type { Sql } from '../connect.ts';
import { type AuditFilter, readAudit, readAuditActions, recordAudit, tidyAudit } from './audit.ts';

const dayMs = 86_400_000;
const nowMs = Date.now();

function row(object: string, more: Partial<AuditRow> = {}): AuditRow {
  return {
    ...{
      key: randomUUID(),
      atMs: nowMs,
      actorKind: 'person',
      actorId: 7,
      actorName: 'ann',
      action: 'rule.created',
      object,
    },
    ...{ result: 'done', status: 201, address: '192.0.2.7', userAgent: 'curl', detail: { level: 1 }, repeats: 1 },
    ...more,
  };
}

const all: AuditFilter = {
  ...{ text: null, actor: null, action: null, object: null, result: null, address: null, startMs: null, endMs: null },
};

async function objectsOf(sql: Sql, filter: Partial<AuditFilter> = {}, beforeId: number | null = null, countMax = 100) {
  const rows = await readAudit(sql, { ...all, ...filter, beforeId, countMax });
  return rows.map(({ object }) => object);
}

/** As sent in headers and names to reach the database (CVE-2024-22120 was one in the address of a client). */
const payloads = [
  "'; drop table audit; --",
  "1' || (select pg_sleep(5)) || '",
  "x'), (null, now(), 'hub', null, 'hub', 'hub.wiped', '', 'done', 200, '', '', '{}', 1) --",
  '$$; select 1; $$',
  "\\'; select 1 --",
  '" or 1=1 --',
  '%_\\',
  '{"a": {"b": "}"}}',
];

describe('the audit log', () => {
  test('gives back what was written down, the newest first, and takes the same entry once', async () => {
    await withDatabase(async ({ sql }) => {
      const first = row('first');
      expect(await recordAudit(sql, [first, row('second', { actorId: null, status: null })])).toBe('written');
      expect(await recordAudit(sql, [first])).toBe('written');
      const rows = await readAudit(sql, { ...all, beforeId: null, countMax: 10 });
      const { key: _, ...stored } = first;
      expect(rows).toMatchObject([{ object: 'second', actorId: null, status: null }, stored]);
    });
  });

  test('takes hostile text in every field as text', async () => {
    await withDatabase(async ({ sql }) => {
      for (const text of payloads) {
        const hostile = { actorName: text, object: text, address: text, userAgent: text, detail: { [text]: text } };
        expect(await recordAudit(sql, [row(text, hostile)])).toBe('written');
        const startedMs = performance.now();
        for (const field of ['actor', 'object', 'address'] as const)
          expect(await objectsOf(sql, { [field]: text })).toContain(text);
        expect(await objectsOf(sql, { action: text })).toEqual([]);
        expect(performance.now() - startedMs).toBeLessThan(5_000);
        const [newest] = await readAudit(sql, { ...all, beforeId: null, countMax: 1 });
        expect(newest).toMatchObject(hostile);
      }
      expect(await objectsOf(sql)).toEqual([...payloads].reverse());
    });
  });

  test('is read by actor, action, object, result, address and time, page by page', async () => {
    await withDatabase(async ({ sql }) => {
      await recordAudit(sql, [
        row('a', { actorName: 'Bob', action: 'rule.removed' }),
        row('b', { action: 'ruler.made', result: 'refused' }),
        row('c', { address: '198.51.100.1', atMs: nowMs - dayMs }),
        row('d_1'),
      ]);
      expect(await objectsOf(sql, { actor: 'bob' })).toEqual(['a']);
      expect(await objectsOf(sql, { action: 'rule' })).toEqual(['d_1', 'c', 'a']);
      expect(await objectsOf(sql, { action: 'rule.removed' })).toEqual(['a']);
      expect(await objectsOf(sql, { object: '_' })).toEqual(['d_1']);
      expect(await objectsOf(sql, { result: 'refused' })).toEqual(['b']);
      expect(await objectsOf(sql, { address: '198.51' })).toEqual(['c']);
      expect(await objectsOf(sql, { text: '198.51' })).toEqual(['c']);
      expect(await objectsOf(sql, { text: 'bob' })).toEqual(['a']);
      expect(await objectsOf(sql, { text: 'D_' })).toEqual(['d_1']);
      expect(await objectsOf(sql, { endMs: nowMs - 1_000 })).toEqual(['c']);
      expect(await objectsOf(sql, { startMs: nowMs - 1_000, endMs: nowMs })).toEqual([]);
      const [, second] = await readAudit(sql, { ...all, beforeId: null, countMax: 2 });
      expect(await objectsOf(sql, {}, second!.id, 1)).toEqual(['b']);
      expect(await readAuditActions(sql)).toEqual(['rule.created', 'rule.removed', 'ruler.made']);
    });
  });

  test('answers what its checks refuse as the fault of the data', async () => {
    await withDatabase(async ({ sql }) => {
      expect(await recordAudit(sql, [row('x'.repeat(301))])).toBe('unfit');
      expect(await recordAudit(sql, [row('x', { result: 'perhaps' as 'done' })])).toBe('unfit');
      expect(await objectsOf(sql)).toEqual([]);
    });
  });

  test.each(['update audit set object = $$y$$', 'delete from audit', 'truncate audit', 'truncate audit cascade'])(
    'refuses its owner: %s',
    async (statement) => {
      await withDatabase(async ({ sql }) => {
        await recordAudit(sql, [row('x'), row('old', { atMs: nowMs - 400 * dayMs })]);
        await expect(sql.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
        expect(await objectsOf(sql)).toEqual(['old', 'x']);
      });
    },
  );

  test('lets go of what is older than is kept, and of nothing young whatever is asked', async () => {
    await withDatabase(async ({ sql }) => {
      await recordAudit(sql, [
        row('young'),
        row('old', { atMs: nowMs - 40 * dayMs }),
        row('20', { atMs: nowMs - 20 * dayMs }),
      ]);
      const pause = () => Promise.resolve();
      expect(await tidyAudit(sql, { keepDays: 365, pause })).toBe(0);
      expect(await tidyAudit(sql, { keepDays: 30, pause })).toBe(1);
      await expect(tidyAudit(sql, { keepDays: 0, pause })).rejects.toMatchObject({ code: '42501' });
      expect((await objectsOf(sql)).sort()).toEqual(['20', 'young']);
    });
  });
});
