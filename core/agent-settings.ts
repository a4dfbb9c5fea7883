/**
 * What a hub may set at an agent: one schema for the hub that keeps it, the agent that applies it, and the page that edits it. Pure.
 *
 * Settings are sparse: what they leave out is the agent's own. Three layers lie over each other: the agent's defaults,
 * what the hub wants, and what the agent's local file says; the last one wins and is called *pinned*. What comes of them is
 * *effective*, and has the same form with nothing left out.
 *
 * The JSON is one and the same in REST, on the wire, in the database and in the agent's folder:
 * `{"interval": 1, "collectors": {"disk": {"enabled": false}, "tcp": {"every": 30}}, "metrics": [{"pattern": "disk_*", "every": 10}],
 * "tags": {"role": "db"}, "spool_bytes": 268435456}`. Times are seconds, `every` counts ticks. Each side refuses what is not
 * so, whole: nobody applies half of what somebody meant.
 */
import { seriesEveryMax, spoolBytesMin, tagsPerSideMax, tickIntervalMsMax, tickIntervalMsMin } from './limits.ts';
import { seriesMatcherOf } from './selector.ts';
import { cleanLabelValue, isLabelName } from './series.ts';

export interface CollectorSettings {
  /** null: as the agent has it. */
  readonly isOn: boolean | null;
  /** Runs at each so many-th tick; null: at the collector's own pace. */
  readonly every: number | null;
}

/** Series by canonical key, name, or glob of either: a value at most each so many-th tick. The first that means a series counts. */
export interface MetricSettings {
  readonly pattern: string;
  readonly every: number;
}

export interface AgentSettings {
  /** null: the agent's own. */
  readonly intervalMs: number | null;
  /** By name of the collector. */
  readonly collectors: Readonly<Record<string, CollectorSettings>>;
  readonly metrics: readonly MetricSettings[];
  /** Become tags that the agent says; those of people win over them. */
  readonly tags: Readonly<Record<string, string>>;
  /** null: the agent's own. */
  readonly spoolBytes: number | null;
}

/** As it stands in JSON. */
export interface AgentSettingsJson {
  interval?: number;
  collectors?: Record<string, { enabled?: boolean; every?: number }>;
  metrics?: { pattern: string; every: number }[];
  tags?: Record<string, string>;
  spool_bytes?: number;
}

export const settingsStates = ['applied', 'failed', 'forbidden'] as const;
/** What an agent made of the settings it was sent: in force; refused with a reason, the ones before go on; its local file takes none. */
export type SettingsState = (typeof settingsStates)[number];

export interface SettingsBounds {
  readonly collectorsMax: number;
  readonly metricsMax: number;
  readonly tagsMax: number;
  readonly spoolBytesMax: number;
  /** Of the JSON as text. */
  readonly charactersMax: number;
}

/** Of what a hub may want. A pattern is compared with each new series once; beyond 4 TiB of spool a number is a slip of the hand. */
export const settingsBounds: SettingsBounds = {
  collectorsMax: 64,
  metricsMax: 64,
  tagsMax: tagsPerSideMax / 2,
  spoolBytesMax: 2 ** 42,
  charactersMax: 16 * 1024,
};
/** Of what comes of it at an agent, with its own and its local file's. */
export const effectiveBounds: SettingsBounds = {
  collectorsMax: 128,
  metricsMax: 128,
  tagsMax: tagsPerSideMax,
  spoolBytesMax: Number.MAX_SAFE_INTEGER,
  charactersMax: 48 * 1024,
};
export const metricPatternCharactersMax = 200;
const collectorName = /^[a-z][a-z0-9_.-]{0,63}$/;
const problemsMax = 20;

export const emptySettings: AgentSettings = {
  intervalMs: null,
  collectors: {},
  metrics: [],
  tags: {},
  spoolBytes: null,
};

export type ParsedSettings =
  | { readonly kind: 'settings'; readonly settings: AgentSettings }
  /** Each says its place, what is wanted, and what was got. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** Text of a peer: too long, no JSON, or not of this form is refused. */
export function parseSettingsText(text: string, bounds: SettingsBounds = settingsBounds): ParsedSettings {
  const { charactersMax } = bounds;
  if (text.length > charactersMax)
    return refused(`settings: at most ${charactersMax} characters are wanted: got ${text.length}`);
  try {
    return parseSettings(JSON.parse(text), bounds);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refused('settings: JSON is wanted: got something else');
  }
}

