/**
 * What a rule says, as one sentence for people: "CPU above 85 % for 2 m". Everything that shows a rule says it with
 * these words. Pure.
 */
import type { HostSelector, RuleCondition, RuleInput, RuleSpec, RuleSubject, SeriesSelector } from '#core/rule-spec.ts';
import { durationText } from './duration-text.ts';
import { limitText } from './limit-text.ts';
import { metricTitles, unitOfPatterns } from './metric-title.ts';

/** Metric, comparison, limit, hold. `unit` of the series when it is known better than its name tells. */
export function ruleSentence({ subject, forMs }: Pick<RuleSpec, 'subject' | 'forMs'>, unit?: string): string {
  const hold = forMs > 0 ? ` for ${durationText(forMs)}` : '';
  switch (subject.kind) {
    case 'series': {
      const what = `${seriesTitle(subject.series)}${inputText(subject.input)}`;
      const limits = conditionWords(subject.condition, comparedUnit(subject, unit));
      const silent =
        subject.noDataIntervals === null ? '' : `, or no value for ${intervalsText(subject.noDataIntervals)}`;
      return `${what} ${limits}${hold}${silent}`;
    }
    case 'silence':
      return `No value of ${seriesTitle(subject.series)} for ${intervalsText(subject.intervals)}${hold}`;
    case 'hostDown':
      return `Host away for ${durationText(subject.afterMs + forMs)}`;
    case 'clockSkew':
      return `Clock more than ${durationText(subject.thresholdMs)} off${hold}`;
  }
}

/** "above 85 %", "outside 10 to 20 %". */
export function conditionWords(condition: RuleCondition, unit: string): string {
  if (condition.kind !== 'outside') return `${condition.kind} ${limitText(condition.threshold, unit)}`;
  return `outside ${limitText(condition.low, unit)} to ${limitText(condition.high, unit)}`;
}

/** When it is good again: "at 75 % or below"; null when as soon as it is not bad. */
export function recoveryWords(condition: RuleCondition, unit: string): string | null {
  if (condition.kind === 'outside') {
    const { recoveryLow, recoveryHigh, low, high } = condition;
    if (recoveryLow === null && recoveryHigh === null) return null;
    return `inside ${limitText(recoveryLow ?? low, unit)} to ${limitText(recoveryHigh ?? high, unit)}`;
  }
  if (condition.recovery === null || condition.recovery === condition.threshold) return null;
  return `at ${limitText(condition.recovery, unit)} or ${condition.kind === 'above' ? 'below' : 'above'}`;
}

/** Unit of what is compared with the limits: that of the series, of a rate per second. '' when it is not known. */
export function comparedUnit(subject: RuleSubject, unit?: string): string {
  if (subject.kind !== 'series') return '';
  const own = unit ?? unitOfPatterns(subject.series.patterns);
  if (subject.input.kind !== 'rate' || own === '') return own;
  return own === '1' ? '1/s' : `${own}/s`;
}

/** Which hosts a selector means: "every host", "web-*, role=db". */
export function hostsText({ names, tags, notNames, notTags }: HostSelector): string {
  const meant = [...names, ...pairTexts(tags)];
  const left = [...notNames, ...pairTexts(notTags)];
  const who = meant.length === 0 ? 'every host' : meant.join(', ');
  return left.length === 0 ? who : `${who}, not ${left.join(', ')}`;
}

function pairTexts(pairs: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(pairs).map(([name, value]) => `${name}=${value}`);
}

function seriesTitle({ patterns, labels }: SeriesSelector): string {
  const where = pairTexts(labels).join(', ');
  const what = patterns.length === 0 ? 'any series' : metricTitles(patterns);
  return where === '' ? what : `${what} (${where})`;
}

function inputText(input: RuleInput): string {
  switch (input.kind) {
    case 'value':
      return '';
    case 'average':
      return `, average of ${durationText(input.windowMs)},`;
    case 'rate':
      return `, change over ${durationText(input.windowMs)},`;
  }
}

export function intervalsText(intervals: number): string {
  return intervals === 1 ? '1 interval' : `${intervals} intervals`;
}
