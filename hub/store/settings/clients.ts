/**
 * Programs that push and ask for their configuration, as rows. What people set wins over what the client said of itself
 * when it registered, and stays whatever it says later.
 */
import type { Sql } from '../connect.ts';

export interface Client {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly ownConfig: Readonly<Record<string, unknown>>;
  /** null: people have said nothing. */
  readonly peopleConfig: Readonly<Record<string, unknown>> | null;
  readonly version: number;
  /** null for one that people have told of before it came. */
  readonly registeredMs: number | null;
  /** When what it is given became another. */
  readonly changedMs: number;
}

/** For the thread that stores. Each rejects when the database is away. */
export function clientMethods(sql: Sql) {
  return {
    client: (id: string) => findClient(sql, id),
    clients: (request: Parameters<typeof readClients>[1]) => readClients(sql, request),
    registerClient: (request: Parameters<typeof registerClient>[1]) => registerClient(sql, request),
    configureClient: (request: Parameters<typeof configureClient>[1]) => configureClient(sql, request),
    removeClient: (id: string) => removeClient(sql, id),
  };
}

export async function findClient(sql: Sql, id: string): Promise<Client | null> {
  const [row] = await sql<Client[]>`select ${columns(sql)} from client c where c.id = ${id}`;
  return row ?? null;
}

/** By id, those behind `after`. */
export async function readClients(
  sql: Sql,
  { after, countMax }: { readonly after: string; readonly countMax: number },
): Promise<Client[]> {
  return await sql<Client[]>`
    select ${columns(sql)} from client c where c.id > ${after} order by c.id limit ${countMax}`;
}

/** What the client says of itself. null: there are as many as there may be, and it is not one of them. */
export async function registerClient(
  sql: Sql,
  request: {
    readonly id: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly config: Readonly<Record<string, unknown>>;
    readonly clientsMax: number;
  },
): Promise<Client | null> {
  const { id, tags, config, clientsMax } = request;
  const [row] = await sql<Client[]>`
    insert into client as c (id, tags, own_config, registered_at)
    select ${id}, ${sql.json(tags)}::jsonb, ${sql.json(config as never)}::jsonb, clock_timestamp()
    where exists (select from client where id = ${id}) or (select count(*) from client) < ${clientsMax}
    on conflict (id) do update set tags = excluded.tags, own_config = excluded.own_config, registered_at = clock_timestamp(),
      version = c.version + case when c.people_config is null and c.own_config <> excluded.own_config then 1 else 0 end,
      changed_at = case when c.people_config is null and c.own_config <> excluded.own_config then clock_timestamp()
        else c.changed_at end
    returning ${columns(sql)}`;
  return row ?? null;
}

export type ConfigureAnswer = Client | 'unknown' | 'changed';

/** What people set; null takes it away. `version`: the one that they have seen; null: whichever it is. */
export async function configureClient(
  sql: Sql,
  request: {
    readonly id: string;
    readonly version: number | null;
    readonly config: Readonly<Record<string, unknown>> | null;
  },
): Promise<ConfigureAnswer> {
  const { id, version, config } = request;
  const [row] = await sql<Client[]>`
    update client c set people_config = ${config === null ? null : sql.json(config as never)}::jsonb,
      version = c.version + 1, changed_at = clock_timestamp()
    where c.id = ${id} and (${version}::int is null or c.version = ${version})
    returning ${columns(sql)}`;
  if (row !== undefined) return row;
  return (await findClient(sql, id)) === null ? 'unknown' : 'changed';
}

/** Whether there was one. */
export async function removeClient(sql: Sql, id: string): Promise<boolean> {
  const rows = await sql`delete from client where id = ${id} returning id`;
  return rows.length > 0;
}

function columns(sql: Sql) {
  return sql`c.id, c.tags, c.own_config as "ownConfig", c.people_config as "peopleConfig", c.version,
    extract(epoch from c.registered_at)::float8 * 1000 as "registeredMs",
    extract(epoch from c.changed_at)::float8 * 1000 as "changedMs"`;
}
