/** Facts beside an alert: what the rule says, who was told, who is next, how often it was so before. Pure. */
import type { Rule } from '#core/rule-spec.ts';
import type { AlertTrace, Notice } from '../../api/alerts.ts';
import type { SimilarAlerts } from '../../live/alert-case.ts';
import { formatClock, formatDuration } from '../format.ts';
import type { AlertItem } from './alert-item.ts';
import { alertValueText, quietWords, ruleWords, shortMoment } from './alert-text.ts';

export interface AlertFact {
  readonly name: string;
  readonly text: string;
  /** Quieter, behind it. */
  readonly note: string;
}

export interface AlertFacts {
  /** What the rule says; '' while it is not known, or when it is no more. */
  readonly rule: string;
  readonly lines: readonly AlertFact[];
  /** '' before it is known, and where nothing is. */
  readonly similar: string;
}

export interface FactsOf {
  readonly item: AlertItem;
  readonly rule: Rule | null;
  readonly trace: AlertTrace | null;
  readonly similar: SimilarAlerts | null;
  readonly nowMs: number;
}

export function alertFacts({ item, rule, trace, similar, nowMs }: FactsOf): AlertFacts {
  const lines: AlertFact[] = [];
  if (item.series !== '') lines.push({ name: 'Series', text: item.series, note: '' });
  if (trace !== null && trace.alert.value !== null && item.cause === 'limits')
    lines.push({
      name: 'Fired at',
      text: alertValueText(trace.alert.value, item.unit),
      note: formatClock(trace.alert.firedMs),
    });
  lines.push(...toldFacts(item, trace, nowMs));
  const acknowledged = item.acknowledged ?? trace?.alert.acknowledged ?? null;
  if (acknowledged !== null) {
    const said = acknowledged.comment === '' ? '' : `: \u201c${acknowledged.comment}\u201d`;
    lines.push({
      name: 'Acknowledged',
      text: `by ${acknowledged.by}${said}`,
      note: shortMoment(acknowledged.atMs, nowMs),
    });
  }
  // Nobody is told again, or further, of what nobody was told of.
  if (wasTold(item, trace)) {
    const escalates = escalationText({ item, rule, trace, nowMs });
    if (escalates !== '') lines.push({ name: 'Escalates', text: escalates, note: '' });
    const repeats = repeatText(item, rule, trace);
    if (repeats !== '') lines.push({ name: 'Reminds', text: repeats, note: '' });
  }
  return { rule: rule === null ? '' : ruleWords(item, rule), lines, similar: similarText(similar) };
}

function wasTold(item: AlertItem, trace: AlertTrace | null): boolean {
  if (trace === null) return quietWords(item.decision) === null;
  return trace.events.some(({ notices }) => notices.length > 0);
}

function toldFacts(item: AlertItem, trace: AlertTrace | null, nowMs: number): AlertFact[] {
  if (trace === null) {
    const quiet = quietWords(item.decision);
    return quiet === null ? [] : [{ name: 'Notified', text: quiet, note: '' }];
  }
  const told = trace.events.filter(({ notices }) => notices.length > 0);
  const first = told[0];
  if (first === undefined) return [{ name: 'Notified', text: 'nobody', note: 'the timeline says why' }];
  const names = [...new Set(told.flatMap(({ notices }) => notices.map(({ channel }) => channel)))];
  const note = `${shortMoment(first.atMs, nowMs)}, ${deliveryText(told.flatMap(({ notices }) => notices))}`;
  return [{ name: 'Notified', text: names.join(', '), note }];
}

/** How the notices fared: "both delivered", "1 of 2 delivered". */
function deliveryText(notices: readonly Notice[]): string {
  const sent = notices.filter(({ state }) => state === 'sent').length;
  if (sent < notices.length) {
    const dead = notices.filter(({ state }) => state === 'dead').length;
    return `${sent} of ${notices.length} delivered${dead > 0 ? `, ${dead} given up` : ''}`;
  }
  return notices.length === 1 ? 'delivered' : notices.length === 2 ? 'both delivered' : `all ${sent} delivered`;
}

/** Who is told next when nobody acknowledges, or that nobody is. */
function escalationText({ item, rule, trace, nowMs }: Omit<FactsOf, 'similar'>): string {
  const steps = rule?.spec.escalations ?? [];
  if (steps.length === 0 || item.phase !== 'firing') return '';
  if (item.isAcknowledged) return 'no longer: it is acknowledged';
  const done = trace?.alert.escalations ?? 0;
  const next = steps[done];
  if (next === undefined) return `no further: ${steps.at(-1)!.channels.join(', ')} has been told`;
  const firedMs = trace?.alert.firedMs ?? item.sinceMs;
  return `to ${next.channels.join(', ')} at ${shortMoment(firedMs + next.afterMs, nowMs)} if not acknowledged`;
}

function repeatText(item: AlertItem, rule: Rule | null, trace: AlertTrace | null): string {
  if (rule === null || item.phase !== 'firing' || item.isAcknowledged) return '';
  const { repeatMs } = rule.spec;
  if (repeatMs === null) return '';
  const repeats = trace?.alert.repeats ?? 0;
  const before = repeats === 0 ? '' : `, ${repeats === 1 ? 'once' : `${repeats} times`} so far`;
  return `every ${formatDuration(repeatMs)} until acknowledged${before}`;
}

function similarText(similar: SimilarAlerts | null): string {
  if (similar === null) return '';
  const { count, medianMs, hasMore, days } = similar;
  if (count <= 1 && !hasMore) return `the first in ${days} d`;
  const median = medianMs === null ? '' : `, median ${formatDuration(medianMs)}`;
  return `${count}${hasMore ? '+' : ''} times in ${days} d${median}.`;
}
