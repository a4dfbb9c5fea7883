-- Signed scripts for agents, and what running them has come to.

-- The texts as publishers have signed them. The hub holds no key that could make one: whatever is written here, agents check it.
create table script_text (
  name text not null check (length(name) between 1 and 64),
  version int8 not null check (version > 0),
  kind text not null check (kind in ('script', 'revocation')),
  -- Public key of the publisher, base64url.
  key text not null check (length(key) between 1 and 64),
  text text not null check (length(text) between 1 and 65536),
  uploaded_by text not null default '',
  uploaded_at timestamptz not null default now(),
  -- Agents are no longer given it. Its row stays: it says which versions have been used.
  removed_at timestamptz,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (name, kind, version)
);
create index script_text_changed_idx on script_text (changed_at);

-- What an agent says of the scripts it was given, by name.
create table script_report (
  host int not null references host on delete cascade,
  name text not null check (length(name) <= 64),
  version int8 not null,
  state text not null,
  -- Newest version that has run there; 0 for none.
  ran_version int8 not null default 0,
  -- Everything else that is shown (core/message.ts, ScriptReport).
  report jsonb not null,
  reported_at timestamptz not null default now(),
  primary key (host, name)
);
create index script_report_name_idx on script_report (name);

-- Whether an agent runs scripts at all.
create table script_door (
  host int primary key references host on delete cascade,
  door text not null check (door in ('closed', 'blocked', 'open')),
  problem text not null default '',
  -- Public keys that it trusts.
  keys jsonb not null default '[]',
  reported_at timestamptz not null default now()
);
