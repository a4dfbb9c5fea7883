/**
 * What the audit log says of definitions: which hosts, rules and series a downtime or silence meant, from when to when, and what
 * a rule or note was before it went. Times are text, as people read them. Pure.
 *
 * A detail that is too long is left out as a whole (`audit-row.ts`), so nothing here is: lists are cut, each by itself, and
 * what means most hosts comes first, so that no list of a thousand names hides the "*" behind them.
 */
import type { DowntimeSpec, Schedule, SilenceSpec } from '#core/downtime.ts';
import type { NoteDraft } from '#core/note.ts';
import type { HostSelector } from '#core/rule-spec.ts';
import type { HostIdentity } from '../registry.ts';
import type { RuleDraft } from '../store/alerts/rules.ts';

export type AuditDetail = Readonly<Record<string, unknown>>;

/** Of one list: a change shows two definitions with six of them each, all characters escaped, within 8,000. */
const listCharactersMax = 200;
const listItemsMax = 20;
const textCharactersMax = 200;

export function downtimeDetail({ hosts, schedule, reason }: DowntimeSpec): AuditDetail {
  return { hosts: hostsDetail(hosts), ...scheduleDetail(schedule), ...textDetail('reason', reason) };
}

/** `start`: when it was made, epoch ms. */
export function silenceDetail(
  { hosts, rules, series, severities, comment }: SilenceSpec,
  { startMs, untilMs }: { readonly startMs: number; readonly untilMs: number },
): AuditDetail {
  return {
    ...{ hosts: hostsDetail(hosts), start: timeText(startMs), end: timeText(untilMs) },
    ...listDetail('rules', rules),
    ...listDetail('series', series),
    ...listDetail('severities', severities),
    ...textDetail('comment', comment),
  };
}

export function ruleDetail({ spec, isEnabled }: Omit<RuleDraft, 'name'>): AuditDetail {
  const { hosts, subject, severity, forMs, overrides } = spec;
  const series = 'series' in subject ? subject.series : { patterns: [], labels: {} };
  const condition = 'condition' in subject ? { condition: subject.condition } : {};
  return {
    ...{ hosts: hostsDetail(hosts), enabled: isEnabled, kind: subject.kind, severity, for: forMs / 1_000 },
    ...listDetail('series', series.patterns),
    ...listDetail('labels', pairs(series.labels)),
    ...condition,
    ...(overrides.length === 0 ? {} : { overrides: overrides.length }),
  };
}

export function noteDetail({ atMs, untilMs, hosts, text, author }: NoteDraft): AuditDetail {
  return {
    ...{ hosts: hostsDetail(hosts), start: timeText(atMs), end: untilMs === null ? null : timeText(untilMs) },
    ...textDetail('text', text),
    ...textDetail('author', author),
  };
}

export function hostDetail({ hostId, alias, kind, tags, createdMs }: HostIdentity): AuditDetail {
  return {
    ...{ id: hostId, kind, first_seen: timeText(createdMs) },
    ...textDetail('alias', alias),
    ...listDetail('tags', pairs(tags)),
  };
}

/** The hosts in one line: "web-*, tag role=db, not web-3". */
export function hostsText({ names, tags, notNames, notTags }: HostSelector): string {
  const parts = [
    ...bounded(names),
    ...bounded(pairs(tags)).map((pair) => `tag ${pair}`),
    ...bounded(notNames).map((name) => `not ${name}`),
    ...bounded(pairs(notTags)).map((pair) => `not tag ${pair}`),
  ];
  return parts.length === 0 ? 'all hosts' : parts.join(', ');
}

/** What a silence is known by: it has no name. */
export function silenceText({ hosts, rules, series, severities }: SilenceSpec): string {
  const parts = [...bounded(rules), ...bounded(series), ...severities];
  return `${parts.length === 0 ? 'all rules' : parts.join(', ')} on ${hostsText(hosts)}`;
}

function hostsDetail({ names, tags, notNames, notTags }: HostSelector): AuditDetail | 'all' {
  const detail = {
    ...listDetail('names', names),
    ...listDetail('tags', pairs(tags)),
    ...listDetail('not_names', notNames),
    ...listDetail('not_tags', pairs(notTags)),
  };
  return Object.keys(detail).length === 0 ? 'all' : detail;
}

function scheduleDetail(schedule: Schedule): AuditDetail {
  if (schedule.kind === 'once') return { start: timeText(schedule.startMs), end: timeText(schedule.endMs) };
  const { start, rule, durationMs, zone } = schedule;
  return { start, duration: durationMs / 1_000, rule: cut(rule), zone };
}

function listDetail(name: string, items: readonly string[]): AuditDetail {
  return items.length === 0 ? {} : { [name]: bounded(items) };
}

function textDetail(name: string, text: string): AuditDetail {
  return text === '' ? {} : { [name]: cut(text) };
}

/** Globs, then the short ones, as long as there is room; then how many more there are. */
function bounded(items: readonly string[]): string[] {
  const sorted = items.toSorted((a, b) => Number(b.includes('*')) - Number(a.includes('*')) || a.length - b.length);
  const kept: string[] = [];
  let room = listCharactersMax;
  for (const item of sorted.slice(0, listItemsMax)) {
    const shown = cut(item);
    if (shown.length > room) break;
    room -= shown.length;
    kept.push(shown);
  }
  const more = items.length - kept.length;
  return more === 0 ? kept : [...kept, `… and ${more} more`];
}

function pairs(tags: Readonly<Record<string, string>>): string[] {
  return Object.entries(tags).map(([name, value]) => `${name}=${value}`);
}

function cut(text: string): string {
  return text.length <= textCharactersMax ? text : `${text.slice(0, textCharactersMax - 1)}…`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
