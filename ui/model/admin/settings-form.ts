/**
 * The form of an agent's settings: texts as they are typed, and what they come to. The same schema judges them that hub and
 * agent judge by, so that nothing is sent that would be refused. Pure.
 */
import { type AgentSettings, type AgentSettingsJson, emptySettings, parseSettings } from '#core/agent-settings.ts';

export type CollectorChoice = 'own' | 'on' | 'off';

export interface CollectorDraft {
  readonly choice: CollectorChoice;
  /** Ticks; empty: its own pace. */
  readonly every: string;
}

export interface SettingsDraft {
  /** Seconds; empty: the agent's own. */
  readonly interval: string;
  /** MiB; empty: the agent's own. */
  readonly spool: string;
  readonly collectors: Readonly<Record<string, CollectorDraft>>;
  /** A pattern and a number of ticks in each line. */
  readonly metrics: string;
  /** name=value in each line. */
  readonly tags: string;
}

export type Judged =
  | { readonly kind: 'settings'; readonly json: AgentSettingsJson }
  /** By place: `interval`, `spool`, `collectors.<name>`, `metrics`, `tags`. */
  | { readonly kind: 'wrong'; readonly problems: ReadonlyMap<string, string> };

const MiB = 1024 * 1024;
const ownCollector: CollectorDraft = { choice: 'own', every: '' };

export const emptyDraft: SettingsDraft = draftOf(emptySettings, []);

/** A row for each collector that the agent has, or that something is said of. */
export function draftOf(settings: AgentSettings, collectorNames: readonly string[]): SettingsDraft {
  const names = [...new Set([...collectorNames, ...Object.keys(settings.collectors)])];
  return {
    interval: settings.intervalMs === null ? '' : String(settings.intervalMs / 1_000),
    spool: settings.spoolBytes === null ? '' : String(settings.spoolBytes / MiB),
    collectors: Object.fromEntries(
      names.map((name) => {
        const { isOn, every } = settings.collectors[name] ?? { isOn: null, every: null };
        const choice = isOn === null ? 'own' : isOn ? 'on' : 'off';
        return [name, { choice, every: every === null ? '' : String(every) } satisfies CollectorDraft];
      }),
    ),
    metrics: settings.metrics.map(({ pattern, every }) => `${pattern} ${every}`).join('\n'),
    tags: Object.entries(settings.tags)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  };
}

export function withCollector(draft: SettingsDraft, name: string, change: Partial<CollectorDraft>): SettingsDraft {
  const before = draft.collectors[name] ?? ownCollector;
  return { ...draft, collectors: { ...draft.collectors, [name]: { ...before, ...change } } };
}

export function isSameDraft(one: SettingsDraft, other: SettingsDraft): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What is to be sent, or what is wrong and where. */
export function judgeDraft(draft: SettingsDraft): Judged {
  const problems = new Map<string, string>();
  const note = (place: string, problem: string) => {
    if (!problems.has(place)) problems.set(place, problem);
  };
  const content: Record<string, unknown> = {};
  if (draft.interval.trim() !== '') content['interval'] = numberOf(draft.interval);
  if (draft.spool.trim() !== '') content['spool_bytes'] = Math.round(numberOf(draft.spool) * MiB);
  const collectors = Object.entries(draft.collectors).flatMap(([name, { choice, every }]) => {
    const collector = {
      ...(choice === 'own' ? {} : { enabled: choice === 'on' }),
      ...(every.trim() === '' ? {} : { every: numberOf(every) }),
    };
    return Object.keys(collector).length === 0 ? [] : [[name, collector] as const];
  });
  if (collectors.length > 0) content['collectors'] = Object.fromEntries(collectors);
  const metrics = linesOf(draft.metrics).map((line) => {
    const [, pattern = line, every = ''] = /^(.*\S)\s+(\S+)$/.exec(line) ?? [];
    return { pattern, every: numberOf(every) };
  });
  if (metrics.length > 0) content['metrics'] = metrics;
  const tags = new Map<string, string>();
  for (const line of linesOf(draft.tags)) {
    const at = line.indexOf('=');
    if (at < 1) note('tags', `A tag is a name and a value, as in site=north: got "${line.slice(0, 60)}".`);
    else if (tags.has(line.slice(0, at).trim())) note('tags', `A tag has one value: got ${line.slice(0, at)} twice.`);
    else tags.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  if (tags.size > 0) content['tags'] = Object.fromEntries(tags);

  const parsed = parseSettings(content);
  if (parsed.kind === 'refused') for (const problem of parsed.problems) note(placeOf(problem), sentenceOf(problem));
  return problems.size > 0 ? { kind: 'wrong', problems } : { kind: 'settings', json: content as AgentSettingsJson };
}

/** The field of the form that a problem belongs to. */
function placeOf(problem: string): string {
  const [key = '', name = ''] = problem.slice(0, problem.indexOf(':')).split('.');
  if (key === 'spool_bytes') return 'spool';
  return key === 'collectors' && name !== '' ? `collectors.${name}` : key;
}

const words: ReadonlyMap<string, string> = new Map([
  ['interval', 'Seconds between 0.1 and 3600 are wanted, in whole milliseconds'],
  ['spool', 'MiB between 1 and 4,194,304 are wanted'],
]);

function sentenceOf(problem: string): string {
  const place = placeOf(problem);
  const [, rest = problem] = /^[^:]*: (.*)$/s.exec(problem) ?? [];
  const got = /: got (.*)$/s.exec(rest)?.[1] ?? '';
  const known = words.get(place);
  if (known !== undefined) return `${known}.`;
  if (place === 'metrics') return `A pattern and a number of ticks are wanted, as in disk_* 10: got ${got}.`;
  if (place.startsWith('collectors.')) return 'A whole number of ticks between 1 and 86,400 is wanted.';
  return `${rest.slice(0, 1).toUpperCase()}${rest.slice(1)}.`;
}

/** NaN for what is no number, which the schema refuses. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text.trim());
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
