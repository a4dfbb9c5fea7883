/**
 * Selectors of hosts between the JSON of REST and `HostSelector`, as rules, downtimes, silences and notes have them.
 */
import type { HostSelector } from '#core/rule-spec.ts';
import { fieldsOf, textRecordOf, textsOf } from './parse.ts';

/** Read leniently: what is missing means nothing in particular. */
export function parseSelector(value: unknown): HostSelector {
  const fields = fieldsOf(value);
  return {
    names: textsOf(fields.get('names')),
    tags: textRecordOf(fields.get('tags')),
    notNames: textsOf(fields.get('not_names')),
    notTags: textRecordOf(fields.get('not_tags')),
  };
}

export function selectorJsonOf({ names, tags, notNames, notTags }: HostSelector): Readonly<Record<string, unknown>> {
  return { names, tags, not_names: notNames, not_tags: notTags };
}
