-- Written from the catalogue after all migrations. Do not edit: change a migration and write it again.

create type chunk_row as (chunk integer, day integer, part smallint, ticks integer, samples bigint, from_ms double precision, to_ms double precision, layout text, runs_at integer, runs_bytes integer, offsets_at integer, offsets_bytes integer, data_at integer, data_bytes integer);

create table access_mark (
  is_only boolean not null default true,
  version bigint not null default 1
);
alter table access_mark add constraint access_mark_is_only_check CHECK (is_only);
alter table access_mark add constraint access_mark_pkey PRIMARY KEY (is_only);

create table agent_clone (
  host integer not null,
  boot_id bytea not null,
  address text not null,
  host_name text not null,
  first_at timestamp with time zone not null default now(),
  last_at timestamp with time zone not null default now(),
  refused_count integer not null default 1
);
alter table agent_clone add constraint agent_clone_boot_id_check CHECK ((length(boot_id) = 16));
alter table agent_clone add constraint agent_clone_host_fkey FOREIGN KEY (host) REFERENCES host(id) ON DELETE CASCADE;
alter table agent_clone add constraint agent_clone_pkey PRIMARY KEY (host);

create table agent_order (
  host integer not null,
  revoked_at timestamp with time zone,
  rotation_at timestamp with time zone,
  split_at timestamp with time zone
);
alter table agent_order add constraint agent_order_host_fkey FOREIGN KEY (host) REFERENCES host(id) ON DELETE CASCADE;
alter table agent_order add constraint agent_order_pkey PRIMARY KEY (host);

create table agent_settings (
  host integer not null,
  version integer not null,
  body jsonb not null,
  changed_by text not null,
  changed_at timestamp with time zone not null default clock_timestamp()
);
alter table agent_settings add constraint agent_settings_body_check CHECK ((jsonb_typeof(body) = 'object'::text));
alter table agent_settings add constraint agent_settings_changed_by_check CHECK ((length(changed_by) <= 250));
alter table agent_settings add constraint agent_settings_host_fkey FOREIGN KEY (host) REFERENCES host(id) ON DELETE CASCADE;
alter table agent_settings add constraint agent_settings_pkey PRIMARY KEY (host, version);
alter table agent_settings add constraint agent_settings_version_check CHECK ((version >= 1));
CREATE INDEX agent_settings_changed_idx ON public.agent_settings USING btree (changed_at);

create table agent_settings_report (
  host integer not null,
  version integer not null,
  state text not null,
  why text not null,
  pinned jsonb not null,
  effective jsonb not null,
  digest text not null,
  reported_at timestamp with time zone not null default clock_timestamp()
);
alter table agent_settings_report add constraint agent_settings_report_host_fkey FOREIGN KEY (host) REFERENCES host(id) ON DELETE CASCADE;
alter table agent_settings_report add constraint agent_settings_report_pkey PRIMARY KEY (host);
alter table agent_settings_report add constraint agent_settings_report_state_check CHECK ((state = ANY (ARRAY['applied'::text, 'failed'::text, 'forbidden'::text])));
alter table agent_settings_report add constraint agent_settings_report_version_check CHECK ((version >= 0));

create table alert (
  id bigint not null generated always as identity,
  rule integer not null,
  host integer not null,
  series text not null,
  seq bigint not null,
  rule_name text not null,
  host_name text not null,
  severity text not null,
  cause text not null,
  condition text not null default ''::text,
  threshold double precision,
  unit text not null default ''::text,
  message text not null,
  fired_at timestamp with time zone not null,
  fired_ms double precision not null,
  fired_value double precision,
  resolved_at timestamp with time zone,
  resolved_ms double precision,
  resolved_value double precision,
  resolved_why text,
  acknowledged_at timestamp with time zone,
  acknowledged_by text,
  acknowledged_comment text,
  repeats integer not null default 0,
  escalations integer not null default 0
) with (fillfactor=80);
alter table alert add constraint alert_cause_check CHECK ((cause = ANY (ARRAY['limits'::text, 'silence'::text, 'host_down'::text, 'mass_outage'::text, 'clock_skew'::text])));
alter table alert add constraint alert_pkey PRIMARY KEY (id);
alter table alert add constraint alert_rule_host_series_seq_key UNIQUE (rule, host, series, seq);
alter table alert add constraint alert_seq_check CHECK (((seq % (2)::bigint) = 1));
alter table alert add constraint alert_severity_check CHECK ((severity = ANY (ARRAY['info'::text, 'warning'::text, 'critical'::text])));
CREATE INDEX alert_host_idx ON public.alert USING btree (host, fired_at DESC, id DESC);
CREATE UNIQUE INDEX alert_open_key ON public.alert USING btree (rule, host, series) WHERE (resolved_at IS NULL);
CREATE INDEX alert_time_idx ON public.alert USING btree (fired_at DESC, id DESC);

