-- Enrolment tokens, and what agents identify themselves by.

-- What an admin gives to machines so that their agents may enrol: so many, until then.
create table enrolment (
  id int generated always as identity primary key,
  name text not null default '' check (length(name) <= 200),
  -- SHA-256 of the token; the token itself is kept nowhere.
  hash bytea not null unique check (length(hash) = 32),
  uses_max int not null check (uses_max between 1 and 100000),
  use_count int not null default 0 check (use_count between 0 and uses_max),
  -- Of people, for each host that is made by it.
  tags jsonb not null default '{}',
  created_at timestamptz not null default now(),
  created_by text not null default '',
  expires_at timestamptz not null,
  revoked_at timestamptz
);

-- Which agents have enrolled by it. One of them may come with it again, without being counted: the answer was lost on its way,
-- or the hub has been wiped. No reference to hosts, as these rows outlive a wipe.
create table enrolment_use (
  enrolment int not null references enrolment on delete cascade,
  agent_id bytea not null check (length(agent_id) = 16),
  host_name text not null,
  used_at timestamptz not null default now(),
  -- Its host was removed, or it was revoked: the token opens nothing to it any more.
  is_over boolean not null default false,
  primary key (enrolment, agent_id)
);
create index enrolment_use_agent_idx on enrolment_use (agent_id) where not is_over;

-- A rotation gives an agent a second token. The first is good until the second was used, or until it expires, which it
-- does only from when the agent has said that it keeps the second.
alter table token
  -- Given by a rotation, on an open link.
  add column is_rotation boolean not null default false,
  add column kept_at timestamptz,
  add column expires_at timestamptz,
  -- Kept, so that the agent can be told why it is refused.
  add column revoked_at timestamptz;

-- What an admin wants of an agent, until it is done; of few agents at a time.
create table agent_order (
  host int primary key references host on delete cascade,
  -- Nothing is taken of it from here on.
  revoked_at timestamptz,
  -- It shall have a new token.
  rotation_at timestamptz,
  -- The second machine that comes under its identity shall get one of its own.
  split_at timestamptz
);

-- A second machine that came under the identity of an agent which was there, and was sent away.
create table agent_clone (
  host int primary key references host on delete cascade,
  boot_id bytea not null check (length(boot_id) = 16),
  address text not null,
  host_name text not null,
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  refused_count int not null default 1
);

-- Removing a host voids the uses by which its agent could come again.
create function end_enrolment_uses() returns trigger
language plpgsql as $$
begin
  update enrolment_use set is_over = true where agent_id = old.agent_id and not is_over;
  return new;
end
$$;
create trigger host_agent_left after update of agent_id on host for each row
  when (old.agent_id is not null and new.agent_id is distinct from old.agent_id)
  execute function end_enrolment_uses();
