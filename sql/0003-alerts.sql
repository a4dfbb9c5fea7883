-- Alerts: rules and where their notices go, the state of each rule on each series, what happened, and the outbox.
-- Instants of the hub are timestamptz; times of ticks are epoch milliseconds as float8, as everywhere.

-- `spec` is what core/rule-spec.ts describes. A removed row stays: alerts name it, and a default rule that somebody
-- removed must not come back.
create table rule (
  id int generated always as identity primary key,
  name text not null check (length(name) between 1 and 200),
  spec jsonb not null,
  is_enabled boolean not null default true,
  -- `file`: kept in a file and read-only here.
  origin text not null check (origin in ('default', 'api', 'file')),
  version int not null default 1,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default clock_timestamp(),
  removed_at timestamptz,
  -- The name under which the hub made a default rule, whatever it is called now: it is made once.
  default_name text unique
);
create unique index rule_name_key on rule (name) where removed_at is null;

-- Where notices go. What is secret in `settings` is encrypted with a key that is not in the database.
create table channel (
  id int generated always as identity primary key,
  name text not null check (length(name) between 1 and 100),
  kind text not null check (kind in ('email', 'webhook', 'slack', 'ntfy', 'discord', 'telegram', 'pagerduty', 'teams')),
  settings jsonb not null,
  is_enabled boolean not null default true,
  origin text not null check (origin in ('api', 'file')),
  version int not null default 1,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default clock_timestamp(),
  removed_at timestamptz,
  -- One sender at a time takes the notices of a channel: until then it is this one's.
  leased_until timestamptz not null default '-infinity'
);
create unique index channel_name_key on channel (name) where removed_at is null;

-- When notices of some hosts are not sent: `spec` is hosts and schedule (core/downtime.ts).
create table downtime (
  id int generated always as identity primary key,
  name text not null default '',
  spec jsonb not null,
  origin text not null check (origin in ('api', 'file')),
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default clock_timestamp(),
  removed_at timestamptz
);

-- Notices of some alerts are not sent until a moment: `spec` is the matchers (core/downtime.ts), who, and why.
create table silence (
  id int generated always as identity primary key,
  spec jsonb not null,
  until timestamptz not null,
  created_at timestamptz not null default now(),
  removed_at timestamptz
);

-- One run of a rule on one series of one host from fired to resolved. Names are kept as they were: the history of an
-- alert outlives its rule and its host. `host` 0 is the fleet, `series` '' the host itself.
create table alert (
  id bigint generated always as identity primary key,
  rule int not null,
  host int not null,
  series text not null,
  -- Of the firing transition; fired is odd, resolved even.
  seq bigint not null check (seq % 2 = 1),
  rule_name text not null,
  host_name text not null,
  severity text not null check (severity in ('info', 'warning', 'critical')),
  cause text not null check (cause in ('limits', 'silence', 'host_down', 'mass_outage', 'clock_skew')),
  condition text not null default '',
  threshold float8,
  unit text not null default '',
  message text not null,
  fired_at timestamptz not null,
  fired_ms float8 not null,
  fired_value float8,
  resolved_at timestamptz,
  resolved_ms float8,
  resolved_value float8,
  resolved_why text,
  acknowledged_at timestamptz,
  acknowledged_by text,
  acknowledged_comment text,
  -- How often it was told again, and which step of escalation was taken last.
  repeats int not null default 0,
  escalations int not null default 0,
  unique (rule, host, series, seq)
) with (fillfactor = 80);
-- Fired and resolved alternate: one open alert for each rule and series.
create unique index alert_open_key on alert (rule, host, series) where resolved_at is null;
create index alert_time_idx on alert (fired_at desc, id desc);
create index alert_host_idx on alert (host, fired_at desc, id desc);