/** Content of a peer, whatever it is. */
export function parseSettings(content: unknown, bounds: SettingsBounds = settingsBounds): ParsedSettings {
  if (!isObject(content)) return refused(`settings: an object is wanted: got ${shownValue(content)}`);
  const problems = new Problems();
  for (const key of Object.keys(content))
    if (!settingKeys.has(key)) problems.add('settings', `one of ${[...settingKeys].join(', ')}`, key);
  const settings: AgentSettings = {
    intervalMs: intervalOf(content['interval'], problems),
    collectors: collectorsOf(content['collectors'], { problems, bounds }),
    metrics: metricsOf(content['metrics'], { problems, bounds }),
    tags: tagsOf(content['tags'], { problems, bounds }),
    spoolBytes: wholeOf(content['spool_bytes'], {
      ...{ problems, place: 'spool_bytes' },
      ...{ min: spoolBytesMin, max: bounds.spoolBytesMax },
    }),
  };
  return problems.list.length === 0 ? { kind: 'settings', settings } : { kind: 'refused', problems: problems.list };
}

/** The JSON of settings, in one order: equal settings are equal text. */
export function settingsJson(settings: AgentSettings): AgentSettingsJson {
  const json: AgentSettingsJson = {};
  if (settings.intervalMs !== null) json.interval = settings.intervalMs / 1_000;
  const collectors = sorted(settings.collectors)
    .map(([name, { isOn, every }]) => [
      name,
      { ...(isOn === null ? {} : { enabled: isOn }), ...(every === null ? {} : { every }) },
    ])
    .filter(([, collector]) => Object.keys(collector as object).length > 0);
  if (collectors.length > 0) json.collectors = Object.fromEntries(collectors);
  if (settings.metrics.length > 0) json.metrics = settings.metrics.map(({ pattern, every }) => ({ pattern, every }));
  const tags = sorted(settings.tags);
  if (tags.length > 0) json.tags = Object.fromEntries(tags);
  if (settings.spoolBytes !== null) json.spool_bytes = settings.spoolBytes;
  return json;
}

export function formatSettings(settings: AgentSettings): string {
  return JSON.stringify(settingsJson(settings));
}

/**
 * A change put over settings, both as JSON: what it names is replaced, null takes away, and objects in it are changed
 * the same way (RFC 7396). The result is yet to be parsed: it may be as wrong as the change.
 */
export function patchedSettings(before: AgentSettings, patch: Readonly<Record<string, unknown>>): unknown {
  return merged(settingsJson(before), patch, 3);
}

/** `top` over `base`: what it says wins; its patterns come first. */
export function overlaid(base: AgentSettings, top: AgentSettings): AgentSettings {
  const collectors: Record<string, CollectorSettings> = { ...base.collectors };
  for (const [name, { isOn, every }] of Object.entries(top.collectors)) {
    const below = collectors[name] ?? { isOn: null, every: null };
    collectors[name] = { isOn: isOn ?? below.isOn, every: every ?? below.every };
  }
  return {
    intervalMs: top.intervalMs ?? base.intervalMs,
    collectors,
    metrics: [...top.metrics, ...base.metrics],
    tags: { ...base.tags, ...top.tags },
    spoolBytes: top.spoolBytes ?? base.spoolBytes,
  };
}

/** The places that settings name, as `tags.role` or `collectors.disk.enabled`: of a local file, what it pins. */
export function settingPlaces(settings: AgentSettings): string[] {
  const places: string[] = [];
  if (settings.intervalMs !== null) places.push('interval');
  for (const [name, { isOn, every }] of sorted(settings.collectors)) {
    if (isOn !== null) places.push(`collectors.${name}.enabled`);
    if (every !== null) places.push(`collectors.${name}.every`);
  }
  for (const { pattern } of settings.metrics) places.push(`metrics.${pattern}`);
  for (const [name] of sorted(settings.tags)) places.push(`tags.${name}`);
  if (settings.spoolBytes !== null) places.push('spool_bytes');
  return places;
}

/** The interval that patterns give a series, in ticks; null when none means it. */
export function metricEveryOf(metrics: readonly MetricSettings[]): (key: string) => number | null {
  const rules = metrics.map(({ pattern, every }) => ({
    every,
    isMeant: seriesMatcherOf({ patterns: [pattern], labels: {} }),
  }));
  return (key) => rules.find(({ isMeant }) => isMeant(key))?.every ?? null;
}

const settingKeys: ReadonlySet<string> = new Set(['interval', 'collectors', 'metrics', 'tags', 'spool_bytes']);

class Problems {
  readonly list: string[] = [];

  /** Nobody reads more than some of them, and a peer decides how many there are. */
  add(place: string, wanted: string, got: unknown): void {
    if (this.list.length < problemsMax)
      this.list.push(`${place.slice(0, 120)}: ${wanted} is wanted: got ${shownValue(got)}`);
  }
}

interface Reading {
  readonly problems: Problems;
  readonly bounds: SettingsBounds;
}

