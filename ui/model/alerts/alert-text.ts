/** What is said of an alert in a row, a title or a sentence. Pure. */
import type { AlertDecision, Rule } from '#core/rule-spec.ts';
import { formatClock, formatDuration, formatMoment, formatValue, noValue, thinSpace } from '../format.ts';
import { durationText } from '../rules/duration-text.ts';
import { limitText } from '../rules/limit-text.ts';
import { intervalsText, recoveryWords, ruleSentence } from '../rules/rule-text.ts';
import type { AlertItem } from './alert-item.ts';

/** A percentage has its tenth here: 90.2 against a limit of 90 is not "90 %". */
export function alertValueText(value: number | null, unit: string): string {
  if (value === null || !Number.isFinite(value)) return noValue;
  if (unit !== 'percent') return formatValue(value, unit);
  const figure = Math.abs(value).toFixed(1);
  return `${value < 0 && figure !== '0.0' ? '\u2212' : ''}${figure}${thinSpace}%`;
}

/** What is wrong, in a word or a figure. `value` is the newest; `awayMs` how long nothing has come from the host. */
export function badText(item: AlertItem, { value, awayMs }: { value: number | null; awayMs: number | null }): string {
  switch (item.cause) {
    case 'limits':
      return alertValueText(value, item.unit);
    case 'silence':
      return item.phase === 'resolved' ? alertValueText(value, item.unit) : 'no value';
    case 'hostDown':
      return item.phase === 'resolved' || awayMs === null ? 'down' : formatDuration(awayMs);
    case 'massOutage':
      return 'outage';
    case 'clockSkew':
      return value === null ? noValue : formatDuration(Math.abs(value));
  }
}

/** "limit 20 ms", "limit 10 to 20 %"; '' where there is none, or none that is known. */
export function limitWords(item: AlertItem, rule: Rule | null): string {
  const { condition, cause, threshold, unit } = item;
  if (cause === 'limits') {
    if (condition?.kind === 'outside')
      return `limit ${limitText(condition.low, '')} to ${limitText(condition.high, unit)}`;
    return threshold === null ? '' : `limit ${limitText(threshold, unit)}`;
  }
  const subject = rule?.spec.subject;
  switch (subject?.kind) {
    case 'hostDown':
      return `limit ${durationText(subject.afterMs)}`;
    case 'clockSkew':
      return `limit ${durationText(subject.thresholdMs)}`;
    case 'silence':
      return `limit ${intervalsText(subject.intervals)}`;
    case 'series':
      return subject.noDataIntervals === null ? '' : `limit ${intervalsText(subject.noDataIntervals)}`;
    case undefined:
      return '';
  }
}

/** "Disk write latency on db-02"; of the fleet as a whole the rule alone. */
export function titleOf({ ruleName, hostTitle }: Pick<AlertItem, 'ruleName' | 'hostTitle'>): string {
  return hostTitle === '' ? ruleName : `${ruleName} on ${hostTitle}`;
}

/** What the rule says, and when it is good again: "CPU above 85 % for 2 m, clears at 75 % or below". */
export function ruleWords(item: AlertItem, rule: Rule): string {
  const { spec } = rule;
  const subject =
    spec.subject.kind === 'series' && item.condition !== null
      ? { ...spec.subject, condition: item.condition }
      : spec.subject;
  const clears = item.condition === null ? null : recoveryWords(item.condition, item.unit);
  const unit = item.input.kind === 'rate' || item.unit === '' ? undefined : item.unit;
  return `${ruleSentence({ ...spec, subject }, unit)}${clears === null ? '' : `, clears ${clears}`}`;
}

/** Why nobody was told, short; null when somebody was, or when it is not known. */
export function quietWords(decision: AlertDecision | null): string | null {
  switch (decision) {
    case 'downtime':
      return 'nobody told: downtime';
    case 'silenced':
      return 'nobody told: silenced';
    case 'hostDown':
      return 'nobody told: the host is down';
    case 'massOutage':
      return 'nobody told: part of an outage';
    case 'noChannel':
      return 'nobody told: no channel';
    case 'told':
    case 'unchanged':
    case 'note':
    case null:
      return null;
  }
}

/** How one that is over ended. */
export function endWords(item: AlertItem): string {
  if (item.acknowledged !== null) return `acknowledged by ${item.acknowledged.by}`;
  switch (item.resolvedWhy) {
    case 'gone':
      return 'series is gone';
    case 'disabled':
      return 'rule no longer judges it';
    case 'removed':
      return 'host was removed';
    case 'back':
      return 'host is back';
  }
  return 'recovered by itself';
}

/** "14:32" of today, else with its day: as short as it is clear. */
export function shortMoment(atMs: number, nowMs: number): string {
  return Math.abs(nowMs - atMs) < 20 * 3_600_000 ? formatClock(atMs).slice(0, 5) : formatMoment(atMs);
}

/** "4 critical, 2 warning, 2 acknowledged": what is there. */
export function firingSummary(items: readonly AlertItem[]): string {
  const count = (isMeant: (item: AlertItem) => boolean) => items.filter(isMeant).length;
  const parts = [
    [count(({ severity }) => severity === 'critical'), 'critical'],
    [count(({ severity }) => severity === 'warning'), 'warning'],
    [count(({ severity }) => severity === 'info'), 'info'],
    [count(({ isAcknowledged }) => isAcknowledged), 'acknowledged'],
    [count(({ silence }) => silence !== null), 'silenced'],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(', ');
}
