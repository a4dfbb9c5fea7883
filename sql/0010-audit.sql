-- The audit log: who did what, from where, and how it ended. Rows are only added (hub/store/roles.ts takes the other rights
-- from the role that the hub works as; the triggers below stand also in the way of the owner's own mistakes).
create table audit (
  -- In the order of being written down, which is the order of pages.
  id bigint generated always as identity primary key,
  -- Given by the hub, so that an entry whose commit is in doubt is not written twice.
  key uuid not null unique,
  -- When it happened, by the clock of the hub. It may have waited for the database.
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('anonymous', 'person', 'token', 'operator', 'agent', 'hub')),
  -- Of the person, the token or the host, which may be gone since; hence no reference.
  actor_id bigint,
  -- As it was then.
  actor_name text not null check (length(actor_name) <= 200),
  action text not null check (length(action) between 3 and 80),
  object text not null check (length(object) <= 300),
  result text not null check (result in ('done', 'refused', 'failed')),
  status smallint,
  address text not null check (length(address) <= 100),
  user_agent text not null check (length(user_agent) <= 300),
  detail jsonb not null default '{}',
  -- How many alike it stands for: refused requests of strangers are counted when they come in floods.
  repeats int not null default 1 check (repeats >= 1)
);
create index audit_at_idx on audit (at);
create index audit_action_idx on audit (action, id desc);
create index audit_actor_idx on audit (actor_name, id desc);

-- Old entries may go when retention says so in its transaction, never young ones; an empty table may be truncated, as a
-- restore does with every table that its migrations have made.
create function refuse_audit_change() returns trigger
language plpgsql as $$
begin
  if tg_op = 'DELETE' and current_setting('pulsewire.tidies_audit', true) = 'on' and old.at < now() - interval '30 days' then
    return old;
  end if;
  if tg_op = 'TRUNCATE' and not exists (select from audit) then
    return null;
  end if;
  raise exception 'entries of the audit log are only added: % is refused', tg_op using errcode = '42501';
end
$$;
create trigger audit_is_kept before update or delete on audit for each row execute function refuse_audit_change();
create trigger audit_stays before truncate on audit for each statement execute function refuse_audit_change();