create table alert_event (
  id bigint not null generated always as identity,
  alert bigint not null,
  key text not null,
  kind text not null,
  seq bigint not null,
  at timestamp with time zone not null,
  tick_ms double precision,
  value double precision,
  message text not null,
  decision text not null,
  trace jsonb not null default '{}'::jsonb
);
alter table alert_event add constraint alert_event_alert_fkey FOREIGN KEY (alert) REFERENCES alert(id) ON DELETE CASCADE;
alter table alert_event add constraint alert_event_decision_check CHECK ((decision = ANY (ARRAY['told'::text, 'downtime'::text, 'silenced'::text, 'host_down'::text, 'mass_outage'::text, 'no_channel'::text, 'unchanged'::text, 'note'::text])));
alter table alert_event add constraint alert_event_key_key UNIQUE (key);
alter table alert_event add constraint alert_event_kind_check CHECK ((kind = ANY (ARRAY['fired'::text, 'resolved'::text, 'told'::text, 'repeated'::text, 'escalated'::text, 'acknowledged'::text])));
alter table alert_event add constraint alert_event_pkey PRIMARY KEY (id);
CREATE INDEX alert_event_alert_idx ON public.alert_event USING btree (alert, id);
CREATE INDEX alert_event_decision_idx ON public.alert_event USING btree (alert, id DESC) INCLUDE (decision) WHERE (kind = ANY (ARRAY['fired'::text, 'told'::text]));

create table alert_target (
  rule integer not null,
  host integer not null,
  series text not null,
  phase text not null,
  seq bigint not null default 0,
  is_told boolean not null default false,
  alert bigint,
  since_ms double precision not null default 0,
  last_ms double precision not null default 0,
  ordinal integer not null default 0
) with (fillfactor=70);
alter table alert_target add constraint alert_target_check CHECK ((((phase = 'firing'::text) = ((seq % (2)::bigint) = 1)) AND ((alert IS NOT NULL) = (phase = 'firing'::text))));
alter table alert_target add constraint alert_target_phase_check CHECK ((phase = ANY (ARRAY['inactive'::text, 'pending'::text, 'firing'::text])));
alter table alert_target add constraint alert_target_pkey PRIMARY KEY (rule, host, series);
CREATE INDEX alert_target_host_idx ON public.alert_target USING btree (host);

create table api_token (
  id integer not null generated always as identity,
  name text not null,
  hash bytea not null,
  scope text not null,
  person integer,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone,
  used_at timestamp with time zone,
  client text
);
alter table api_token add constraint api_token_client_check CHECK (((client IS NULL) OR (((length(client) >= 1) AND (length(client) <= 255)) AND (scope = 'push'::text))));
alter table api_token add constraint api_token_hash_check CHECK ((length(hash) = 32));
alter table api_token add constraint api_token_hash_key UNIQUE (hash);
alter table api_token add constraint api_token_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)));
alter table api_token add constraint api_token_name_key UNIQUE (name);
alter table api_token add constraint api_token_person_fkey FOREIGN KEY (person) REFERENCES person(id) ON DELETE CASCADE;
alter table api_token add constraint api_token_pkey PRIMARY KEY (id);
alter table api_token add constraint api_token_scope_check CHECK ((scope = ANY (ARRAY['push'::text, 'read'::text, 'write'::text, 'admin'::text])));
CREATE INDEX api_token_person_idx ON public.api_token USING btree (person);
CREATE TRIGGER api_token_changed AFTER INSERT OR DELETE OR UPDATE OF name, hash, scope, person, expires_at ON public.api_token FOR EACH STATEMENT EXECUTE FUNCTION access_changed();

