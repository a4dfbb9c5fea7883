-- People, their sessions, and API tokens. Of every secret only a hash is kept.

-- One row that rises with each change of who may do what: hubs hold a copy of it all in memory and look at this once a
-- second. Whoever changes something locks it first, so changes come one after the other and no hub misses one.
create table access_mark (
  is_only boolean primary key default true check (is_only),
  version bigint not null default 1
);
insert into access_mark default values;

create table person (
  id int generated always as identity primary key,
  name text not null check (length(name) between 1 and 100),
  -- The name as it is compared: names that look alike are one (core: NFKC, lower case).
  name_key text not null unique,
  role text not null check (role in ('viewer', 'editor', 'admin')),
  -- With its method and cost (hub/access/accounts/passwords.ts), so that it can be renewed.
  password_hash text not null,
  is_disabled boolean not null default false,
  created_at timestamptz not null default now(),
  signed_in_at timestamptz
);

-- Somebody signed in, in one browser. Not in backups: people sign in again after a restore.
create table session (
  id bigint generated always as identity primary key,
  -- SHA-256 of what the cookie holds.
  hash bytea not null unique check (length(hash) = 32),
  person int not null references person on delete cascade,
  created_at timestamptz not null default now(),
  -- To within a minute or so.
  used_at timestamptz not null default now(),
  -- However much it is used.
  expires_at timestamptz not null,
  -- As they were at the start of it; text of strangers.
  address text not null default '',
  user_agent text not null default ''
);
create index session_person_idx on session (person);

create table api_token (
  id int generated always as identity primary key,
  name text not null unique check (length(name) between 1 and 100),
  hash bytea not null unique check (length(hash) = 32),
  scope text not null check (scope in ('push', 'read', 'write', 'admin')),
  -- Who made it: it can do no more than they can, and goes with them. Null for the operator's.
  person int references person on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  used_at timestamptz
);
create index api_token_person_idx on api_token (person);

create function access_changed() returns trigger language plpgsql as $$
begin
  update access_mark set version = version + 1;
  return null;
end
$$;
-- When somebody was seen last changes nothing of what they may do.
create trigger person_changed after insert or delete or update of name, name_key, role, password_hash, is_disabled on person
  for each statement execute function access_changed();
create trigger session_changed after insert or delete or update of hash, person, expires_at on session
  for each statement execute function access_changed();
create trigger api_token_changed after insert or delete or update of name, hash, scope, person, expires_at on api_token
  for each statement execute function access_changed();

create function has_admin(beside int) returns boolean language sql stable as $$
  select exists (select from person p where p.role = 'admin' and not p.is_disabled and p.id is distinct from beside)
$$;

-- The first admin; null once there is one, however many ask at once.
create function claim_hub(of_name text, of_key text, of_password_hash text) returns int language plpgsql as $$
declare
  made int;
begin
  perform from access_mark for update;
  if has_admin(null) then return null; end if;
  insert into person (name, name_key, role, password_hash) values (of_name, of_key, 'admin', of_password_hash)
  returning id into made;
  return made;
end
$$;

-- A session of somebody whose password was seen to be right; null when that one has been changed, disabled or removed since.
-- The session that the browser had before ends, and the person's oldest when there are too many.
create function open_session(of_person int, seen_password_hash text, new_hash bytea, old_hash bytea, hours float8,
  from_address text, by_user_agent text, sessions_max int)
returns bigint language plpgsql as $$
declare
  made bigint;
begin
  perform from access_mark for update;
  if not exists (select from person p where p.id = of_person and not p.is_disabled and p.password_hash = seen_password_hash)
  then return null; end if;
  delete from session s where s.hash = old_hash or s.id in (
    select o.id from session o where o.person = of_person order by o.used_at desc, o.id desc offset sessions_max - 1);
  insert into session (hash, person, expires_at, address, user_agent)
  values (new_hash, of_person, now() + make_interval(secs => hours * 3600), from_address, by_user_agent) returning id into made;
  update person p set signed_in_at = now() where p.id = of_person;
  return made;
end
$$;

-- Somebody's own new password: all their sessions end, and another takes the place of this one. Null when the old password
-- has been changed since, or the session has ended.
create function change_password(of_person int, seen_password_hash text, new_password_hash text, of_session bigint, new_hash bytea)
returns bigint language plpgsql as $$
declare
  before session;
  made bigint;
begin
  perform from access_mark for update;
  select * into before from session s where s.id = of_session and s.person = of_person;
  if not found then return null; end if;
  update person p set password_hash = new_password_hash
  where p.id = of_person and not p.is_disabled and p.password_hash = seen_password_hash;
  if not found then return null; end if;
  delete from session s where s.person = of_person;
  insert into session (hash, person, expires_at, address, user_agent)
  values (new_hash, of_person, before.expires_at, before.address, before.user_agent) returning id into made;
  return made;
end
$$;

-- What an admin changes; null leaves it. A new password, and being disabled, end every session.
create function edit_person(of_id int, new_role text, new_disabled boolean, new_password_hash text)
returns text language plpgsql as $$
declare
  before person;
begin
  perform from access_mark for update;
  select * into before from person p where p.id = of_id for update;
  if not found then return 'unknown'; end if;
  if before.role = 'admin' and not before.is_disabled and (coalesce(new_role, 'admin') <> 'admin' or new_disabled)
    and not has_admin(of_id) then return 'last_admin'; end if;
  update person p set role = coalesce(new_role, p.role), is_disabled = coalesce(new_disabled, p.is_disabled),
    password_hash = coalesce(new_password_hash, p.password_hash) where p.id = of_id;
  if new_disabled or new_password_hash is not null then delete from session s where s.person = of_id; end if;
  return 'done';
end
$$;

create function remove_person(of_id int) returns text language plpgsql as $$
begin
  perform from access_mark for update;
  if not exists (select from person p where p.id = of_id) then return 'unknown'; end if;
  if not has_admin(of_id) and has_admin(null) then return 'last_admin'; end if;
  delete from person p where p.id = of_id;
  return 'done';
end
$$;
