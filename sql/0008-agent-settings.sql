-- What people set at agents, each version of it, what the agents made of the newest, and the settings of pushing clients.

-- The newest version is in force; a change made on top of a version that is not the newest finds its number taken.
create table agent_settings (
  host int not null references host on delete cascade,
  version int not null check (version >= 1),
  -- As core/agent-settings.ts has it.
  body jsonb not null check (jsonb_typeof(body) = 'object'),
  changed_by text not null check (length(changed_by) <= 250),
  changed_at timestamptz not null default clock_timestamp(),
  primary key (host, version)
);
create index agent_settings_changed_idx on agent_settings (changed_at);

-- One row an agent: what it said last.
create table agent_settings_report (
  host int primary key references host on delete cascade,
  version int not null check (version >= 0),
  state text not null check (state in ('applied', 'failed', 'forbidden')),
  why text not null,
  -- Places that its local file decides.
  pinned jsonb not null,
  -- In force, with nothing left out.
  effective jsonb not null,
  -- Of all of it, by which a repetition is recognised.
  digest text not null,
  reported_at timestamptz not null default clock_timestamp()
);

-- Programs that push by POST /metrics and ask for their configuration: it is theirs, so any object.
create table client (
  -- As they send it.
  id text primary key check (length(id) between 1 and 255),
  tags jsonb not null default '{}',
  -- What the client says when it registers, and what people set: that wins.
  own_config jsonb not null default '{}',
  people_config jsonb,
  version int not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  registered_at timestamptz,
  -- When what it is given became another.
  changed_at timestamptz not null default clock_timestamp()
);