create table audit (
  id bigint not null generated always as identity,
  key uuid not null,
  at timestamp with time zone not null,
  actor_kind text not null,
  actor_id bigint,
  actor_name text not null,
  action text not null,
  object text not null,
  result text not null,
  status smallint,
  address text not null,
  user_agent text not null,
  detail jsonb not null default '{}'::jsonb,
  repeats integer not null default 1
);
alter table audit add constraint audit_action_check CHECK (((length(action) >= 3) AND (length(action) <= 80)));
alter table audit add constraint audit_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['anonymous'::text, 'person'::text, 'token'::text, 'operator'::text, 'agent'::text, 'hub'::text])));
alter table audit add constraint audit_actor_name_check CHECK ((length(actor_name) <= 200));
alter table audit add constraint audit_address_check CHECK ((length(address) <= 100));
alter table audit add constraint audit_key_key UNIQUE (key);
alter table audit add constraint audit_object_check CHECK ((length(object) <= 300));
alter table audit add constraint audit_pkey PRIMARY KEY (id);
alter table audit add constraint audit_repeats_check CHECK ((repeats >= 1));
alter table audit add constraint audit_result_check CHECK ((result = ANY (ARRAY['done'::text, 'refused'::text, 'failed'::text])));
alter table audit add constraint audit_user_agent_check CHECK ((length(user_agent) <= 300));
CREATE INDEX audit_action_idx ON public.audit USING btree (action, id DESC);
CREATE INDEX audit_actor_idx ON public.audit USING btree (actor_name, id DESC);
CREATE INDEX audit_at_idx ON public.audit USING btree (at);
CREATE TRIGGER audit_is_kept BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_stays BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

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

create table channel (
  id integer not null generated always as identity,
  name text not null,
  kind text not null,
  settings jsonb not null,
  is_enabled boolean not null default true,
  origin text not null,
  version integer not null default 1,
  created_at timestamp with time zone not null default now(),
  changed_at timestamp with time zone not null default clock_timestamp(),
  removed_at timestamp with time zone,
  leased_until timestamp with time zone not null default '-infinity'::timestamp with time zone
);
alter table channel add constraint channel_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'webhook'::text, 'slack'::text, 'ntfy'::text, 'discord'::text, 'telegram'::text, 'pagerduty'::text, 'teams'::text])));
alter table channel add constraint channel_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)));
alter table channel add constraint channel_origin_check CHECK ((origin = ANY (ARRAY['api'::text, 'file'::text])));
alter table channel add constraint channel_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX channel_name_key ON public.channel USING btree (name) WHERE (removed_at IS NULL);

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

create table client (
  id text not null,
  tags jsonb not null default '{}'::jsonb,
  own_config jsonb not null default '{}'::jsonb,
  people_config jsonb,
  version integer not null default 1,
  created_at timestamp with time zone not null default clock_timestamp(),
  registered_at timestamp with time zone,
  changed_at timestamp with time zone not null default clock_timestamp()
);
alter table client add constraint client_id_check CHECK (((length(id) >= 1) AND (length(id) <= 255)));
alter table client add constraint client_pkey PRIMARY KEY (id);

create table day (
  host integer not null,
  day integer not null,
  version bigint not null default 1,
  rolled_minute bigint not null default 0,
  rolled_hour bigint not null default 0
) with (fillfactor=70);
alter table day add constraint day_pkey PRIMARY KEY (host, day);
CREATE INDEX day_unrolled_idx ON public.day USING btree (day, host) WHERE ((rolled_minute <> version) OR (rolled_hour <> version));

create table downtime (
  id integer not null generated always as identity,
  name text not null default ''::text,
  spec jsonb not null,
  origin text not null,
  created_at timestamp with time zone not null default now(),
  changed_at timestamp with time zone not null default clock_timestamp(),
  removed_at timestamp with time zone
);
alter table downtime add constraint downtime_origin_check CHECK ((origin = ANY (ARRAY['api'::text, 'file'::text])));
alter table downtime add constraint downtime_pkey PRIMARY KEY (id);

