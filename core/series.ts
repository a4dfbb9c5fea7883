/**
 * What a column means: series, their canonical keys, and the layout that orders them.
 *
 * A layout is the tick interval and the ordered series behind every column of a host. It is named by the
 * first 8 bytes of the SHA-256 of its canonical bytes, so spool, wire, database and browser agree on the
 * name without asking each other. Hashing belongs to the platform and comes in as an argument.
 *
 * Canonical bytes (UTF-8): the interval in ms and "\n", then for each series its key, unit, kind and
 * `every`, separated by tabs and ended by "\n". No control character may stand in a key or a unit, so the
 * text is unambiguous in every language.
 */
import { DecodeError } from './errors.ts';
import {
  layoutBytesMax,
  seriesEveryMax,
  seriesKeyBytesMax,
  seriesPerLayoutMax,
  tickIntervalMsMax,
  tickIntervalMsMin,
  unitBytesMax,
} from './limits.ts';
import { decodeUtf8, encodeUtf8, utf8ByteCount } from './utf8.ts';

/** `counter` says that the collector made a rate of a counter: the stored values are gauges all the same. */
export type SeriesKind = 'gauge' | 'counter';

export interface Series {
  /** Canonical key: `name` or `name{a="b",c="d"}`, labels sorted by name. */
  readonly key: string;
  /** Unit in UCUM-like plain words: `percent`, `bytes`, `bytes/s`, `1`, or empty when unknown. */
  readonly unit: string;
  readonly kind: SeriesKind;
  /** Own interval as a multiple of the layout's: 1 each tick, 10 each tenth. */
  readonly every: number;
}

/** First 8 bytes of the SHA-256 of the canonical bytes, as 16 lower-case hex digits. */
export type LayoutId = string;

export interface Layout {
  readonly id: LayoutId;
  readonly intervalMs: number;
  readonly series: readonly Series[];
}

/** SHA-256 of `bytes`, 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export type Labels = Readonly<Record<string, string>>;

const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:.-]*$/;
/** What may stand alone as a key: visible text that cannot be taken for labels or quoted text. */
const plainKeyPattern = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}{}"\\]{1,200}$/u;
const labelNamePattern = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const controlPattern = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/u;

/** Canonical key of a series. Label values are escaped as in the Prometheus text format. */
export function formatSeriesKey(name: string, labels: Labels = {}): string {
  const names = Object.keys(labels).sort();
  if (names.length === 0) return name;
  return `${name}{${names.map((label) => `${label}="${escapeLabelValue(labels[label]!)}"`).join(',')}}`;
}

function escapeLabelValue(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

/**
 * Name and labels of a canonical key, or null when it is not one. A key without labels may be any visible text
 * (clients that push have names such as "CPU usage %"); with labels its name is a metric name.
 */
export function parseSeriesKey(key: string): { readonly name: string; readonly labels: Labels } | null {
  const brace = key.indexOf('{');
  if (brace < 0) return plainKeyPattern.test(key) && key.trim() === key ? { name: key, labels: {} } : null;
  const name = key.slice(0, brace);
  if (!namePattern.test(name) || !key.endsWith('}')) return null;

  const labels: Record<string, string> = Object.create(null);
  const pattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|$)/y;
  const body = key.slice(brace + 1, -1);
  while (pattern.lastIndex < body.length) {
    const match = pattern.exec(body);
    if (match === null) return null;
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
  }
  return formatSeriesKey(name, labels) === key ? { name, labels } : null;
}

/** Why a metric name cannot be used, as the end of a sentence; null when it can. */
export function metricNameProblem(name: string): string | null {
  if (namePattern.test(name) && name.length <= 200) return null;
  return `a metric name is 1..200 of letters, digits, "_", ":", "." and "-", not starting with a digit: got ${JSON.stringify(name.slice(0, 80))}`;
}

/** Whether `name` can be the name of a label. */
export function isLabelName(name: string): boolean {
  return labelNamePattern.test(name) && name.length <= 100;
}

