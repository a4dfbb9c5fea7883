import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { withDatabase } from '../../testing/database.ts';
import { changeSettings, readNews, readReport, readVersions, saveReport, versionsKept } from './agent-settings.ts';
import { configureClient, findClient, readClients, registerClient, removeClient } from './clients.ts';

async function addHost(sql: postgres.Sql, name: string, kind = 'agent'): Promise<number> {
  const [row] = await sql<{ id: number }[]>`insert into host (name, kind) values (${name}, ${kind}) returning id`;
  return row!.id;
}

const report = { version: 1, state: 'applied', why: '', pinned: [], effective: {}, digest: 'a' } as const;

describe('settings of agents', () => {
  test('of two changes on top of one version only one is made', () =>
    withDatabase(async ({ sql }) => {
      const hostId = await addHost(sql, 'web');
      const change = (interval: number) =>
        changeSettings(sql, { changes: [{ hostId, base: 0, body: { interval } }], changedBy: 'ann' });
      const made = await Promise.all([change(1), change(2), change(3)]);
      expect(made.flat()).toEqual([{ hostId, version: 1, changedMs: expect.any(Number) }]);
      expect(await readVersions(sql, hostId)).toHaveLength(1);
    }));

  test('are changed for many hosts at once, and those that cannot be are left out', () =>
    withDatabase(async ({ sql }) => {
      const [web, db, pushed, gone] = [
        await addHost(sql, 'web'),
        await addHost(sql, 'db'),
        await addHost(sql, 'pushed', 'push'),
        await addHost(sql, 'gone'),
      ];
      await sql`update host set removed_at = now() where id = ${gone}`;
      await changeSettings(sql, { changes: [{ hostId: db, base: 0, body: {} }], changedBy: 'ann' });
      const changes = [web, db, pushed, gone, 4_711].map((hostId) => ({ hostId, base: 0, body: { interval: 5 } }));
      const made = await changeSettings(sql, { changes, changedBy: 'bob' });
      expect(made.map(({ hostId }) => hostId)).toEqual([web]);
    }));

  test('keep their newest hundred versions, with who made them', () =>
    withDatabase(async ({ sql }) => {
      const hostId = await addHost(sql, 'web');
      for (let base = 0; base < versionsKept + 3; base += 1)
        await changeSettings(sql, { changes: [{ hostId, base, body: { interval: base + 1 } }], changedBy: `p${base}` });
      const versions = await readVersions(sql, hostId);
      expect(versions).toHaveLength(versionsKept);
      expect(versions[0]).toMatchObject({ version: versionsKept + 3, changedBy: `p${versionsKept + 2}` });
      expect(versions.at(-1)).toMatchObject({ version: 4 });
    }));

  test('are read whole at first, and later only what is new', () =>
    withDatabase(async ({ sql }) => {
      const hostId = await addHost(sql, 'web');
      await changeSettings(sql, { changes: [{ hostId, base: 0, body: {} }], changedBy: 'ann' });
      await saveReport(sql, { ...report, hostId, agentTags: null });
      await sql`update agent_settings set changed_at = now() - interval '1 hour'`;
      await sql`update agent_settings_report set reported_at = now() - interval '1 hour'`;
      const all = await readNews(sql, null);
      expect([all.settings.length, all.reports.length]).toEqual([1, 1]);
      await changeSettings(sql, { changes: [{ hostId, base: 1, body: { interval: 5 } }], changedBy: 'bob' });
      const news = await readNews(sql, all.readAt);
      expect(news.settings).toEqual([
        { hostId, version: 2, body: { interval: 5 }, changedBy: 'bob', changedMs: expect.any(Number) },
      ]);
      expect(news.reports).toEqual([]);
    }));

  test('go with their host', () =>
    withDatabase(async ({ sql }) => {
      const hostId = await addHost(sql, 'web');
      await changeSettings(sql, { changes: [{ hostId, base: 0, body: {} }], changedBy: 'ann' });
      await saveReport(sql, { ...report, hostId, agentTags: null });
      await sql`delete from host where id = ${hostId}`;
      expect(await readVersions(sql, hostId)).toEqual([]);
      expect(await readReport(sql, hostId)).toBeNull();
    }));
});