create table enrolment (
  id integer not null generated always as identity,
  name text not null default ''::text,
  hash bytea not null,
  uses_max integer not null,
  use_count integer not null default 0,
  tags jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default now(),
  created_by text not null default ''::text,
  expires_at timestamp with time zone not null,
  revoked_at timestamp with time zone
);
alter table enrolment add constraint enrolment_check CHECK (((use_count >= 0) AND (use_count <= uses_max)));
alter table enrolment add constraint enrolment_hash_check CHECK ((length(hash) = 32));
alter table enrolment add constraint enrolment_hash_key UNIQUE (hash);
alter table enrolment add constraint enrolment_name_check CHECK ((length(name) <= 200));
alter table enrolment add constraint enrolment_pkey PRIMARY KEY (id);
alter table enrolment add constraint enrolment_uses_max_check CHECK (((uses_max >= 1) AND (uses_max <= 100000)));

create table enrolment_use (
  enrolment integer not null,
  agent_id bytea not null,
  host_name text not null,
  used_at timestamp with time zone not null default now(),
  is_over boolean not null default false
);
alter table enrolment_use add constraint enrolment_use_agent_id_check CHECK ((length(agent_id) = 16));
alter table enrolment_use add constraint enrolment_use_enrolment_fkey FOREIGN KEY (enrolment) REFERENCES enrolment(id) ON DELETE CASCADE;
alter table enrolment_use add constraint enrolment_use_pkey PRIMARY KEY (enrolment, agent_id);
CREATE INDEX enrolment_use_agent_idx ON public.enrolment_use USING btree (agent_id) WHERE (NOT is_over);

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
  changed_at timestamp with time zone not null default clock_timestamp(),
  bye_at timestamp with time zone
) with (fillfactor=70);
alter table host add constraint host_agent_id_check CHECK ((length(agent_id) = 16));
alter table host add constraint host_agent_id_key UNIQUE (agent_id);
alter table host add constraint host_alias_check CHECK ((length(alias) <= 255));
alter table host add constraint host_kind_check CHECK ((kind = ANY (ARRAY['agent'::text, 'push'::text])));
alter table host add constraint host_name_check CHECK (((length(name) >= 1) AND (length(name) <= 255)));
alter table host add constraint host_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX host_name_key ON public.host USING btree (name) WHERE ((removed_at IS NULL) AND (archived_at IS NULL));
CREATE INDEX host_removed_idx ON public.host USING btree (removed_at) WHERE (removed_at IS NOT NULL);
CREATE TRIGGER host_agent_left AFTER UPDATE OF agent_id ON public.host FOR EACH ROW WHEN (((old.agent_id IS NOT NULL) AND (new.agent_id IS DISTINCT FROM old.agent_id))) EXECUTE FUNCTION end_enrolment_uses();
CREATE TRIGGER host_changed BEFORE UPDATE ON public.host FOR EACH ROW WHEN (((((((((((old.name IS DISTINCT FROM new.name) OR (old.alias IS DISTINCT FROM new.alias)) OR (old.agent_id IS DISTINCT FROM new.agent_id)) OR (old.agent_version IS DISTINCT FROM new.agent_version)) OR (old.agent_tags IS DISTINCT FROM new.agent_tags)) OR (old.tags IS DISTINCT FROM new.tags)) OR (old.facts IS DISTINCT FROM new.facts)) OR (old.interval_ms IS DISTINCT FROM new.interval_ms)) OR (old.archived_at IS DISTINCT FROM new.archived_at)) OR (old.removed_at IS DISTINCT FROM new.removed_at))) EXECUTE FUNCTION note_host_change();