function intervalOf(value: unknown, problems: Problems): number | null {
  if (value === undefined) return null;
  const intervalMs = typeof value === 'number' ? Math.round(value * 1_000) : Number.NaN;
  const isWhole = typeof value === 'number' && Math.abs(value * 1_000 - intervalMs) < 1e-6;
  if (isWhole && intervalMs >= tickIntervalMsMin && intervalMs <= tickIntervalMsMax) return intervalMs;
  const span = `${tickIntervalMsMin / 1_000}..${tickIntervalMsMax / 1_000}`;
  problems.add('interval', `a number of seconds in ${span}, in whole milliseconds,`, value);
  return null;
}

function collectorsOf(value: unknown, { problems, bounds }: Reading): Record<string, CollectorSettings> {
  const collectors: Record<string, CollectorSettings> = {};
  for (const [name, collector] of entriesOf(value, { problems, place: 'collectors', max: bounds.collectorsMax })) {
    const place = `collectors.${name}`;
    if (!collectorName.test(name)) {
      problems.add('collectors', 'a name of lower-case letters, digits, "_", "." and "-"', name);
      continue;
    }
    if (!isObject(collector)) {
      problems.add(place, 'an object', collector);
      continue;
    }
    for (const key of Object.keys(collector))
      if (key !== 'enabled' && key !== 'every') problems.add(place, '"enabled" or "every"', key);
    const isOn = collector['enabled'];
    if (isOn !== undefined && typeof isOn !== 'boolean') problems.add(`${place}.enabled`, 'true or false', isOn);
    const every = wholeOf(collector['every'], { problems, place: `${place}.every`, min: 1, max: seriesEveryMax });
    collectors[name] = { isOn: typeof isOn === 'boolean' ? isOn : null, every };
  }
  return collectors;
}

function metricsOf(value: unknown, { problems, bounds }: Reading): MetricSettings[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > bounds.metricsMax) {
    problems.add('metrics', `a list of at most ${bounds.metricsMax}`, value);
    return [];
  }
  return value.map((metric: unknown, index) => {
    const place = `metrics.${index}`;
    if (!isObject(metric)) {
      problems.add(place, 'an object', metric);
      return { pattern: '', every: 1 };
    }
    for (const key of Object.keys(metric))
      if (key !== 'pattern' && key !== 'every') problems.add(place, '"pattern" and "every"', key);
    const pattern = metric['pattern'];
    const isPattern = typeof pattern === 'string' && isShown(pattern) && pattern.length <= metricPatternCharactersMax;
    if (!isPattern) problems.add(`${place}.pattern`, `a text of 1..${metricPatternCharactersMax} characters`, pattern);
    const every = wholeOf(metric['every'] ?? null, { problems, place: `${place}.every`, min: 1, max: seriesEveryMax });
    return { pattern: isPattern ? pattern : '', every: every ?? 1 };
  });
}

function tagsOf(value: unknown, { problems, bounds }: Reading): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [name, tag] of entriesOf(value, { problems, place: 'tags', max: bounds.tagsMax })) {
    if (!isLabelName(name) || name === '__proto__') problems.add('tags', 'a name of letters, digits and "_"', name);
    else if (typeof tag !== 'string' || !isShown(tag))
      problems.add(`tags.${name}`, 'a text of 1..200 characters without control characters', tag);
    else tags[name] = tag;
  }
  return tags;
}

function entriesOf(
  value: unknown,
  { problems, place, max }: { readonly problems: Problems; readonly place: string; readonly max: number },
): [string, unknown][] {
  if (value === undefined) return [];
  if (isObject(value) && Object.keys(value).length <= max) return Object.entries(value);
  problems.add(place, `an object of at most ${max}`, value);
  return [];
}

function wholeOf(
  value: unknown,
  bounds: { readonly problems: Problems; readonly place: string; readonly min: number; readonly max: number },
): number | null {
  if (value === undefined) return null;
  const { problems, place, min, max } = bounds;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  problems.add(place, `a whole number in ${min}..${max}`, value);
  return null;
}

function merged(before: unknown, patch: Readonly<Record<string, unknown>>, depth: number): unknown {
  const result = new Map<string, unknown>(isObject(before) ? Object.entries(before) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else if (isObject(value) && depth > 1) result.set(key, merged(result.get(key), value, depth - 1));
    else result.set(key, value);
  }
  return Object.fromEntries(result);
}

function refused(problem: string): ParsedSettings {
  return { kind: 'refused', problems: [problem] };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Not empty, and nothing in it that a terminal or a log would act on. */
function isShown(text: string): boolean {
  return text.length > 0 && cleanLabelValue(text) === text;
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Of a peer: short, and in one line. */
function shownValue(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return `an object of ${Object.keys(value).length}`;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  return value === undefined ? 'nothing' : String(value).slice(0, 60);
}
