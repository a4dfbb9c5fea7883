-- Written from the catalogue after all migrations. Do not edit: change a migration and write it again.

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
);
alter table batch add constraint batch_pkey PRIMARY KEY (id);
CREATE INDEX batch_host_idx ON public.batch USING btree (host, to_ms);

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
  removed_at timestamp with time zone
) with (fillfactor=70);
alter table host add constraint host_agent_id_check CHECK ((length(agent_id) = 16));
alter table host add constraint host_agent_id_key UNIQUE (agent_id);
alter table host add constraint host_kind_check CHECK ((kind = ANY (ARRAY['agent'::text, 'push'::text])));
alter table host add constraint host_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255)));
alter table host add constraint host_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX host_name_key ON public.host USING btree (name) WHERE ((removed_at IS NULL) AND (archived_at IS NULL));

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