create table hub (
  id bytea not null default decode(replace((gen_random_uuid())::text, '-'::text, ''::text), 'hex'::text),
  is_only boolean not null default true,
  created_at timestamp with time zone not null default now(),
  life bytea not null default decode(replace((gen_random_uuid())::text, '-'::text, ''::text), 'hex'::text)
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

create table note (
  id integer not null generated always as identity,
  at_ms double precision not null,
  until_ms double precision,
  text text not null,
  hosts jsonb not null,
  author text not null default ''::text,
  key text,
  created_at timestamp with time zone not null default now(),
  changed_at timestamp with time zone not null default clock_timestamp(),
  removed_at timestamp with time zone
);
alter table note add constraint note_key_check CHECK (((length(key) >= 1) AND (length(key) <= 200)));
alter table note add constraint note_pkey PRIMARY KEY (id);
alter table note add constraint note_span_check CHECK (((until_ms > at_ms) AND (until_ms <= (at_ms + (((366)::numeric * 86400000.0))::double precision))));
alter table note add constraint note_text_check CHECK (((length(text) >= 1) AND (length(text) <= 1000)));
CREATE INDEX note_changed_idx ON public.note USING btree (changed_at);
CREATE UNIQUE INDEX note_key_key ON public.note USING btree (key) WHERE (removed_at IS NULL);
CREATE INDEX note_time_idx ON public.note USING btree (at_ms DESC, id DESC) WHERE (removed_at IS NULL);

create table outbox (
  id bigint not null generated always as identity,
  channel integer not null,
  event bigint not null,
  key text not null,
  group_key text not null,
  state text not null default 'waiting'::text,
  created_at timestamp with time zone not null default now(),
  due_at timestamp with time zone not null,
  leased_until timestamp with time zone,
  message text,
  attempts integer not null default 0,
  tries jsonb not null default '[]'::jsonb,
  sent_at timestamp with time zone
) with (fillfactor=70);
alter table outbox add constraint outbox_event_fkey FOREIGN KEY (event) REFERENCES alert_event(id) ON DELETE CASCADE;
alter table outbox add constraint outbox_key_key UNIQUE (key);
alter table outbox add constraint outbox_pkey PRIMARY KEY (id);
alter table outbox add constraint outbox_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'sent'::text, 'dead'::text])));
CREATE INDEX outbox_dead_idx ON public.outbox USING btree (id) WHERE (state = 'dead'::text);
CREATE INDEX outbox_due_idx ON public.outbox USING btree (channel, due_at) WHERE (state = ANY (ARRAY['waiting'::text, 'sending'::text]));
CREATE INDEX outbox_event_idx ON public.outbox USING btree (event);

create table outbox_group (
  channel integer not null,
  group_key text not null,
  sent_at timestamp with time zone not null
);
alter table outbox_group add constraint outbox_group_pkey PRIMARY KEY (channel, group_key);

create table person (
  id integer not null generated always as identity,
  name text not null,
  name_key text not null,
  role text not null,
  password_hash text not null,
  is_disabled boolean not null default false,
  created_at timestamp with time zone not null default now(),
  signed_in_at timestamp with time zone
);
alter table person add constraint person_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)));
alter table person add constraint person_name_key_key UNIQUE (name_key);
alter table person add constraint person_pkey PRIMARY KEY (id);
alter table person add constraint person_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'editor'::text, 'admin'::text])));
CREATE TRIGGER person_changed AFTER INSERT OR DELETE OR UPDATE OF name, name_key, role, password_hash, is_disabled ON public.person FOR EACH STATEMENT EXECUTE FUNCTION access_changed();

create table rule (
  id integer not null generated always as identity,
  name text not null,
  spec jsonb not null,
  is_enabled boolean not null default true,
  origin text not null,
  version integer not null default 1,
  created_at timestamp with time zone not null default now(),
  changed_at timestamp with time zone not null default clock_timestamp(),
  removed_at timestamp with time zone,
  default_name text
);
alter table rule add constraint rule_default_name_key UNIQUE (default_name);
alter table rule add constraint rule_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)));
alter table rule add constraint rule_origin_check CHECK ((origin = ANY (ARRAY['default'::text, 'api'::text, 'file'::text])));
alter table rule add constraint rule_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX rule_name_key ON public.rule USING btree (name) WHERE (removed_at IS NULL);

create table script_door (
  host integer not null,
  door text not null,
  problem text not null default ''::text,
  keys jsonb not null default '[]'::jsonb,
  reported_at timestamp with time zone not null default now()
);
alter table script_door add constraint script_door_door_check CHECK ((door = ANY (ARRAY['closed'::text, 'blocked'::text, 'open'::text])));
alter table script_door add constraint script_door_host_fkey FOREIGN KEY (host) REFERENCES host(id) ON DELETE CASCADE;
alter table script_door add constraint script_door_pkey PRIMARY KEY (host);

create table script_report (
  host integer not null,
  name text not null,
  version bigint not null,
  state text not null,
  ran_version bigint not null default 0,
  report jsonb not null,
  reported_at timestamp with time zone not null default now()
);
alter table script_report add constraint script_report_host_fkey FOREIGN KEY (host) REFERENCES host(id) ON DELETE CASCADE;
alter table script_report add constraint script_report_name_check CHECK ((length(name) <= 64));
alter table script_report add constraint script_report_pkey PRIMARY KEY (host, name);
CREATE INDEX script_report_name_idx ON public.script_report USING btree (name);

