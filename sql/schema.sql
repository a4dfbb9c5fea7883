-- Written from the catalogue after all migrations. Do not edit: change a migration and write it again.

create type chunk_row as (chunk integer, day integer, part smallint, ticks integer, samples bigint, from_ms double precision, to_ms double precision, layout text, runs_at integer, runs_bytes integer, offsets_at integer, offsets_bytes integer, data_at integer, data_bytes integer);

create table batch (
  id bigint not null generated always as identity,
  host integer not null,
  stream bigint not null,
  first_seq bigint not null,
  last_seq bigint not null,
  layout bytea not null,
  ticks integer not null,
  from_ms double precision not null,
  to_ms double precision not null,
  offsets bytea storage external not null,
  data bytea storage external not null
) with (autovacuum_analyze_scale_factor=0.2, autovacuum_vacuum_cost_delay=0, autovacuum_vacuum_insert_scale_factor=0.1, autovacuum_vacuum_scale_factor=0.05);
alter table batch add constraint batch_pkey PRIMARY KEY (id);
CREATE INDEX batch_host_idx ON public.batch USING btree (host, to_ms) INCLUDE (ticks);

create table chunk (
  host integer not null,
  tier smallint not null,
  day integer not null,
  id bigint not null,
  part smallint not null,
  ticks integer not null,
  samples bigint not null,
  from_ms double precision not null,
  to_ms double precision not null,
  layout bytea not null,
  runs bytea not null,
  offsets bytea storage external not null,
  data bytea storage external not null
) partition by LIST (tier);
alter table chunk add constraint chunk_pkey PRIMARY KEY (host, tier, day, id, part);
alter table chunk add constraint chunk_tier_check CHECK (((tier >= 0) AND (tier <= 2)));

create sequence chunk_id;

create table day (
  host integer not null,
  day integer not null,
  version bigint not null default 1,
  rolled_minute bigint not null default 0,
  rolled_hour bigint not null default 0
) with (fillfactor=70);
alter table day add constraint day_pkey PRIMARY KEY (host, day);
CREATE INDEX day_unrolled_idx ON public.day USING btree (day, host) WHERE ((rolled_minute <> version) OR (rolled_hour <> version));

create table floor (
  tier smallint not null,
  day integer not null
);
alter table floor add constraint floor_pkey PRIMARY KEY (tier);
alter table floor add constraint floor_tier_check CHECK (((tier >= 0) AND (tier <= 2)));

create table gap (
  id bigint not null generated always as identity,
  host integer not null,
  stream bigint not null,
  first_seq bigint not null,
  last_seq bigint not null,
  reason text not null,
  from_ms double precision not null,
  to_ms double precision not null
);
alter table gap add constraint gap_check CHECK ((first_seq <= last_seq));
alter table gap add constraint gap_pkey PRIMARY KEY (id);
alter table gap add constraint gap_reason_check CHECK ((reason = ANY (ARRAY['spool_full'::text, 'hub_rewound'::text, 'damaged'::text, 'expired'::text, 'rejected'::text])));
CREATE INDEX gap_host_idx ON public.gap USING btree (host, to_ms);

create table host (
  id integer not null generated always as identity,
  name text not null,
  kind text not null,
  agent_id bytea,
  machine_id text not null default ''::text,
  agent_version text not null default ''::text,
  agent_tags jsonb not null default '{}'::jsonb,
  tags jsonb not null default '{}'::jsonb,
  facts jsonb not null default '{}'::jsonb,
  interval_ms integer not null default 1000,
  last_ordinal integer not null default 0,
  created_at timestamp with time zone not null default now(),
  archived_at timestamp with time zone,
  removed_at timestamp with time zone,
  alias text not null default ''::text,
  agent_name text not null default ''::text,
  version integer not null default 1,
  changed_at timestamp with time zone not null default clock_timestamp()
) with (fillfactor=70);
alter table host add constraint host_agent_id_check CHECK ((length(agent_id) = 16));
alter table host add constraint host_agent_id_key UNIQUE (agent_id);
alter table host add constraint host_alias_check CHECK ((length(alias) <= 255));
alter table host add constraint host_kind_check CHECK ((kind = ANY (ARRAY['agent'::text, 'push'::text])));
alter table host add constraint host_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255)));
alter table host add constraint host_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX host_name_key ON public.host USING btree (name) WHERE ((removed_at IS NULL) AND (archived_at IS NULL));
CREATE INDEX host_removed_idx ON public.host USING btree (removed_at) WHERE (removed_at IS NOT NULL);
CREATE TRIGGER host_changed BEFORE UPDATE ON public.host FOR EACH ROW WHEN (((((((((((old.name IS DISTINCT FROM new.name) OR (old.alias IS DISTINCT FROM new.alias)) OR (old.agent_id IS DISTINCT FROM new.agent_id)) OR (old.agent_version IS DISTINCT FROM new.agent_version)) OR (old.agent_tags IS DISTINCT FROM new.agent_tags)) OR (old.tags IS DISTINCT FROM new.tags)) OR (old.facts IS DISTINCT FROM new.facts)) OR (old.interval_ms IS DISTINCT FROM new.interval_ms)) OR (old.archived_at IS DISTINCT FROM new.archived_at)) OR (old.removed_at IS DISTINCT FROM new.removed_at))) EXECUTE FUNCTION note_host_change();

