import { describe, expect, test } from 'vitest';
import { withDatabase } from '../testing/database.ts';
import { dumpSchema } from './schema-dump.ts';

const tables = [
  `create table host (id int generated always as identity primary key, name text not null unique, tags text[] not null default '{}',
     constraint name_is_short check (length(name) <= 200)) with (fillfactor = 70, toast.autovacuum_enabled = false)`,
  `create table batch (id bigserial primary key, host int not null references host, data bytea not null, bytes int generated always as (octet_length(data)) stored);
     alter table batch alter column data set storage external; create index batch_host on batch (host) where bytes > 0`,
  `create table chunk (tier smallint not null, at timestamptz not null, data bytea) partition by list (tier);
     create index on chunk (at); create table chunk_1 partition of chunk for values in (1)`,
  `create type why as enum ('full', 'late')`,
  `create view newest as select max(at) as at from chunk`,
  `create function later(at timestamptz) returns timestamptz language sql immutable as $$ select at + interval '1 s' $$`,
];

describe('dumpSchema()', () => {
  test('writes each kind of object with everything that matters for storage', async () => {
    await withDatabase(
      async ({ sql }) => {
        for (const text of tables) await sql.unsafe(text);
        expect(await dumpSchema(sql)).toMatchInlineSnapshot(`
          "-- Written from the catalogue after all migrations. Do not edit: change a migration and write it again.

          create type why as enum ('full', 'late');

          create table batch (
            id bigint not null default nextval('batch_id_seq'::regclass),
            host integer not null,
            data bytea storage external not null,
            bytes integer generated always as (octet_length(data)) stored
          );
          alter table batch add constraint batch_host_fkey FOREIGN KEY (host) REFERENCES host(id);
          alter table batch add constraint batch_pkey PRIMARY KEY (id);
          CREATE INDEX batch_host ON public.batch USING btree (host) WHERE (bytes > 0);

          create table chunk (
            tier smallint not null,
            at timestamp with time zone not null,
            data bytea
          ) partition by LIST (tier);
          CREATE INDEX chunk_at_idx ON ONLY public.chunk USING btree (at);

          create table host (
            id integer not null generated always as identity,
            name text not null,
            tags text[] not null default '{}'::text[]
          ) with (fillfactor=70, toast.autovacuum_enabled=false);
          alter table host add constraint host_name_key UNIQUE (name);
          alter table host add constraint host_pkey PRIMARY KEY (id);
          alter table host add constraint name_is_short CHECK ((length(name) <= 200));

          create view newest as
           SELECT max(at) AS at
             FROM chunk;

          create table chunk_1 partition of chunk FOR VALUES IN ('1') (
            tier smallint not null,
            at timestamp with time zone not null,
            data bytea
          );

          CREATE OR REPLACE FUNCTION public.later(at timestamp with time zone)
           RETURNS timestamp with time zone
           LANGUAGE sql
           IMMUTABLE
          AS $function$ select at + interval '1 s' $function$;
          "
        `);
      },
      { migrations: 'none' },
    );
  });

  test('writes the same text whatever the order of creation was', async () => {
    const dump = (texts: readonly string[]) =>
      withDatabase(
        async ({ sql }) => {
          for (const text of texts) await sql.unsafe(text);
          return dumpSchema(sql);
        },
        { migrations: 'none' },
      );
    const [host = '', batch = '', chunk = '', why = '', newest = '', later = ''] = tables;
    expect(await dump([later, why, chunk, newest, host, batch])).toBe(await dump(tables));
  });
});
