-- The foundation: hosts and their tokens, layouts, streams with their accounting, batches and gaps.
-- Times of ticks are epoch milliseconds as float8: the wire's own type. Enumerations are text with a check.

-- One row: the identity of this database. Agents believe acks of this hub id only.
create table hub (
  id bytea primary key default decode(replace(gen_random_uuid()::text, '-', ''), 'hex') check (length(id) = 16),
  is_only boolean not null default true unique check (is_only),
  created_at timestamptz not null default now()
);
insert into hub default values;

create table host (
  id int generated always as identity primary key,
  name text not null check (length(name) between 1 and 255),
  kind text not null check (kind in ('agent', 'push')),
  -- Null for hosts that push over HTTP.
  agent_id bytea unique check (length(agent_id) = 16),
  machine_id text not null default '',
  agent_version text not null default '',
  -- What the agent says, and what people said; the latter wins.
  agent_tags jsonb not null default '{}',
  tags jsonb not null default '{}',
  facts jsonb not null default '{}',
  interval_ms int not null default 1000,
  -- Of the stream that was opened last. Kept here, as the rows of pushed streams go and ordinals only rise.
  last_ordinal int not null default 0,
  created_at timestamptz not null default now(),
  archived_at timestamptz,
  removed_at timestamptz
) with (fillfactor = 70);
create unique index host_name_key on host (name) where removed_at is null and archived_at is null;

create table token (
  -- SHA-256 of the token; the token itself is kept nowhere.
  hash bytea primary key check (length(hash) = 32),
  host int not null references host on delete cascade,
  created_at timestamptz not null default now(),
  used_at timestamptz
);
create index token_host_idx on token (host);

create table layout (
  id bytea primary key check (length(id) = 8),
  body bytea not null
);

create table stream (
  id bigint generated always as identity primary key,
  host int not null references host on delete cascade,
  epoch bytea not null check (length(epoch) = 16),
  ordinal int not null,
  first_seq bigint not null check (first_seq >= 1),
  stored_seq bigint not null,
  stored_at timestamptz not null default now(),
  -- CRC-32C of the item at stored_seq.
  stored_crc bigint,
  stored_ticks bigint not null default 0 check (stored_ticks >= 0),
  gap_ticks bigint not null default 0 check (gap_ticks >= 0),
  shift_ms float8 not null default 0,
  -- Random number of the admission that opened the stream last: what came over an earlier link is not stored.
  lease bigint not null default 0,
  unique (host, epoch),
  unique (host, ordinal),
  -- The promise in one line: moved only by the ingest statement, by what it has inserted.
  constraint stream_accounting check (stored_ticks + gap_ticks = stored_seq - first_seq + 1)
) with (fillfactor = 70);

-- A block as it was flushed. No foreign keys: the ingest statement has locked the stream's row.
create table batch (
  id bigint generated always as identity primary key,
  host int not null,
  stream bigint not null,
  first_seq bigint not null,
  last_seq bigint not null,
  layout bytea not null,
  ticks int not null,
  from_ms float8 not null,
  to_ms float8 not null,
  offsets bytea not null,
  data bytea not null
);
-- Cut out of the row by substring, so neither compressed nor read whole.
alter table batch alter column data set storage external, alter column offsets set storage external;
create index batch_host_idx on batch (host, to_ms);

create table gap (
  id bigint generated always as identity primary key,
  host int not null,
  stream bigint not null,
  first_seq bigint not null,
  last_seq bigint not null,
  reason text not null check (reason in ('spool_full', 'hub_rewound', 'damaged', 'expired', 'rejected')),
  from_ms float8 not null,
  to_ms float8 not null,
  check (first_seq <= last_seq)
);
create index gap_host_idx on gap (host, to_ms);

-- Opens the streams that a host's agent offers and answers where each stands, in the order given. The host's
-- row is locked, so two hubs give ordinals in turn; an unknown stream starts at what its agent still holds.
-- Every stream gets a new lease. Streams are locked in key order, as the ingest statement does.
create function open_streams(of_host int, epochs bytea[], oldests bigint[], shifts float8[])
returns table (epoch bytea, id bigint, ordinal int, stored_seq bigint, stored_crc bigint, gap_ticks bigint, shift_ms float8, lease bigint)
language plpgsql as $$
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
$$;

-- Entry `place` of a block's directory: where its column starts in the data (docs/storage.md). Two or four
-- little-endian bytes an entry, as many entries as columns and one.
create function block_offset(offsets bytea, columns int, place int) returns int
language sql immutable parallel safe as $$
  select case when length(offsets) = 2 * (columns + 1)
    then get_byte(offsets, 2 * place) + (get_byte(offsets, 2 * place + 1) << 8)
    else get_byte(offsets, 4 * place) + (get_byte(offsets, 4 * place + 1) << 8)
      + (get_byte(offsets, 4 * place + 2) << 16) + (get_byte(offsets, 4 * place + 3) << 24) end
$$;