create table hub (
  id bytea not null default decode(replace((gen_random_uuid())::text, '-'::text, ''::text), 'hex'::text),
  is_only boolean not null default true,
  created_at timestamp with time zone not null default now()
);
alter table hub add constraint hub_id_check CHECK ((length(id) = 16));
alter table hub add constraint hub_is_only_check CHECK (is_only);
alter table hub add constraint hub_is_only_key UNIQUE (is_only);
alter table hub add constraint hub_pkey PRIMARY KEY (id);

create table layout (
  id bytea not null,
  body bytea not null
);
alter table layout add constraint layout_id_check CHECK ((length(id) = 8));
alter table layout add constraint layout_pkey PRIMARY KEY (id);

create table migration (
  version integer not null,
  name text not null,
  applied_at timestamp with time zone not null default clock_timestamp()
);
alter table migration add constraint migration_pkey PRIMARY KEY (version);

create table simulated_host (
  host integer not null,
  fleet_seed bigint not null,
  day_count integer not null,
  interval_ms integer not null,
  from_ms double precision not null,
  to_ms double precision not null,
  next_day integer not null
);
alter table simulated_host add constraint simulated_host_host_fkey FOREIGN KEY (host) REFERENCES host(id) ON DELETE CASCADE;
alter table simulated_host add constraint simulated_host_pkey PRIMARY KEY (host);

create table stream (
  id bigint not null generated always as identity,
  host integer not null,
  epoch bytea not null,
  ordinal integer not null,
  first_seq bigint not null,
  stored_seq bigint not null,
  stored_at timestamp with time zone not null default now(),
  stored_crc bigint,
  stored_ticks bigint not null default 0,
  gap_ticks bigint not null default 0,
  shift_ms double precision not null default 0,
  lease bigint not null default 0
) with (fillfactor=70);
alter table stream add constraint stream_accounting CHECK (((stored_ticks + gap_ticks) = ((stored_seq - first_seq) + 1)));
alter table stream add constraint stream_epoch_check CHECK ((length(epoch) = 16));
alter table stream add constraint stream_first_seq_check CHECK ((first_seq >= 1));
alter table stream add constraint stream_gap_ticks_check CHECK ((gap_ticks >= 0));
alter table stream add constraint stream_host_epoch_key UNIQUE (host, epoch);
alter table stream add constraint stream_host_fkey FOREIGN KEY (host) REFERENCES host(id) ON DELETE CASCADE;
alter table stream add constraint stream_host_ordinal_key UNIQUE (host, ordinal);
alter table stream add constraint stream_pkey PRIMARY KEY (id);
alter table stream add constraint stream_stored_ticks_check CHECK ((stored_ticks >= 0));

create table token (
  hash bytea not null,
  host integer not null,
  created_at timestamp with time zone not null default now(),
  used_at timestamp with time zone
);
alter table token add constraint token_hash_check CHECK ((length(hash) = 32));
alter table token add constraint token_host_fkey FOREIGN KEY (host) REFERENCES host(id) ON DELETE CASCADE;
alter table token add constraint token_pkey PRIMARY KEY (hash);
CREATE INDEX token_host_idx ON public.token USING btree (host);

create table chunk_hour partition of chunk FOR VALUES IN ('2') (
  host integer not null,
  tier smallint not null,
  day integer not null,
  id bigint not null,
  part smallint not null,
  ticks integer not null,
  samples bigint not null,
  from_ms double precision not null,
  to_ms double precision not null,
  layout bytea not null,
  runs bytea not null,
  offsets bytea storage external not null,
  data bytea storage external not null
) partition by RANGE (day);