-- The machine of one rule on one series of one host, once it has left "inactive".
create table alert_target (
  rule int not null,
  host int not null,
  series text not null,
  phase text not null check (phase in ('inactive', 'pending', 'firing')),
  -- Transitions so far: odd while it fires. Moved by record_transitions alone, by one at a time.
  seq bigint not null default 0,
  -- Whether people were last told that it fires.
  is_told boolean not null default false,
  -- The open alert; null while it does not fire.
  alert bigint,
  -- Tick times: since when it is pending or firing, and of the last tick that was judged; the stream that gave them.
  since_ms float8 not null default 0,
  last_ms float8 not null default 0,
  ordinal int not null default 0,
  primary key (rule, host, series),
  check ((phase = 'firing') = (seq % 2 = 1) and (alert is not null) = (phase = 'firing'))
) with (fillfactor = 70);
create index alert_target_host_idx on alert_target (host);

-- Everything that happened to an alert, and why somebody was told of it or not.
create table alert_event (
  id bigint generated always as identity primary key,
  alert bigint not null references alert on delete cascade,
  -- Equal for a repetition of the same: hash of rule, host, series, seq and kind.
  key text not null unique,
  kind text not null check (kind in ('fired', 'resolved', 'told', 'repeated', 'escalated', 'acknowledged')),
  seq bigint not null,
  at timestamptz not null,
  tick_ms float8,
  value float8,
  message text not null,
  -- `told`: there are rows in the outbox. Else why there are none.
  decision text not null check (decision in
    ('told', 'downtime', 'silenced', 'host_down', 'mass_outage', 'no_channel', 'unchanged', 'note')),
  -- The rule as it was, the path of states, the downtime or silence, the group: what answers "why".
  trace jsonb not null default '{}'
);
create index alert_event_alert_idx on alert_event (alert, id);

-- One event for one channel. Rows of one group that are due are sent as one message.
create table outbox (
  id bigint generated always as identity primary key,
  channel int not null,
  event bigint not null references alert_event on delete cascade,
  -- Of the event and the channel: what receivers know a repetition by.
  key text not null unique,
  group_key text not null,
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'sent', 'dead')),
  created_at timestamptz not null default now(),
  due_at timestamptz not null,
  -- While it is being sent: it is this sender's until then.
  leased_until timestamptz,
  -- Key of the message that it is in. Kept until that is surely not known to the receiver: the same rows then go out
  -- again under the same key.
  message text,
  attempts int not null default 0,
  -- The newest tries, oldest first: when, how long, what was answered.
  tries jsonb not null default '[]',
  sent_at timestamptz
) with (fillfactor = 70);
create index outbox_due_idx on outbox (channel, due_at) where state in ('waiting', 'sending');
create index outbox_event_idx on outbox (event);
create index outbox_dead_idx on outbox (id) where state = 'dead';

-- When the last message of a group went out, so that the next one keeps its distance.
create table outbox_group (
  channel int not null,
  group_key text not null,
  sent_at timestamptz not null,
  primary key (channel, group_key)
);

-- Names what the database went through since it was made, wiped or restored: in the keys of events, which count on from where
-- a backup was, and must not be those of other events that receivers have seen since.
alter table hub add column life bytea not null default decode(replace(gen_random_uuid()::text, '-', ''), 'hex');

-- The agent has said that it stops on purpose: until it is back its silence is no outage.
alter table host add column bye_at timestamptz;

-- Records what has happened to alerts and who is to be told: for each row, in order, one step of its target, its event, and
-- its rows of the outbox. A step that does not follow from where the target stands is refused, so fired and resolved
-- alternate whoever writes; a row that is known already is left alone, so that a statement of unknown outcome may be
-- repeated. Answers for every row where its target stands now.
create function record_events(rows jsonb)
returns table (key text, outcome text, alert bigint, seq bigint, phase text, is_told boolean)
language plpgsql as $$
#variable_conflict use_column
declare
  r record;
  t alert_target;
  of_alert bigint;
  of_event bigint;
  is_taken boolean;
