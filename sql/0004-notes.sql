-- Notes on charts: what people, or the scripts that deploy, say happened at a time.
create table note (
  id int generated always as identity primary key,
  -- On the clock of charts, epoch milliseconds. Without an end it is a moment. At most 366 days: lists look back that far.
  at_ms float8 not null,
  until_ms float8,
  text text not null check (length(text) between 1 and 1000),
  -- A selector (core/rule-spec.ts): on whose charts it stands.
  hosts jsonb not null,
  author text not null default '',
  -- Given by whoever posts it, so that a repetition is recognised.
  key text check (length(key) between 1 and 200),
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default clock_timestamp(),
  -- A removed row stays for a while: other hubs on this database see by it that something has changed.
  removed_at timestamptz,
  constraint note_span_check check (until_ms > at_ms and until_ms <= at_ms + 366 * 86400000.0)
);
create unique index note_key_key on note (key) where removed_at is null;
create index note_time_idx on note (at_ms desc, id desc) where removed_at is null;
create index note_changed_idx on note (changed_at);