create table chunk_minute partition of chunk FOR VALUES IN ('1') (
  host integer not null,
  tier smallint not null,
  day integer not null,
  id bigint not null,
  part smallint not null,
  ticks integer not null,
  samples bigint not null,
  from_ms double precision not null,
  to_ms double precision not null,
  layout bytea not null,
  runs bytea not null,
  offsets bytea storage external not null,
  data bytea storage external not null
) partition by RANGE (day);

create table chunk_raw partition of chunk FOR VALUES IN ('0') (
  host integer not null,
  tier smallint not null,
  day integer not null,
  id bigint not null,
  part smallint not null,
  ticks integer not null,
  samples bigint not null,
  from_ms double precision not null,
  to_ms double precision not null,
  layout bytea not null,
  runs bytea not null,
  offsets bytea storage external not null,
  data bytea storage external not null
) partition by RANGE (day);

CREATE OR REPLACE FUNCTION public.block_offset(offsets bytea, columns integer, place integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case when length(offsets) = 2 * (columns + 1)
    then get_byte(offsets, 2 * place) + (get_byte(offsets, 2 * place + 1) << 8)
    else get_byte(offsets, 4 * place) + (get_byte(offsets, 4 * place + 1) << 8)
      + (get_byte(offsets, 4 * place + 2) << 16) + (get_byte(offsets, 4 * place + 3) << 24) end
$function$;

CREATE OR REPLACE FUNCTION public.compact_batches(of_host integer, batch_ids bigint[], old_days integer[], old_ids bigint[], rows chunk_row[], runs bytea, offsets bytea, data bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.insert_chunks(of_host integer, of_tier integer, rows chunk_row[], runs bytea, offsets bytea, data bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.note_host_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.version := old.version + 1;
  new.changed_at := clock_timestamp();
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.open_streams(of_host integer, epochs bytea[], oldests bigint[], shifts double precision[])
 RETURNS TABLE(epoch bytea, id bigint, ordinal integer, stored_seq bigint, stored_crc bigint, gap_ticks bigint, shift_ms double precision, lease bigint)
 LANGUAGE plpgsql
AS $function$
declare
  newest int;
begin
  select h.last_ordinal into newest from host h where h.id = of_host and h.removed_at is null for update;
  if not found then return; end if;
  perform from stream s where s.host = of_host and s.epoch = any(epochs) order by s.id for update;
  update stream s set lease = floor(random() * 4503599627370496)::bigint where s.host = of_host and s.epoch = any(epochs);
  insert into stream (host, epoch, ordinal, first_seq, stored_seq, shift_ms, lease)
    select of_host, o.epoch, newest + row_number() over (order by o.place), o.oldest, o.oldest - 1, o.shift,
      floor(random() * 4503599627370496)::bigint
    from unnest(epochs, oldests, shifts) with ordinality o (epoch, oldest, shift, place)
    where not exists (select from stream s where s.host = of_host and s.epoch = o.epoch);
  update host h set last_ordinal = (select max(s.ordinal) from stream s where s.host = of_host)
  where h.id = of_host and h.last_ordinal < (select max(s.ordinal) from stream s where s.host = of_host);
  return query
    select s.epoch, s.id, s.ordinal, s.stored_seq, s.stored_crc, s.gap_ticks, s.shift_ms, s.lease
    from unnest(epochs) with ordinality o (epoch, place) join stream s on s.host = of_host and s.epoch = o.epoch
    order by o.place;
end
$function$;

CREATE OR REPLACE FUNCTION public.remove_host(of_name text)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.replace_hours(of_host integer, of_month integer, old_ids bigint[], of_days integer[], of_versions bigint[], rows chunk_row[], offsets bytea, data bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.replace_minutes(of_host integer, of_day integer, of_version bigint, rows chunk_row[], offsets bytea, data bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  update day d set rolled_minute = of_version where d.host = of_host and d.day = of_day and d.version = of_version;
  if not found then
    raise exception 'raw data must not change while it is rolled up: version % is gone', of_version using errcode = 'PW001';
  end if;
  delete from chunk c where c.host = of_host and c.tier = 1 and c.day = of_day;
  perform insert_chunks(of_host, 1, rows, ''::bytea, offsets, data);
end
$function$;