begin
  for r in
    select * from jsonb_to_recordset(rows) x(key text, kind text, rule int, host int, series text, seq bigint,
      at_ms float8, tick_ms float8, value float8, message text, decision text, trace jsonb, rule_name text,
      host_name text, severity text, cause text, condition text, threshold float8, unit text, since_ms float8,
      ordinal int, why text, step int, notices jsonb)
  loop
    insert into alert_target (rule, host, series, phase) values (r.rule, r.host, r.series, 'inactive')
      on conflict do nothing;
    select * into t from alert_target a where a.rule = r.rule and a.host = r.host and a.series = r.series for update;
    if not found then
      -- Its row has gone between the two, as it said nothing: all of it again.
      raise serialization_failure;
    end if;
    select e.alert into of_alert from alert_event e where e.key = r.key;
    if found then
      return query select r.key, 'known', of_alert, t.seq, t.phase, t.is_told;
      continue;
    end if;
    is_taken := false;
    case r.kind
      when 'fired' then
        if t.seq = r.seq - 1 and r.seq % 2 = 1 then
          insert into alert (rule, host, series, seq, rule_name, host_name, severity, cause, condition, threshold, unit,
            message, fired_at, fired_ms, fired_value)
          values (r.rule, r.host, r.series, r.seq, r.rule_name, r.host_name, r.severity, r.cause, r.condition,
            r.threshold, r.unit, r.message, to_timestamp(r.at_ms / 1000), r.tick_ms, r.value)
          returning id into of_alert;
          update alert_target a set phase = 'firing', seq = r.seq, alert = of_alert, since_ms = r.tick_ms,
            last_ms = r.tick_ms, ordinal = r.ordinal, is_told = a.is_told or r.decision = 'told'
          where a.rule = r.rule and a.host = r.host and a.series = r.series returning * into t;
          is_taken := true;
        end if;
      when 'resolved' then
        if t.seq = r.seq - 1 and r.seq % 2 = 0 then
          of_alert := t.alert;
          update alert x set resolved_at = to_timestamp(r.at_ms / 1000), resolved_ms = r.tick_ms,
            resolved_value = r.value, resolved_why = r.why
          where x.id = of_alert;
          update alert_target a set phase = 'inactive', seq = r.seq, alert = null, last_ms = r.tick_ms,
            ordinal = r.ordinal, is_told = a.is_told and r.decision <> 'told'
          where a.rule = r.rule and a.host = r.host and a.series = r.series returning * into t;
          is_taken := true;
        end if;
      when 'told' then
        if t.seq = r.seq and t.is_told <> (r.seq % 2 = 1) then
          select x.id into of_alert from alert x
          where x.rule = r.rule and x.host = r.host and x.series = r.series order by x.seq desc limit 1;
          update alert_target a set is_told = not a.is_told
          where a.rule = r.rule and a.host = r.host and a.series = r.series returning * into t;
          is_taken := true;
        end if;
      when 'repeated' then
        update alert x set repeats = r.step where x.id = t.alert and t.seq = r.seq and x.repeats < r.step
          and x.acknowledged_at is null
        returning x.id into of_alert;
        is_taken := found;
      when 'escalated' then
        update alert x set escalations = r.step where x.id = t.alert and t.seq = r.seq and x.escalations < r.step
          and x.acknowledged_at is null
        returning x.id into of_alert;
        is_taken := found;
    end case;
    if not is_taken then
      return query select r.key, 'refused', t.alert, t.seq, t.phase, t.is_told;
      continue;
    end if;
    insert into alert_event (alert, key, kind, seq, at, tick_ms, value, message, decision, trace)
    values (of_alert, r.key, r.kind, r.seq, to_timestamp(r.at_ms / 1000), r.tick_ms, r.value, r.message, r.decision, r.trace)
    returning id into of_event;
    insert into outbox (channel, event, key, group_key, state, due_at, sent_at)
    select n.channel, of_event, r.key || '.' || n.channel, n.group_key, n.state,
      greatest(clock_timestamp() + make_interval(secs => n.wait_ms / 1000),
        (select g.sent_at from outbox_group g where g.channel = n.channel and g.group_key = n.group_key)
          + make_interval(secs => n.interval_ms / 1000)),
      case when n.state = 'sent' then clock_timestamp() end
    from jsonb_to_recordset(r.notices) n(channel int, group_key text, wait_ms float8, interval_ms float8, state text);
    return query select r.key, 'recorded', of_alert, t.seq, t.phase, t.is_told;
  end loop;
end
$$;
