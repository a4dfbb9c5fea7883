import { describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase, withDatabase } from '../testing/database.ts';
import { readTables } from './backup/catalogue.ts';
import { ensurePartitions } from './chunks/partitions.ts';
import { connect, type Sql } from './connect.ts';
import { grantHubRights } from './roles.ts';

async function withHub<T>({ sql, hubConnection }: TestDatabase, use: (hub: Sql) => Promise<T>): Promise<T> {
  const connection = { url: null, ...hubConnection };
  await grantHubRights(sql, connection);
  const hub = connect(connection, { connectionCount: 1, name: 'test', statementMsMax: 10_000 });
  try {
    return await use(hub);
  } finally {
    await hub.end({ timeout: 0 });
  }
}

const entry = `insert into audit (key, at, actor_kind, actor_name, action, object, result, address, user_agent)
  values (gen_random_uuid(), now() - interval '5 years', 'hub', 'hub', 'hub.started', '', 'done', '', '')`;

describe('the role of the hub', () => {
  test('is no superuser, owns nothing and may make nothing', async () => {
    await withDatabase((database) =>
      withHub(database, async (hub) => {
        expect(
          await hub`
          select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication,
            (select count(*)::int from pg_class where pg_has_role(relowner, 'usage')) as owned,
            has_schema_privilege('public', 'create') as creates, pg_has_role('pulsewire', 'member') as "isOwner"
          from pg_roles where rolname = current_user`,
        ).toEqual([
          {
            ...{
              rolsuper: false,
              rolcreaterole: false,
              rolcreatedb: false,
              rolbypassrls: false,
              rolreplication: false,
            },
            ...{ owned: 0, creates: false, isOwner: false },
          },
        ]);
      }),
    );
  });

  const forbidden = [
    'update audit set object = $$y$$',
    'delete from audit',
    'truncate audit',
    `select set_config('pulsewire.tidies_audit', 'on', false); delete from audit`,
    'drop table audit',
    'alter table audit disable trigger all',
    'drop trigger audit_is_kept on audit',
    'create or replace function refuse_audit_change() returns trigger language plpgsql as $$ begin return old; end $$',
    `set session_replication_role = 'replica'; delete from audit`,
    'alter table audit rename to elsewhere',
    'create rule quiet as on insert to audit do instead nothing',
    'insert into audit overriding system value select * from audit on conflict (id) do update set object = $$y$$',
    'grant all on audit to pulsewire_hub; delete from audit',
    'set role pulsewire',
    'set session authorization postgres',
    'update migration set version = 0',
    'drop table host',
    'truncate host cascade',
    'create table mine (id int)',
    'create extension dblink',
    `copy (select 1) to program 'true'`,
    `select pg_read_file('postgresql.conf')`,
  ];

  test('may neither change nor remove an entry of the audit log, nor get round that', async () => {
    await withDatabase((database) =>
      withHub(database, async (hub) => {
        await hub.unsafe(entry);
        for (const statement of forbidden) {
          const outcome = await hub
            .unsafe(statement)
            .simple()
            .then(
              () => 'done',
              (error: { readonly code: string }) => error.code,
            );
          expect([statement, outcome]).toEqual([statement, '42501']);
        }
        expect(await database.sql`select action from audit`).toEqual([{ action: 'hub.started' }]);
      }),
    );
  });

  test('reads and writes the rows of every other table, and chunks in partitions of later', async () => {
    await withDatabase((database) =>
      withHub(database, async (hub) => {
        for (const { name } of await readTables(hub)) {
          await hub.unsafe(`select * from "${name}" limit 1`);
          if (name !== 'audit') await hub.unsafe(`delete from "${name}" where false`);
        }
        await ensurePartitions(database.sql, [{ tier: 'raw', fromDay: 20_000, toDay: 20_000 }]);
        await hub`insert into chunk (host, tier, day, id, part, ticks, samples, from_ms, to_ms, layout, runs, offsets, data)
          values (1, 0, 20000, nextval('chunk_id'), 0, 1, 1, 0, 1, '', '', '', '')`;
        await hub`insert into host (name, kind) values ('web', 'push')`;
        await hub`update host set alias = 'x'`;
        expect(await hub`select remove_host('web') as id`).toEqual([{ id: 1 }]);
        expect(await hub`delete from chunk returning host`).toEqual([{ host: 1 }]);
      }),
    );
  });

  test('has its rights on tables that come later, and loses those that somebody gave it', async () => {
    await withDatabase((database) =>
      withHub(database, async (hub) => {
        await database.sql.unsafe(
          'create table later (id int); grant all on audit, later to pulsewire_hub; grant update on migration to pulsewire_hub',
        );
        await withHub(database, async () => {});
        await expect(hub`delete from audit`).rejects.toMatchObject({ code: '42501' });
        await expect(hub`truncate later`).rejects.toMatchObject({ code: '42501' });
        await expect(hub`update migration set version = 0`).rejects.toMatchObject({ code: '42501' });
        await hub`insert into later values (1)`;
      }),
    );
  });

  test('is given its rights by two hubs at once', async () => {
    const database = await createTestDatabase();
    try {
      const connection = { url: null, ...database.hubConnection };
      const rights = await Promise.all([1, 2, 3].map(() => grantHubRights(database.sql, connection)));
      expect(rights).toEqual(Array(3).fill({ role: 'pulsewire_hub', isSeparate: true, isSuperuser: false }));
    } finally {
      await database.drop();
    }
  });

  test('is the owner where there is only one, which is said', async () => {
    await withDatabase(async ({ sql, connection, superuserConnection }) => {
      const own = await grantHubRights(sql, { url: null, ...connection });
      expect(own).toEqual({ role: 'pulsewire', isSeparate: false, isSuperuser: false });
      const strong = await grantHubRights(sql, { url: null, ...superuserConnection });
      expect(strong).toMatchObject({ isSeparate: true, isSuperuser: true });
    });
  });
});