/** A label value with control characters and lone surrogates replaced by "\ufffd", cut to 200 characters. */
export function cleanLabelValue(value: string): string {
  const cut = value.length > 200 ? value.slice(0, 200) : value;
  return controlPattern.test(cut)
    ? [...cut].map((part) => (controlPattern.test(part) ? '\ufffd' : part)).join('')
    : cut;
}

/** Canonical bytes of a layout: what is hashed, spooled, sent and stored. The caller owns the result. */
export function encodeLayout(layout: Pick<Layout, 'intervalMs' | 'series'>): Uint8Array {
  const lines = layout.series.map((series) => `${series.key}\t${series.unit}\t${series.kind}\t${series.every}\n`);
  return encodeUtf8(`${layout.intervalMs}\n${lines.join('')}`);
}

/** The id of canonical bytes. */
export function layoutIdOf(bytes: Uint8Array, sha256: Sha256): LayoutId {
  const digest = sha256(bytes);
  let id = '';
  for (let index = 0; index < 8; index += 1) id += digest[index]!.toString(16).padStart(2, '0');
  return id;
}

/** A layout with its id computed. */
export function createLayout(shape: Pick<Layout, 'intervalMs' | 'series'>, sha256: Sha256): Layout {
  return { id: layoutIdOf(encodeLayout(shape), sha256), intervalMs: shape.intervalMs, series: shape.series };
}

/**
 * Parses canonical bytes that came from a peer or a disk; `id` is taken as given (see `layoutIdOf`).
 * Throws DecodeError when they are not canonical or break a limit.
 */
export function decodeLayout(bytes: Uint8Array, id: LayoutId): Layout {
  if (bytes.byteLength > layoutBytesMax)
    throw new DecodeError(`Cannot decode layout: at most ${layoutBytesMax} bytes are allowed: got ${bytes.byteLength}`);
  const lines = decodeUtf8(bytes).split('\n');
  if (lines.pop() !== '') throw new DecodeError('Cannot decode layout: the last line must end in a line feed');
  const intervalMs = parseWhole(lines[0] ?? '', tickIntervalMsMin, tickIntervalMsMax, 'interval');
  if (lines.length - 1 > seriesPerLayoutMax)
    throw new DecodeError(
      `Cannot decode layout: at most ${seriesPerLayoutMax} series are allowed: got ${lines.length - 1}`,
    );

  const keys = new Set<string>();
  const series = lines.slice(1).map((line) => {
    const [key = '', unit, kind, every, extra] = line.split('\t');
    if (extra !== undefined || unit === undefined || every === undefined || (kind !== 'gauge' && kind !== 'counter')) {
      throw new DecodeError('Cannot decode layout: a line is key, unit, kind and every, separated by tabs');
    }
    const problem = seriesProblem(key, unit);
    if (problem !== null) throw new DecodeError(`Cannot decode layout: ${problem}`);
    if (keys.has(key))
      throw new DecodeError(`Cannot decode layout: a key may stand once: got ${JSON.stringify(key)} twice`);
    keys.add(key);
    return { key, unit, kind, every: parseWhole(every, 1, seriesEveryMax, 'every') } satisfies Series;
  });
  return { id, intervalMs, series };
}

/** Why key and unit cannot stand in a layout, as the end of a sentence; null when they can. */
export function seriesProblem(key: string, unit: string): string | null {
  if (utf8ByteCount(key) > seriesKeyBytesMax)
    return `a series key has at most ${seriesKeyBytesMax} bytes: got ${utf8ByteCount(key)}`;
  if (utf8ByteCount(unit) > unitBytesMax || controlPattern.test(unit))
    return `a unit is at most ${unitBytesMax} bytes of plain text: got ${JSON.stringify(unit.slice(0, 40))}`;
  if (controlPattern.test(key) || parseSeriesKey(key) === null)
    return `a series key must be canonical: got ${JSON.stringify(key.slice(0, 120))}`;
  return null;
}

function parseWhole(text: string, min: number, max: number, what: string): number {
  const value = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new DecodeError(
    `Cannot decode layout: ${what} must be a whole number in ${min}..${max}: got ${JSON.stringify(text.slice(0, 20))}`,
  );
}
