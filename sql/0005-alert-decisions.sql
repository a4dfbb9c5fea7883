-- Lists of alerts say of each whether people were told, which is what was decided last. An alert that is told again each
-- minute has many events.
create index alert_event_decision_idx on alert_event (alert, id desc) include (decision) where kind in ('fired', 'told');
