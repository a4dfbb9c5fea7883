/** Which silence keeps an alert quiet, and which alerts a silence that is being made would. Pure. */
import type { Silence, SilenceSpec } from '#core/downtime.ts';
import { globsMatcherOf } from '#core/glob.ts';
import type { HostSelector, Severity } from '#core/rule-spec.ts';
import { hostMatcherOf, type SelectableHost, seriesMatcherOf } from '#core/selector.ts';

export interface SilencedSubject {
  /** null: the fleet as a whole. */
  readonly host: SelectableHost | null;
  readonly ruleName: string;
  readonly series: string;
  readonly severity: Severity;
}

type Matcher = (subject: SilencedSubject) => boolean;

/** Compiled once for each silence: rows ask again with each message. */
const matchers = new WeakMap<SilenceSpec, Matcher>();

/** The one that covers the alert now; of several the one that lasts longest. */
export function silenceOf(
  silences: readonly Silence[],
  subject: SilencedSubject & { readonly nowMs: number },
): Silence | null {
  let longest: Silence | null = null;
  for (const silence of silences) {
    if (silence.untilMs <= subject.nowMs || silence.untilMs <= (longest?.untilMs ?? 0)) continue;
    if (isSilencedBy(silence.spec, subject)) longest = silence;
  }
  return longest;
}

/** All that the silence says must hold, as in the hub. One that says nothing means nothing. */
export function isSilencedBy(spec: SilenceSpec, subject: SilencedSubject): boolean {
  let matcher = matchers.get(spec);
  if (matcher === undefined) {
    matcher = matcherOf(spec);
    matchers.set(spec, matcher);
  }
  return matcher(subject);
}

/** Whether it says anything; the hub refuses one that does not. */
export function hasMatchers({ hosts, rules, series, severities }: SilenceSpec): boolean {
  return rules.length + series.length + severities.length > 0 || !meansAnyHost(hosts);
}

export function meansAnyHost({ names, tags, notNames, notTags }: HostSelector): boolean {
  return names.length + notNames.length + Object.keys(tags).length + Object.keys(notTags).length === 0;
}

function matcherOf(spec: SilenceSpec): Matcher {
  const { hosts, rules, series, severities } = spec;
  if (!hasMatchers(spec)) return () => false;
  const isHost = hostMatcherOf(hosts);
  const isAnyHost = meansAnyHost(hosts);
  const isRule = rules.length === 0 ? () => true : globsMatcherOf(rules);
  const isSeries = series.length === 0 ? () => true : seriesMatcherOf({ patterns: series, labels: {} });
  return (subject) =>
    (severities.length === 0 || severities.includes(subject.severity)) &&
    isRule(subject.ruleName) &&
    isSeries(subject.series) &&
    (subject.host === null ? isAnyHost : isHost(subject.host));
}
