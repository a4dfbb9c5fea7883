/** Alerts, rules and silences for tests of what is made of them: each a whole one, with what a test changes. */
import type { Silence, SilenceSpec } from '#core/downtime.ts';
import type { AlertRow } from '#core/message.ts';
import { anyHost, type Rule, type RuleSpec } from '#core/rule-spec.ts';
import type { StoredAlert } from '../api/alerts.ts';
import { type AlertItem, type Joined, openItem } from '../model/alerts/alert-item.ts';

/** 18 Nov 2026, 14:31:57 UTC. */
export const nowMs = 1_795_012_317_000;
const minuteMs = 60_000;

export function alertRow(change: Partial<AlertRow> = {}): AlertRow {
  return {
    ruleId: 3,
    hostId: 1,
    series: 'disk_write_latency_ms{device="vda"}',
    phase: 'firing',
    alertId: 7,
    ruleName: 'Disk write latency',
    severity: 'critical',
    cause: 'limits',
    sinceMs: nowMs - 10 * minuteMs,
    value: 48.2,
    message: 'db-02: disk_write_latency_ms{device="vda"} is 48.2 ms (above 20 ms for 2 min)',
    decision: 'told',
    isAcknowledged: false,
    ...change,
  };
}

export function storedAlert(change: Partial<StoredAlert> = {}): StoredAlert {
  const { ruleId, hostId, series, ruleName, severity, cause, message, value } = alertRow();
  return {
    ...{ id: 7, ruleId, hostId, series, ruleName, severity, cause, message, value, host: 'db-02' },
    ...{ condition: 'above 20', threshold: 20, unit: 'ms', firedMs: nowMs - 10 * minuteMs },
    ...{ resolvedMs: null, resolvedValue: null, resolvedWhy: '', acknowledged: null, repeats: 0, escalations: 0 },
    ...change,
  };
}

export function ruleOf(change: Partial<RuleSpec> = {}): Rule {
  const spec: RuleSpec = {
    subject: {
      kind: 'series',
      series: { patterns: ['disk_write_latency_ms'], labels: {} },
      input: { kind: 'value' },
      condition: { kind: 'above', threshold: 20, recovery: 12 },
      noDataIntervals: null,
    },
    ...{ hosts: anyHost, forMs: 2 * minuteMs, keepFiringMs: minuteMs, severity: 'critical', summary: '', message: '' },
    ...{ channels: null, groupBy: [], repeatMs: null, escalations: [], overrides: [] },
    ...change,
  };
  const kept = { isEnabled: true, origin: 'api', version: 1, createdMs: 0, changedMs: 0 } as const;
  return { id: 3, name: 'Disk write latency', spec, ...kept };
}

export function silence(change: Partial<SilenceSpec>, untilMs = nowMs + 60 * minuteMs): Silence {
  const spec = { hosts: anyHost, rules: [], series: [], severities: [], author: 'ann', comment: '', ...change };
  return { id: 4, spec, untilMs, createdMs: nowMs - minuteMs };
}

/** One host, db-02, with the rule above. */
export function joinedWith(change: Partial<Joined> = {}): Joined {
  return {
    stored: new Map(),
    rules: new Map([[3, ruleOf()]]),
    silences: [],
    nowMs,
    host: (hostId) => (hostId === 1 ? { name: 'db-02', title: 'Postgres', tags: { role: 'db', env: 'prod' } } : null),
    ...change,
  };
}

export function alertItem(change: Partial<AlertItem> = {}): AlertItem {
  return { ...openItem(alertRow(), joinedWith()), ...change };
}
