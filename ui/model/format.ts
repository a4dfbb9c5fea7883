/**
 * Numbers, units, durations and times as people read them. The clock comes in as an argument; times are those of the
 * display zone (`display-zone.ts`).
 *
 * Three significant figures, thousands and units behind a narrow no-break space, a true minus sign, an en dash where
 * there is no value. Stored bytes in steps of 1,024, rates in steps of 1,000, network in bits.
 */

import { shownOffsetMs } from './display-zone.ts';

/** Narrow no-break space. */
export const thinSpace = '\u202f';
export const noValue = '\u2013';

/** A value as two texts, so that the unit can be set in a quieter colour. */
export interface Parts {
  readonly figure: string;
  readonly unit: string;
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const byteRateUnits = ['B/s', 'kB/s', 'MB/s', 'GB/s', 'TB/s'];
const bitRateUnits = ['b/s', 'kb/s', 'Mb/s', 'Gb/s', 'Tb/s'];
const countUnits = ['', 'k', 'M', 'G', 'T'];
/** What no metric measures, and scripts send all the same, in powers of ten: all its digits would break a legend. */
const plainMax = 1e18;
const plainUnits: ReadonlyMap<string, string> = new Map([
  ['percent', '%'],
  ['bytes', 'B'],
  ['bytes/s', 'B/s'],
  ['bits/s', 'b/s'],
  ['1/s', '/s'],
  ['celsius', '°C'],
  ['1', ''],
]);
const countRateUnits = ['/s', 'k/s', 'M/s', 'G/s', 'T/s'];

/** Figure and unit of `value`, whose `unit` is one of the wire's words (`percent`, `bytes`, `bytes/s` …) or any other text. */
export function partsOf(value: number | null | undefined, unit: string): Parts {
  if (value === null || value === undefined || !Number.isFinite(value)) return { figure: noValue, unit: '' };
  if (Math.abs(value) >= plainMax) return { figure: exponential(value), unit: plainUnits.get(unit) ?? unit };
  switch (unit) {
    case 'percent':
      return { figure: signed(value, (size) => (size < 9.95 ? size.toFixed(1) : size.toFixed(0))), unit: '%' };
    case 'bytes':
      return scaled(value, 1_024, byteUnits);
    case 'bytes/s':
      return scaled(value, 1_000, byteRateUnits);
    case 'bits/s':
      return scaled(value, 1_000, bitRateUnits);
    case '1/s':
      return scaled(value, 1_000, countRateUnits);
    case 'ms':
      return Math.abs(value) < 1_000 ? { figure: significant(value), unit: 'ms' } : partsOf(value / 1_000, 's');
    case 's':
      return partsOfSeconds(value);
    case 'celsius':
      return { figure: signed(value, (size) => size.toFixed(0)), unit: '°C' };
    case '1':
    case '':
      return partsOfCount(value);
  }
  return { figure: significant(value), unit };
}

/** `partsOf` as one text. */
export function formatValue(value: number | null | undefined, unit: string): string {
  const parts = partsOf(value, unit);
  if (parts.unit === '') return parts.figure;
  // "551/s" and "2.60k" read as one word.
  return parts.unit.startsWith('/') ? parts.figure + parts.unit : parts.figure + thinSpace + parts.unit;
}

/** A whole number with its thousands apart. */
export function formatCount(value: number): string {
  return signed(Math.round(value), (size) => groupThousands(size.toFixed(0)));
}

function partsOfCount(value: number): Parts {
  const size = Math.abs(value);
  if (size >= 1_000_000) return scaled(value, 1_000, countUnits);
  if (Number.isInteger(value) || size >= 1_000) return { figure: formatCount(value), unit: '' };
  return { figure: significant(value), unit: '' };
}

function partsOfSeconds(value: number): Parts {
  const size = Math.abs(value);
  if (size !== 0 && size < 1) return { figure: significant(value * 1_000), unit: 'ms' };
  if (size < 10) return { figure: signed(value, (s) => s.toFixed(1)), unit: 's' };
  if (size < 120) return { figure: signed(value, (s) => s.toFixed(0)), unit: 's' };
  return { figure: (value < 0 ? '\u2212' : '') + formatDuration(size * 1_000), unit: '' };
}

function scaled(value: number, step: number, units: readonly string[]): Parts {
  let rest = value;
  let index = 0;
  // 999.5 would be written as 1000.
  while (Math.abs(rest) >= step - 0.5 && index < units.length - 1) {
    rest /= step;
    index += 1;
  }
  const figure = index === 0 && Number.isInteger(rest) ? formatCount(rest) : significant(rest);
  return { figure, unit: units[index]! };
}

/** Three significant figures. */
function significant(value: number): string {
  return signed(value, (size) => {
    if (size === 0) return '0';
    if (size >= 99.95) return groupThousands(size.toFixed(0));
    if (size >= 9.995) return size.toFixed(1);
    if (size >= 0.01) return size.toFixed(2);
    return size.toPrecision(2);
  });
}

/** Three significant figures and a power of ten, "1.00e300". */
function exponential(value: number): string {
  return signed(value, (size) => size.toExponential(2).replace('+', ''));
}

function signed(value: number, format: (size: number) => string): string {
  const text = format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text;
}

function groupThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, thinSpace);
}