create table script_text (
  name text not null,
  version bigint not null,
  kind text not null,
  key text not null,
  text text not null,
  uploaded_by text not null default ''::text,
  uploaded_at timestamp with time zone not null default now(),
  removed_at timestamp with time zone,
  changed_at timestamp with time zone not null default clock_timestamp()
);
alter table script_text add constraint script_text_key_check CHECK (((length(key) >= 1) AND (length(key) <= 64)));
alter table script_text add constraint script_text_kind_check CHECK ((kind = ANY (ARRAY['script'::text, 'revocation'::text])));
alter table script_text add constraint script_text_name_check CHECK (((length(name) >= 1) AND (length(name) <= 64)));
alter table script_text add constraint script_text_pkey PRIMARY KEY (name, kind, version);
alter table script_text add constraint script_text_text_check CHECK (((length(text) >= 1) AND (length(text) <= 65536)));
alter table script_text add constraint script_text_version_check CHECK ((version > 0));
CREATE INDEX script_text_changed_idx ON public.script_text USING btree (changed_at);

create table session (
  id bigint not null generated always as identity,
  hash bytea not null,
  person integer not null,
  created_at timestamp with time zone not null default now(),
  used_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  address text not null default ''::text,
  user_agent text not null default ''::text
);
alter table session add constraint session_hash_check CHECK ((length(hash) = 32));
alter table session add constraint session_hash_key UNIQUE (hash);
alter table session add constraint session_person_fkey FOREIGN KEY (person) REFERENCES person(id) ON DELETE CASCADE;
alter table session add constraint session_pkey PRIMARY KEY (id);
CREATE INDEX session_person_idx ON public.session USING btree (person);
CREATE TRIGGER session_changed AFTER INSERT OR DELETE OR UPDATE OF hash, person, expires_at ON public.session FOR EACH STATEMENT EXECUTE FUNCTION access_changed();

create table silence (
  id integer not null generated always as identity,
  spec jsonb not null,
  until timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  removed_at timestamp with time zone
);
alter table silence add constraint silence_pkey PRIMARY KEY (id);

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
  used_at timestamp with time zone,
  is_rotation boolean not null default false,
  kept_at timestamp with time zone,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone
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

CREATE OR REPLACE FUNCTION public.access_changed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update access_mark set version = version + 1;
  return null;
end
$function$;

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

CREATE OR REPLACE FUNCTION public.change_password(of_person integer, seen_password_hash text, new_password_hash text, of_session bigint, new_hash bytea)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.claim_hub(of_name text, of_key text, of_password_hash text)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  made int;
begin
  perform from access_mark for update;
  if has_admin(null) then return null; end if;
  insert into person (name, name_key, role, password_hash) values (of_name, of_key, 'admin', of_password_hash)
  returning id into made;
  return made;
end
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

CREATE OR REPLACE FUNCTION public.edit_person(of_id integer, new_role text, new_disabled boolean, new_password_hash text)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.end_enrolment_uses()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update enrolment_use set is_over = true where agent_id = old.agent_id and not is_over;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.has_admin(beside integer)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (select from person p where p.role = 'admin' and not p.is_disabled and p.id is distinct from beside)
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

CREATE OR REPLACE FUNCTION public.open_session(of_person integer, seen_password_hash text, new_hash bytea, old_hash bytea, hours double precision, from_address text, by_user_agent text, sessions_max integer)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
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

CREATE OR REPLACE FUNCTION public.record_events(rows jsonb)
 RETURNS TABLE(key text, outcome text, alert bigint, seq bigint, phase text, is_told boolean)
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' and current_setting('pulsewire.tidies_audit', true) = 'on' and old.at < now() - interval '30 days' then
    return old;
  end if;
  if tg_op = 'TRUNCATE' and not exists (select from audit) then
    return null;
  end if;
  raise exception 'entries of the audit log are only added: % is refused', tg_op using errcode = '42501';
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

CREATE OR REPLACE FUNCTION public.remove_person(of_id integer)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  perform from access_mark for update;
  if not exists (select from person p where p.id = of_id) then return 'unknown'; end if;
  if not has_admin(of_id) and has_admin(null) then return 'last_admin'; end if;
  delete from person p where p.id = of_id;
  return 'done';
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
