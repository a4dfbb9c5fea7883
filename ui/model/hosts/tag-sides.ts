/**
 * A host's tags have two sides: what its agent says, and what people said, which wins and stays; a null of theirs hides
 * the agent's. Here is what of people's side changes when a tag is set or taken away. Pure.
 */
import { compareNames } from '../names.ts';

export interface HostTags {
  readonly agentTags: Readonly<Record<string, string>>;
  readonly peopleTags: Readonly<Record<string, string | null>>;
}

type PeopleTags = HostTags['peopleTags'];

export interface ShownTag {
  readonly name: string;
  readonly value: string;
  readonly from: 'agent' | 'people';
  /** What the agent says of a tag that people have changed; null: it says nothing, or the same. */
  readonly agentValue: string | null;
}

/** As they are shown, by name. */
export function shownTags({ agentTags, peopleTags }: HostTags): readonly ShownTag[] {
  const names = new Set([...Object.keys(agentTags), ...Object.keys(peopleTags)]);
  return [...names].sort(compareNames).flatMap((name): ShownTag[] => {
    const agentValue = ownOf(agentTags, name);
    const value = ownOf(peopleTags, name);
    if (value === undefined)
      return agentValue === undefined ? [] : [{ name, value: agentValue, from: 'agent', agentValue: null }];
    if (value === null) return [];
    return [
      { name, value, from: 'people', agentValue: agentValue === undefined || agentValue === value ? null : agentValue },
    ];
  });
}

/** Tags of the agent that people have hidden, by name. */
export function hiddenTags({
  agentTags,
  peopleTags,
}: HostTags): readonly { readonly name: string; readonly value: string }[] {
  return Object.keys(peopleTags)
    .filter((name) => peopleTags[name] === null && ownOf(agentTags, name) !== undefined)
    .sort(compareNames)
    .map((name) => ({ name, value: agentTags[name] ?? '' }));
}

/** People's side with a tag set. What the agent says all the same is not said again, so that it may follow the agent. */
export function withTag({ agentTags, peopleTags }: HostTags, name: string, value: string): PeopleTags {
  const rest = without(peopleTags, name);
  return ownOf(agentTags, name) === value ? rest : { ...rest, [name]: value };
}

/** People's side with a tag taken away; one that the agent says is hidden. */
export function withoutTag({ agentTags, peopleTags }: HostTags, name: string): PeopleTags {
  const rest = without(peopleTags, name);
  return ownOf(agentTags, name) === undefined ? rest : { ...rest, [name]: null };
}

/** People's side without a word about a tag: it is what the agent says. */
export function withAgentTag({ peopleTags }: HostTags, name: string): PeopleTags {
  return without(peopleTags, name);
}

function without(peopleTags: PeopleTags, name: string): PeopleTags {
  return Object.fromEntries(Object.entries(peopleTags).filter(([each]) => each !== name));
}

function ownOf<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Of a text such as "env=prod"; null when it is none. */
export function parseTag(text: string): { readonly name: string; readonly value: string } | null {
  const at = text.indexOf('=');
  const name = text.slice(0, at).trim();
  return at < 1 || name === '' ? null : { name, value: text.slice(at + 1).trim() };
}