const durationUnits = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

/** The two largest units: "4 m 12 s", "43 d 6 h"; whole seconds, "0 s" at least. */
export function formatDuration(durationMs: number): string {
  let seconds = Math.max(0, Math.round(durationMs / 1_000));
  const parts: string[] = [];
  for (const [size, unit] of durationUnits) {
    if (seconds < size && parts.length === 0 && unit !== 's') continue;
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0 || parts.length === 0) parts.push(`${count}${thinSpace}${unit}`);
    if (parts.length === 2 || (count === 0 && parts.length === 1 && unit !== 's')) break;
    if (parts.length === 1 && seconds === 0) break;
  }
  return parts.join(' ');
}

/** Age of data: tenths below 10 s, then as a duration. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, ageMs) / 1_000;
  return seconds < 9.95 ? `${seconds.toFixed(1)}${thinSpace}s` : formatDuration(ageMs);
}

/** Time of day, "14:32:05". */
export function formatClock(atMs: number): string {
  return shown(atMs).toISOString().slice(11, 19);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Date and time of day, "9 Nov, 10:12". */
export function formatMoment(atMs: number): string {
  return `${formatDay(atMs)}, ${formatClock(atMs).slice(0, 5)}`;
}

/** Day without its year, "9 Nov". */
export function formatDay(atMs: number): string {
  const date = shown(atMs);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]}`;
}

/** Date, "9 Nov 2026". */
export function formatDate(atMs: number): string {
  return `${formatDay(atMs)} ${shown(atMs).getUTCFullYear()}`;
}

/** A Date whose UTC fields are those of the display zone. */
function shown(atMs: number): Date {
  return new Date(atMs + shownOffsetMs(atMs));
}

/** "6 m ago" up to a day, then the date. */
export function formatAgo(atMs: number, nowMs: number): string {
  const agoMs = nowMs - atMs;
  return agoMs < 86_400_000 ? `${formatAge(agoMs)} ago` : formatMoment(atMs);
}

/** Label of a value axis: as short as it goes, since the unit stands in the chart's title too. */
export function formatAxis(value: number, unit: string): string {
  if (value === 0) return '0';
  const parts = axisPartsOf(value, unit);
  const figure = parts.figure.includes('.') ? parts.figure.replace(/\.?0+$/, '') : parts.figure;
  const short = parts.unit.replace(/\/s$/, '');
  // Six characters and a thin space are as wide as the gutter of a chart is anyway.
  return short === '' ? figure : figure + (figure.length + short.length > 5 ? '' : thinSpace) + short;
}

/** As long as "GiB": a longer one would be the label, and its figure would have no room. */
const axisUnitLength = 3;

/** As `partsOf`; of a unit of somebody's own, what is long ("messages") is left out, and so is that of large figures. */
function axisPartsOf(value: number, unit: string): Parts {
  const isFree = !plainUnits.has(unit) && unit !== 'ms' && unit !== 's' && unit !== '';
  return isFree && (unit.length > axisUnitLength || Math.abs(value) >= 1_000_000)
    ? partsOf(value, '1')
    : partsOf(value, unit);
}

/** What a unit may have been scaled by. */
const scales = [1, ...[1, 2, 3, 4, 5].flatMap((power) => [1_000 ** power, 1_024 ** power]), 0.001];

/** Digits behind the point that a label may have: a label with all of them and a unit still fits into the widest gutter. */
const axisDigitsMax = 9;

/** Labels of a value axis: with more digits where two marks would read the same. */
export function formatAxisMarks(values: readonly number[], unit: string): string[] {
  const texts = values.map((value) => formatAxis(value, unit));
  if (new Set(texts).size === texts.length) return texts;
  const apart = Math.min(...values.slice(1).map((value, index) => Math.abs(value - values[index]!)));
  return values.map((value) => {
    const parts = axisPartsOf(value, unit);
    const scale = scaleOf(value, parts.figure);
    const step = apart / scale;
    const first = Math.max(0, Math.ceil(-Math.log10(step)));
    let digits = first;
    // As many as the distance of two marks has, and one more than tells them apart where it has no end.
    while (digits <= first && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) digits += 1;
    const needed = Math.min(digits, axisDigitsMax);
    if (value === 0) return '0';
    const suffix = parts.unit === '%' ? '' : parts.unit.replace(/\/s$/, '');
    return signed(value / scale, (size) => size.toFixed(needed)) + suffix;
  });
}

/** The scale with which `value` reads like `figure`, whose digits were rounded. */
function scaleOf(value: number, figure: string): number {
  const shown = Number(figure.replaceAll(thinSpace, '').replace('\u2212', '-'));
  if (!Number.isFinite(shown) || shown === 0) return 1;
  const distance = (scale: number) => Math.abs(Math.log(value / shown / scale));
  return scales.reduce((best, scale) => (distance(scale) < distance(best) ? scale : best));
}
