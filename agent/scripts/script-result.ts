/**
 * What a script answers: readings, or why there are none. Pure.
 *
 * One shape for both kinds of script: a module's return value and an executable's JSON go through
 * `toReadings`, its other text through `parse-output`. An answer is taken whole or not at all, so a
 * script that is half right shows up as wrong.
 */
import { metricNameProblem, type SeriesKind, seriesProblem } from '#core/series.ts';
import { errorCharactersMax, seriesPerScriptMax } from './bounds.ts';

/** One value of one series. A `counter` carries the running total; the rate is made in `script-series`. */
export interface ScriptReading {
  /** Canonical series key. */
  readonly key: string;
  /** NaN when the script says that it has no value. */
  readonly value: number;
  readonly unit: string;
  readonly kind: SeriesKind;
}

/** What a script says about itself: a header line of an executable, exports of a module. */
export interface ScriptSettings {
  /** 0: each tick. */
  readonly everyMs: number;
  /** Null: the default of its kind. */
  readonly timeoutMs: number | null;
  /** Unit of its series where nothing more precise is said; empty when unknown. */
  readonly unit: string;
}

export const defaultSettings: ScriptSettings = { everyMs: 0, timeoutMs: null, unit: '' };

/** How a run ended. `lost`: it was ended because of another script, and is run again at once. */
export type RunOutcome =
  | { readonly kind: 'values'; readonly readings: readonly ScriptReading[]; readonly everyMs: number }
  | { readonly kind: 'failed'; readonly error: string; readonly hung: boolean }
  | { readonly kind: 'lost' };

/** The script's fault: its answer or its settings cannot be used. The message is a full sentence for its author. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

export interface ToReadingsOptions {
  /** Metric name of a bare number. */
  readonly name: string;
  readonly unitOf: (metric: string) => string;
}

/**
 * Readings of a number, `{name: number}` or `{group: {name: number}}` (named `group_name`); null stands for "no
 * value". A name may be a canonical series key, `name{a="b"}`.
 */
export function toReadings(value: unknown, options: ToReadingsOptions): ScriptReading[] {
  const list = new ReadingList();
  if (isValue(value)) {
    list.add(options.name, { value: value ?? Number.NaN, unit: options.unitOf(options.name), kind: 'gauge' });
    return list.readings;
  }

  const add = (name: string, part: unknown): void => {
    if (!isValue(part)) throw refusedValue(`the value of ${quote(name)}`, part);
    const problem = name.includes('{') ? null : metricNameProblem(name); // a whole key is checked where it is added
    if (problem !== null) throw new ScriptError(`Cannot use answer: ${problem}`);
    list.add(name, { value: part ?? Number.NaN, unit: options.unitOf(name), kind: 'gauge' });
  };
  if (!isPlainObject(value)) throw refusedValue('the answer', value);
  for (const [name, part] of Object.entries(value)) {
    if (!isPlainObject(part)) add(name, part);
    else for (const [inner, innerPart] of Object.entries(part)) add(`${name}_${inner}`, innerPart);
  }
  return list.readings;
}

/** Readings of one answer; refuses keys that cannot stand in a layout, repeated keys, and more than a script may have. */
export class ReadingList {
  readonly readings: ScriptReading[] = [];
  readonly #keys = new Set<string>();

  add(key: string, reading: Omit<ScriptReading, 'key'>): void {
    const problem = seriesProblem(key, reading.unit);
    if (problem !== null) throw new ScriptError(`Cannot use answer: ${problem}`);
    if (this.#keys.has(key)) {
      throw new ScriptError(`Cannot use answer: each series may stand once: got ${quote(key)} twice`);
    }
    if (this.readings.length === seriesPerScriptMax) {
      throw new ScriptError(`Cannot use answer: at most ${seriesPerScriptMax} series are allowed: got more`);
    }
    this.#keys.add(key);
    this.readings.push({ key, ...reading });
  }
}

function isValue(value: unknown): value is number | null {
  return typeof value === 'number' || value === null;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function refusedValue(what: string, value: unknown): ScriptError {
  const wanted = what === 'the answer' ? 'a number or an object of numbers' : 'a number';
  return new ScriptError(`Cannot use answer: ${what} must be ${wanted}: got ${describeValue(value)}`);
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' || typeof value === 'function') return value === null ? 'null' : `an ${typeof value}`;
  return String(value);
}

/** Text of a script in a message: in quotes, cut, control characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** Text that a script or the system wrote, as one line of bounded length for log and status. */
export function toErrorLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
  const line = text.trim().replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return line.length > errorCharactersMax ? `${line.slice(0, errorCharactersMax - 1)}…` : line;
}

/** Metric name of a bare number: the file name without its last suffix, what may not stand in a name as `_`. */
export function metricNameOf(fileName: string): string {
  const dot = fileName.lastIndexOf('.');
  const stem = (dot > 0 ? fileName.slice(0, dot) : fileName).replace(/[^a-zA-Z0-9_:.-]/g, '_').slice(0, 199);
  return /^[a-zA-Z_:]/.test(stem) ? stem : `_${stem}`;
}
