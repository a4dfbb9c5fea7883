/**
 * Host selectors as people make them, chip by chip: `web-01`, `web-*`, `role=web`; each wanted or left out. Pure.
 */
import type { HostSelector } from '#core/rule-spec.ts';
import { hostMatcherOf, type SelectableHost } from '#core/selector.ts';
import { compareNames } from './names.ts';

export interface SelectorChip {
  /** `name`, or `tag=value`. */
  readonly text: string;
  readonly isLeftOut: boolean;
}

/** Tags first, then names, then what is left out. */
export function chipsOf(selector: HostSelector): readonly SelectorChip[] {
  const pairs = (tags: Readonly<Record<string, string>>) =>
    Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return [
    ...[...pairs(selector.tags), ...selector.names].map((text) => ({ text, isLeftOut: false })),
    ...[...pairs(selector.notTags), ...selector.notNames].map((text) => ({ text, isLeftOut: true })),
  ];
}

/** The selector with one more chip. A tag that is there already gets the new value: a host has one of each. */
export function withChip(selector: HostSelector, { text, isLeftOut }: SelectorChip): HostSelector {
  const at = text.indexOf('=');
  if (at > 0) {
    const pair = { [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
    return isLeftOut
      ? { ...selector, notTags: { ...selector.notTags, ...pair } }
      : { ...selector, tags: { ...selector.tags, ...pair } };
  }
  const field = isLeftOut ? 'notNames' : 'names';
  return selector[field].includes(text) ? selector : { ...selector, [field]: [...selector[field], text] };
}

export function withoutChip(selector: HostSelector, { text, isLeftOut }: SelectorChip): HostSelector {
  const tags = isLeftOut ? 'notTags' : 'tags';
  const names = isLeftOut ? 'notNames' : 'names';
  const left = Object.entries(selector[tags]).filter(([key, value]) => `${key}=${value}` !== text);
  return {
    ...selector,
    [tags]: Object.fromEntries(left),
    [names]: selector[names].filter((name) => name !== text),
  };
}

/** Hosts that are meant now, by name. */
export function matchingHosts<Host extends SelectableHost>(
  hosts: readonly Host[],
  selector: HostSelector,
): readonly Host[] {
  return hosts.filter(hostMatcherOf(selector)).sort((a, b) => compareNames(a.name, b.name));
}

/** "web-01, web-02 and 12 more". */
export function namesText(hosts: readonly SelectableHost[], shownMax: number): string {
  const shown = hosts.slice(0, shownMax).map(({ name }) => name);
  const left = hosts.length - shown.length;
  return left > 0 ? `${shown.join(', ')} and ${left} more` : shown.join(', ');
}

/** A selector in words, for lists: "all hosts", "role=db env=prod, not db-09". */
export function selectorText(selector: HostSelector): string {
  const chips = chipsOf(selector);
  const wanted = chips.filter(({ isLeftOut }) => !isLeftOut).map(({ text }) => text);
  const leftOut = chips.filter(({ isLeftOut }) => isLeftOut).map(({ text }) => text);
  const what = wanted.length === 0 ? 'all hosts' : wanted.join(' ');
  return leftOut.length === 0 ? what : `${what}, not ${leftOut.join(' ')}`;
}
