-- History: chunks in three tiers, the versions by which rollups are known to be valid, and how far each tier reaches back.
-- Tiers: 0 raw, 1 one minute, 2 one hour. A day is the number of days since 1970-01-01 UTC.

-- A block as compaction keeps it (docs/storage.md). Raw: ticks of one host and day. One minute: one host and day. One
-- hour: one host and month, `day` being the first of the month. Columns beyond a block's limit are further parts under the same id.
create table chunk (
  host int not null,
  tier smallint not null check (tier between 0 and 2),
  day int not null,
  id bigint not null,
  part smallint not null,
  ticks int not null,
  -- Values that are numbers, counted while they were encoded.
  samples bigint not null,
  from_ms float8 not null,
  to_ms float8 not null,
  layout bytea not null,
  -- Which seqs of which streams the ticks are; empty for rollups.
  runs bytea not null,
  offsets bytea not null,
  data bytea not null,
  primary key (host, tier, day, id, part)
) partition by list (tier);
alter table chunk alter column data set storage external, alter column offsets set storage external;
create table chunk_raw partition of chunk for values in (0) partition by range (day);
create table chunk_minute partition of chunk for values in (1) partition by range (day);
create table chunk_hour partition of chunk for values in (2) partition by range (day);
create sequence chunk_id;

-- `version` rises in every statement that adds or removes raw chunks of the day and is never reset. A rollup of the
-- day is valid while its number equals it.
create table day (
  host int not null,
  day int not null,
  version bigint not null default 1,
  rolled_minute bigint not null default 0,
  rolled_hour bigint not null default 0,
  primary key (host, day)
) with (fillfactor = 70);
create index day_unrolled_idx on day (day, host) where rolled_minute <> version or rolled_hour <> version;

-- The oldest day that each tier keeps. Only rises.
create table floor (
  tier smallint primary key check (tier between 0 and 2),
  day int not null
);

-- Small and tidy: rows live for an hour or two.
drop index batch_host_idx;
create index batch_host_idx on batch (host, to_ms) include (ticks);
alter table batch set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1,
  autovacuum_analyze_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 0);

-- The alias is shown instead of the name where it is not empty. In `tags` (what people said) null hides a tag of the agent's.
alter table host
  add column alias text not null default '' check (length(alias) <= 255),
  -- The name that the agent asks for; its host may have been given another one.
  add column agent_name text not null default '',
  -- Rises with each change of what is said of the host, so that hubs on one database tell newer from older.
  add column version int not null default 1,
  add column changed_at timestamptz not null default clock_timestamp();

create function note_host_change() returns trigger
language plpgsql as $$
begin
  new.version := old.version + 1;
  new.changed_at := clock_timestamp();
  return new;
end
$$;
create trigger host_changed before update on host for each row
  when ((old.name, old.alias, old.agent_id, old.agent_version, old.agent_tags, old.tags, old.facts, old.interval_ms, old.archived_at, old.removed_at)
    is distinct from (new.name, new.alias, new.agent_id, new.agent_version, new.agent_tags, new.tags, new.facts, new.interval_ms, new.archived_at, new.removed_at))
  execute function note_host_change();

-- What must be seen to the end although its host is hidden already.
create index host_removed_idx on host (removed_at) where removed_at is not null;

-- Hides a host and frees its name; null when there is none of that name. Its tokens are void from here on and its
-- streams take nothing more: the ingest statement finds no row. Locks come in the order of open_streams (the host, then
-- its streams by key), and each statement sees what was committed while the one before it waited for its lock.
create function remove_host(of_name text) returns int
language plpgsql as $$
declare
  of_host int;
begin
  update host h set removed_at = now(), agent_id = null
  where h.name = of_name and h.removed_at is null and h.archived_at is null returning h.id into of_host;
  if not found then return null; end if;
  delete from token t where t.host = of_host;
  perform from stream s where s.host = of_host order by s.id for update;
  delete from stream s where s.host = of_host;
  return of_host;
end
$$;

-- A row of `chunk` on its way into the table: its bytes are cut out of three buffers by position (the first byte is 1).
-- The layout's id is hex, which needs no quoting inside a composite inside an array.
create type chunk_row as (
  chunk int, day int, part smallint, ticks int, samples bigint, from_ms float8, to_ms float8, layout text,
  runs_at int, runs_bytes int, offsets_at int, offsets_bytes int, data_at int, data_bytes int
);

-- Inserts chunks of one host; rows with the same number `chunk` (from 1) are parts of one and get one id.
create function insert_chunks(of_host int, of_tier int, rows chunk_row[], runs bytea, offsets bytea, data bytea) returns void
language plpgsql as $$
declare
  ids bigint[] := array(select nextval('chunk_id') from generate_series(1, (select max(r.chunk) from unnest(rows) r)));
