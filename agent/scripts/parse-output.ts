/**
 * What an executable printed, as readings. Pure.
 *
 * Four forms, told apart by their first character: a number; JSON (starts with `{` or `[`); lines
 * `name value`; and the Prometheus text format, of which `name value` is the simplest case, so both are
 * one grammar. Source: Prometheus "Exposition formats", text format 0.0.4, and of OpenMetrics the `# UNIT`
 * line, the `_total` suffix and exemplars, which are passed over. Timestamps are passed over as well: a
 * value belongs to the tick it arrives in.
 */
import { cleanLabelValue, formatSeriesKey, isLabelName, metricNameProblem, type SeriesKind } from '#core/series.ts';
import { quote, ReadingList, ScriptError, type ScriptReading, toReadings } from './script-result.ts';

export interface ParseOutputOptions {
  /** Metric name of a bare number. */
  readonly name: string;
  /** Unit of series for which the output names none. */
  readonly unit: string;
}

/** Throws ScriptError, which names the line and what is wanted there. */
export function parseOutput(text: string, options: ParseOutputOptions): ScriptReading[] {
  const trimmed = text.trim();
  if (trimmed === '') {
    throw new ScriptError(
      'Cannot read output: a number, "name value" lines, JSON or Prometheus text is wanted: got nothing',
    );
  }
  const unitOf = (): string => options.unit;
  const bare = parseNumber(trimmed);
  if (bare !== null) return toReadings(bare, { name: options.name, unitOf });
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    return toReadings(parseJson(trimmed), { name: options.name, unitOf });
  }
  return parseLines(text, options.unit);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ScriptError(`Cannot read output: text that starts with "${text[0]}" must be JSON: ${error.message}`);
  }
}

/** `name value` lines and Prometheus text. */
function parseLines(text: string, unit: string): ScriptReading[] {
  const list = new ReadingList();
  const types = new Map<string, string>();
  const units = new Map<string, string>();
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index]!.trim();
    if (line === '') continue;
    if (line.startsWith('#')) {
      const [, word, name, said] = line.split(/[ \t]+/);
      if (word === 'TYPE' && name !== undefined && said !== undefined) types.set(name, said.toLowerCase());
      if (word === 'UNIT' && name !== undefined && said !== undefined) units.set(name, said);
      continue;
    }
    const { name, labels, value } = parseSample(line, index + 1);
    const kind = kindOf(name, types);
    list.add(formatSeriesKey(name, labels), { value, kind, unit: units.get(familyOf(name, units)) ?? unit });
  }
  return list.readings;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const labelPattern = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,|(?=\}))/y;

function parseSample(line: string, lineNumber: number): Sample {
  const nameEnd = line.search(/[ \t{]/);
  const name = nameEnd < 0 ? line : line.slice(0, nameEnd);
  const problem = metricNameProblem(name);
  // "name: value" is a common slip, and a metric called "name:" would be a surprise.
  if (nameEnd < 0 || problem !== null || name.endsWith(':')) throw refusedLine(line, lineNumber);

  const labels: Record<string, string> = Object.create(null);
  let at = nameEnd;
  while (line[at] === ' ' || line[at] === '\t') at += 1;
  if (line[at] === '{') {
    at += 1;
    labelPattern.lastIndex = at;
    for (let match = labelPattern.exec(line); match !== null; match = labelPattern.exec(line)) {
      const label = match[1]!;
      if (!isLabelName(label) || label in labels) throw refusedLine(line, lineNumber);
      labels[label] = cleanLabelValue(unescapeLabel(match[2]!));
      at = labelPattern.lastIndex;
    }
    while (line[at] === ' ' || line[at] === '\t') at += 1;
    if (line[at] !== '}') throw refusedLine(line, lineNumber);
    at += 1;
  }

  const [said = '', timestamp, exemplar] = line
    .slice(at)
    .trim()
    .split(/[ \t]+/);
  const value = parseNumber(said);
  const timestampIsFine = timestamp === undefined || timestamp === '#' || parseNumber(timestamp) !== null;
  const restIsFine = exemplar === undefined || exemplar === '#' || timestamp === '#';
  if (value === null || !timestampIsFine || !restIsFine) throw refusedLine(line, lineNumber);
  return { name, labels, value };
}

function refusedLine(line: string, lineNumber: number): ScriptError {
  return new ScriptError(
    `Cannot read output: line ${lineNumber} must be \`name value\` or \`name{label="text"} value\`: got ${quote(line)}`,
  );
}

function unescapeLabel(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

// Alternatives that cannot match the same digits: no backtracking, however long the line.
const numberPattern = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A number as scripts print it, with NaN and ±Inf; null when it is none. */
function parseNumber(text: string): number | null {
  if (text.length > 64) return null;
  if (numberPattern.test(text)) return Number(text);
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinity === null) return null;
  return infinity[1] === '-' ? -Infinity : Infinity;
}

const suffixes = ['_total', '_bucket', '_sum', '_count'] as const;

/** Name of the metric family that `# TYPE` and `# UNIT` speak of: `x` for `x_total`, `x_bucket`, `x_sum`, `x_count`. */
function familyOf(name: string, families: ReadonlyMap<string, string>): string {
  if (families.has(name)) return name;
  for (const suffix of suffixes) {
    if (name.endsWith(suffix) && families.has(name.slice(0, -suffix.length))) return name.slice(0, -suffix.length);
  }
  return name;
}

function kindOf(name: string, types: ReadonlyMap<string, string>): SeriesKind {
  const family = familyOf(name, types);
  switch (types.get(family)) {
    case 'counter':
      return 'counter';
    case 'histogram':
    case 'summary':
      return family === name ? 'gauge' : 'counter'; // the bare name carries the quantiles of a summary
    default:
      return 'gauge';
  }
}