describe('a report', () => {
  test('replaces the one before, and answers the host when the tags of its agent have changed', () =>
    withDatabase(async ({ sql }) => {
      const hostId = await addHost(sql, 'web');
      await sql`update host set tags = ${sql.json({ role: 'web' })} where id = ${hostId}`;
      const first = await saveReport(sql, { ...report, hostId, agentTags: { role: 'db', site: 'north' } });
      // What people say wins.
      expect(first).toMatchObject({ hostId, tags: { role: 'web', site: 'north' }, agentTags: { role: 'db' } });
      const failed = { ...report, state: 'failed', why: 'no', version: 2, digest: 'b' } as const;
      expect(await saveReport(sql, { ...failed, hostId, agentTags: { role: 'db', site: 'north' } })).toBeNull();
      expect(await readReport(sql, hostId)).toMatchObject({ version: 2, state: 'failed', why: 'no', digest: 'b' });
    }));

  test('of a host that is no more is not kept', () =>
    withDatabase(async ({ sql }) => {
      expect(await saveReport(sql, { ...report, hostId: 4_711, agentTags: {} })).toBeNull();
      expect(await readReport(sql, 4_711)).toBeNull();
    }));
});

describe('clients', () => {
  const register = (sql: postgres.Sql, id: string, config: Record<string, unknown>, clientsMax = 10) =>
    registerClient(sql, { id, config, tags: { role: 'db' }, clientsMax });

  test('are given what they said until people say something, which stays', () =>
    withDatabase(async ({ sql }) => {
      const first = await register(sql, 'c', { interval: 10 });
      expect(first).toMatchObject({ ownConfig: { interval: 10 }, peopleConfig: null, version: 1 });
      const set = await configureClient(sql, { id: 'c', version: null, config: { interval: 60 } });
      expect(set).toMatchObject({ peopleConfig: { interval: 60 }, version: 2 });
      const again = await register(sql, 'c', { interval: 5 });
      expect(again).toMatchObject({ ownConfig: { interval: 5 }, peopleConfig: { interval: 60 }, version: 2 });
      expect(again!.changedMs).toBe((set as { changedMs: number }).changedMs);
    }));

  test('have changed when what they say of themselves has, and not when they repeat it', () =>
    withDatabase(async ({ sql }) => {
      const first = await register(sql, 'c', { interval: 10 });
      expect((await register(sql, 'c', { interval: 10 }))!.changedMs).toBe(first!.changedMs);
      expect((await register(sql, 'c', { interval: 11 }))!.changedMs).toBeGreaterThan(first!.changedMs);
    }));

  test('are not changed on top of what has changed, or when there is none', () =>
    withDatabase(async ({ sql }) => {
      await register(sql, 'c', {});
      await configureClient(sql, { id: 'c', version: 1, config: { a: 1 } });
      expect(await configureClient(sql, { id: 'c', version: 1, config: { a: 2 } })).toBe('changed');
      expect(await configureClient(sql, { id: 'nobody', version: null, config: {} })).toBe('unknown');
    }));

  test('are as many as there may be, and those that are known go on', () =>
    withDatabase(async ({ sql }) => {
      await register(sql, 'a', {}, 2);
      await register(sql, 'b', {}, 2);
      expect(await register(sql, 'c', {}, 2)).toBeNull();
      expect(await register(sql, 'a', { x: 1 }, 2)).toMatchObject({ ownConfig: { x: 1 } });
      expect((await readClients(sql, { after: 'a', countMax: 10 })).map(({ id }) => id)).toEqual(['b']);
      expect([await removeClient(sql, 'a'), await removeClient(sql, 'a')]).toEqual([true, false]);
      expect(await findClient(sql, 'a')).toBeNull();
    }));
});