begin
  insert into chunk (host, tier, day, id, part, ticks, samples, from_ms, to_ms, layout, runs, offsets, data)
    select of_host, of_tier, r.day, ids[r.chunk], r.part, r.ticks, r.samples, r.from_ms, r.to_ms, decode(r.layout, 'hex'),
      substring(insert_chunks.runs from r.runs_at for r.runs_bytes),
      substring(insert_chunks.offsets from r.offsets_at for r.offsets_bytes),
      substring(insert_chunks.data from r.data_at for r.data_bytes)
    from unnest(rows) r;
end
$$;

-- Compaction: batches, and raw chunks that are taken back in, become raw chunks. Deletes exactly what is named and
-- raises PW001, which undoes it all, unless all of it was there: a rival has been faster.
create function compact_batches(of_host int, batch_ids bigint[], old_days int[], old_ids bigint[],
  rows chunk_row[], runs bytea, offsets bytea, data bytea) returns void
language plpgsql as $$
declare
  deleted bigint;
begin
  delete from batch b where b.id = any(batch_ids) and b.host = of_host;
  get diagnostics deleted = row_count;
  if deleted <> cardinality(batch_ids) then
    raise exception 'batches to compact must be there: got % of %', deleted, cardinality(batch_ids) using errcode = 'PW001';
  end if;
  with gone as (
    delete from chunk c using unnest(old_days, old_ids) o (day, id)
    where c.host = of_host and c.tier = 0 and c.day = o.day and c.id = o.id returning c.id)
  select count(distinct gone.id) into deleted from gone;
  if deleted <> cardinality(old_ids) then
    raise exception 'chunks to take back must be there: got % of %', deleted, cardinality(old_ids) using errcode = 'PW001';
  end if;
  -- No floor rises from here to the commit: what lies below one has gone or is going, and its rollups stay as they are.
  perform pg_advisory_xact_lock_shared(hashtext('pulsewire.partitions'));
  if exists (select from unnest(rows) r join floor f on f.tier = 0 and r.day < f.day) then
    raise exception 'chunks must not lie below the floor' using errcode = 'PW001';
  end if;
  insert into day as d (host, day)
    select distinct of_host, x.day from (select r.day from unnest(rows) r union select unnest(old_days)) x (day)
    order by 2
  on conflict (host, day) do update set version = d.version + 1;
  perform insert_chunks(of_host, 0, rows, runs, offsets, data);
end
$$;

-- The one-minute rollup of a day, made of raw at `of_version`. Raises PW001 when raw has changed since.
create function replace_minutes(of_host int, of_day int, of_version bigint,
  rows chunk_row[], offsets bytea, data bytea) returns void
language plpgsql as $$
begin
  update day d set rolled_minute = of_version where d.host = of_host and d.day = of_day and d.version = of_version;
  if not found then
    raise exception 'raw data must not change while it is rolled up: version % is gone', of_version using errcode = 'PW001';
  end if;
  delete from chunk c where c.host = of_host and c.tier = 1 and c.day = of_day;
  perform insert_chunks(of_host, 1, rows, ''::bytea, offsets, data);
end
$$;

-- The one-hour rollup of a month, in which the days named were made anew at these versions; the other days are as in
-- the rows `old_ids`, which it replaces. Raises PW001 when a day or the month has changed since they were read.
create function replace_hours(of_host int, of_month int, old_ids bigint[], of_days int[], of_versions bigint[],
  rows chunk_row[], offsets bytea, data bytea) returns void
language plpgsql as $$
declare
  counted bigint;
begin
  -- Two hubs that find no rollup of the month yet would each write one.
  perform pg_advisory_xact_lock(hashtext('pulsewire.month'), of_host);
  update day d set rolled_hour = d.version from unnest(of_days, of_versions) o (day, version)
  where d.host = of_host and d.day = o.day and d.version = o.version and d.rolled_minute = o.version;
  get diagnostics counted = row_count;
  if counted <> cardinality(of_days) then
    raise exception 'days must not change while they are rolled up: got % of %', counted, cardinality(of_days) using errcode = 'PW001';
  end if;
  with gone as (delete from chunk c where c.host = of_host and c.tier = 2 and c.day = of_month returning c.id)
  select count(*) filter (where gone.id <> all(old_ids)) + abs(count(distinct gone.id) - cardinality(old_ids)) into counted from gone;
  if counted <> 0 then
    raise exception 'the month must not change while it is rolled up' using errcode = 'PW001';
  end if;
  perform insert_chunks(of_host, 2, rows, ''::bytea, offsets, data);
end
$$;

-- Hosts that are made up (`pulsewire simulate`): what their history follows from, and how far it is written. A host
-- without a row here is real, and left alone.
create table simulated_host (
  host int primary key references host on delete cascade,
  fleet_seed bigint not null,
  day_count int not null,
  interval_ms int not null,
  -- The span that was asked for; its end is when it was asked for first.
  from_ms float8 not null,
  to_ms float8 not null,
  -- Days before this one are written. Moved by the statement that writes them.
  next_day int not null
);
