/**
 * Two roles for one database. The owner has made the tables: it migrates them, makes and drops partitions, lets go of what is
 * too old, and works for the commands that take the whole. The hub's own connections, through which everything goes
 * that agents and people send, are of another role: it reads and writes rows, and the audit log it only reads and adds to.
 *
 * Rights are given at each start, after the migrations, so that a new table has them and a restored one has them again. Where
 * one role is all there is (a DATABASE_URL alone) nothing is given, and the triggers of the audit log are what keeps it.
 */
import postgres from 'postgres';
import { connect, type Sql, type StoreConnection } from './connect.ts';

export interface HubRights {
  /** The role of the hub's connections. */
  readonly role: string;
  /** Whether another one owns the tables. */
  readonly isSeparate: boolean;
  /** Then no right can be kept from it. */
  readonly isSuperuser: boolean;
}

/** Any fixed number: two hubs that start at once give rights one after the other. The bytes of "pwgr". */
const lockKey = 0x7077_6772;
const connectMsMax = 15_000;

/** Rights of the role on a table; on all others it may do what rows need. */
const narrowRights: Readonly<Record<string, string>> = {
  // Added to and read, and nothing else.
  audit: 'select, insert',
  // Of migrate.ts.
  migration: 'select',
};
const rowRights = 'select, insert, update, delete';

/** Gives the role of `connection` what the hub needs. `owner` connects as the owner. */
export async function grantHubRights(owner: Sql, connection: StoreConnection): Promise<HubRights> {
  const { role, isSuperuser } = await readRole(connection);
  const [own] = await owner<{ role: string }[]>`select current_user as role`;
  if (own!.role === role) return { role, isSeparate: false, isSuperuser };
  await owner.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    await tx`select pg_advisory_xact_lock(${lockKey})`;
    for (const command of await commandsFor(tx, role)) await tx.unsafe(command);
  });
  return { role, isSeparate: true, isSuperuser };
}

/** What gives a role its rights and takes the others, as far as it has them not or has them still. */
async function commandsFor(tx: Sql, role: string): Promise<string[]> {
  // Partitions are reached through the table that they are parts of.
  const tables = await tx<{ name: string; rights: string[] | null }[]>`
    select c.relname as name, (select array_agg(lower(a.privilege_type)) from aclexplode(c.relacl) a
      where a.grantee = (select oid from pg_roles where rolname = ${role})) as rights
    from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v') and not c.relispartition
      and pg_has_role(c.relowner, 'usage') and c.relname !~ '^chunk_(raw|minute|hour)_[0-9]+$' order by c.relname`;
  const [schema] = await tx<{ name: string }[]>`select current_schema() as name`;
  const to = quote(role);
  const commands = [
    `grant usage on schema ${quote(schema!.name)} to ${to}`,
    `grant usage, select on all sequences in schema ${quote(schema!.name)} to ${to}`,
  ];
  for (const { name, rights } of tables) {
    const wanted = narrowRights[name] ?? rowRights;
    if ([...(rights ?? [])].sort().join() === wanted.split(', ').sort().join()) continue;
    commands.push(`revoke all on ${quote(name)} from ${to}`, `grant ${wanted} on ${quote(name)} to ${to}`);
  }
  return commands;
}

/** Who a connection is. Rejects when the database cannot be reached by it. */
async function readRole(connection: StoreConnection): Promise<{ role: string; isSuperuser: boolean }> {
  const sql = connect(connection, { connectionCount: 1, name: 'pulsewire start', statementMsMax: connectMsMax });
  try {
    const [row] = await sql<{ role: string; isSuperuser: boolean }[]>`
      select rolname as role, rolsuper as "isSuperuser" from pg_roles where rolname = current_user`;
    return row!;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** Makes a role that can sign in, or gives the one that is there another password. `connection` is a superuser's. */
export async function setLogin(
  connection: postgres.Options<Record<string, never>>,
  { role, password }: { readonly role: string; readonly password: string },
): Promise<void> {
  const sql = postgres({ ...connection, max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    await sql.begin(async (tx) => {
      // A statement of this kind takes no parameters: the server itself quotes them.
      const [text] = await tx<{ command: string }[]>`
        select format(case when exists (select from pg_roles where rolname = ${role}) then 'alter role %I login password %L'
          else 'create role %I login password %L' end, ${role}::text, ${password}::text) as command`;
      // Or the password would stand in the server's log if the statement failed.
      await tx`select set_config('log_min_error_statement', 'panic', true)`;
      await tx.unsafe(text!.command);
    });
  } finally {
    await sql.end({ timeout: 2 });
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
