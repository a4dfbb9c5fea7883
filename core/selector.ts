/**
 * Which hosts and which series a rule, a downtime or a silence means. A selector is compiled once; what comes out is
 * asked for each host that appears and each series of a new layout, so that a host added tomorrow is covered.
 *
 * Selectors, names and tags are hostile text: matching takes time at most in proportion to text × patterns.
 */
import { globMatcherOf, globsMatcherOf, type TextMatcher } from './glob.ts';
import type { HostSelector, SeriesSelector } from './rule-spec.ts';
import { parseSeriesKey } from './series.ts';
import { matcherOf, nameOfKey, type SeriesMatcher } from './series-pattern.ts';

/** What is known of a host by which it can be chosen. */
export interface SelectableHost {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

export type HostMatcher = (host: SelectableHost) => boolean;

/** Without names any host is meant, without tags whatever its tags are. A tag that a host has not is never meant. */
export function hostMatcherOf(selector: HostSelector): HostMatcher {
  const isNamed = selector.names.length === 0 ? null : globsMatcherOf(selector.names);
  const isLeftOut = globsMatcherOf(selector.notNames);
  const tags = pairMatchersOf(selector.tags);
  const notTags = pairMatchersOf(selector.notTags);
  return (host) =>
    (isNamed === null || isNamed(host.name)) &&
    !isLeftOut(host.name) &&
    tags.every((tag) => hasPair(host.tags, tag)) &&
    !notTags.some((tag) => hasPair(host.tags, tag));
}

/**
 * Without patterns any series is meant, without labels whatever its labels are. A pattern is a canonical key, a name
 * (every label set of it) or a glob of either. What is no canonical key has no labels.
 */
export function seriesMatcherOf(selector: SeriesSelector): SeriesMatcher {
  const isMeant = selector.patterns.length === 0 ? null : matcherOf(selector.patterns);
  const names = new Set(selector.patterns);
  const labels = pairMatchersOf(selector.labels);
  return (key) => {
    if (isMeant !== null && !isMeant(key) && !names.has(nameOfKey(key))) return false;
    if (labels.length === 0) return true;
    const parsed = parseSeriesKey(key);
    return parsed !== null && labels.every((label) => hasPair(parsed.labels, label));
  };
}

interface PairMatcher {
  readonly name: string;
  readonly isMeant: TextMatcher;
}

function pairMatchersOf(pairs: Readonly<Record<string, string>>): readonly PairMatcher[] {
  return Object.entries(pairs).map(([name, value]) => ({ name, isMeant: globMatcherOf(value) }));
}

function hasPair(pairs: Readonly<Record<string, string>>, { name, isMeant }: PairMatcher): boolean {
  return Object.hasOwn(pairs, name) && isMeant(pairs[name]!);
}
