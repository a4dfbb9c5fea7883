/** A silence that is being made: what it would mean, and until when. Pure. */
import type { SilenceSpec } from '#core/downtime.ts';
import { anyHost } from '#core/rule-spec.ts';
import { hostsText } from '../rules/rule-text.ts';
import type { AlertItem } from './alert-item.ts';
import { hasMatchers, isSilencedBy, meansAnyHost } from './silence-match.ts';

const hourMs = 3_600_000;

export const silenceSpans = [
  { id: '1h', title: '1 h', spanMs: hourMs },
  { id: '4h', title: '4 h', spanMs: 4 * hourMs },
  { id: '1d', title: '1 d', spanMs: 24 * hourMs },
] as const;

/** This one alert: its rule, on its host, on its series. */
export function silenceOfAlert(item: AlertItem | null): SilenceSpec {
  const blank = { hosts: anyHost, rules: [], series: [], severities: [], author: '', comment: '' };
  if (item === null) return blank;
  return {
    ...blank,
    hosts: item.host === '' ? anyHost : { ...anyHost, names: [item.host] },
    rules: [item.ruleName],
    series: item.series === '' ? [] : [item.series],
  };
}

/** Open alerts that it would keep quiet. */
export function silencedItems(items: readonly AlertItem[], spec: SilenceSpec): readonly AlertItem[] {
  return items.filter(({ host, tags, ruleName, series, severity }) =>
    isSilencedBy(spec, { host: host === '' ? null : { name: host, tags }, ruleName, series, severity }),
  );
}

/** What it means, in the words of its list: "CPU high on web-*, role=web". */
export function silenceWords({ hosts, rules, series, severities }: SilenceSpec): string {
  const level = severities.length === 0 ? '' : `${severities.join(' and ')} alerts`;
  const what = rules.length > 0 ? rules.join(', ') : level === '' ? 'Every rule' : '';
  const where = meansAnyHost(hosts) ? 'every host' : hostsText(hosts);
  const which = series.length === 0 ? '' : ` (${series.join(', ')})`;
  const words = [what, what !== '' && level !== '' ? `, ${level}` : level, ` on ${where}`, which].join('');
  return words[0]!.toUpperCase() + words.slice(1);
}

/** Problems by field; empty when it can be made. */
export function silenceProblems(
  spec: SilenceSpec,
  { untilMs, nowMs }: { readonly untilMs: number | null; readonly nowMs: number },
): Readonly<Partial<Record<'matchers' | 'until' | 'author', string>>> {
  return {
    ...(hasMatchers(spec)
      ? {}
      : { matchers: 'Say a rule, hosts, a series or a severity: a silence of everything hides outages.' }),
    ...(untilMs === null || untilMs <= nowMs ? { until: 'Choose a time to come.' } : {}),
    ...(spec.author.trim() === '' ? { author: 'Say who you are, so that others know whom to ask.' } : {}),
  };
}
