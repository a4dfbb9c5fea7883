/**
 * Limits as people type and read them: "85" of percent, "5 MiB" of bytes, "1.5 M" of a count. What is written is exact:
 * it reads back as the same number, since a rule must not change by being looked at. Pure.
 */
import { thinSpace } from '../format.ts';

const minus = '\u2212';

const prefixes: Readonly<Record<string, number>> = {
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
};
const limitPattern =
  /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?)\s*(?:(ki|mi|gi|ti|pi|k|m|g|t|p)?(?:b|bit)?(?:\/s)?|%|°c|ms|s)$/i;

/** A number with a prefix, if need be; null when it is none. A unit behind it is taken as what it is anyway. */
export function parseLimit(text: string): number | null {
  const plain = text.trim().replaceAll(minus, '-').replaceAll(thinSpace, ' ').replaceAll('\u00a0', ' ');
  // Thousands that are set apart.
  const match = limitPattern.exec(plain.replace(/(\d) (?=\d{3}(?!\d))/g, '$1'));
  if (match === null) return null;
  const [, figure, prefix = ''] = match;
  const factor = prefix === '' ? 1 : prefixes[prefixOf(prefix)]!;
  const value = Number(figure) * factor;
  return Number.isFinite(value) ? value : null;
}

/** As it is written in `prefixes`: people mind no case. */
function prefixOf(text: string): string {
  const first = text[0]!.toUpperCase() === 'K' && text.length === 1 ? 'k' : text[0]!.toUpperCase();
  return text.length === 1 ? first : `${first}i`;
}

export interface LimitParts {
  /** With its prefix, as one types it: "5 MiB". */
  readonly figure: string;
  /** What stands behind: "%", "/s"; '' for nothing. */
  readonly unit: string;
}

/** Figure and unit of a limit on values of `unit` (the wire's words). */
export function limitParts(value: number, unit: string): LimitParts {
  switch (unit) {
    case 'percent':
      return { figure: numberText(value), unit: '%' };
    case 'celsius':
      return { figure: numberText(value), unit: '°C' };
    case 'bytes':
      return { figure: prefixedText(value, ['Ki', 'Mi', 'Gi', 'Ti', 'Pi'], 'B'), unit: '' };
    case 'bytes/s':
      return { figure: prefixedText(value, ['k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti'], 'B'), unit: '/s' };
    case 'bits/s':
      return { figure: prefixedText(value, ['k', 'M', 'G', 'T'], 'bit'), unit: '/s' };
    case '1/s':
      return { figure: numberText(value), unit: '/s' };
    case '1':
    case '':
      return { figure: numberText(value), unit: '' };
  }
  return { figure: numberText(value), unit };
}

/** As one text: "85 %", "5 MiB/s". */
export function limitText(value: number, unit: string): string {
  const parts = limitParts(value, unit);
  if (parts.unit === '') return parts.figure;
  return parts.unit.startsWith('/') ? parts.figure + parts.unit : parts.figure + thinSpace + parts.unit;
}

/** The shortest text that reads back as the same number; without a prefix where none does. */
function prefixedText(value: number, names: readonly string[], unit: string): string {
  const texts = names.flatMap((name) => {
    const figure = value / prefixes[name]!;
    const text = `${numberText(figure)}${thinSpace}${name}${unit}`;
    return Math.abs(figure) >= 1 && parseLimit(text) === value ? [{ text, figure: numberText(figure) }] : [];
  });
  const plain = { text: `${numberText(value)}${thinSpace}${unit}`, figure: numberText(value) };
  const shortest = [plain, ...texts].reduce((best, one) => (one.figure.length < best.figure.length ? one : best));
  return value === 0 ? plain.text : shortest.text;
}

function numberText(value: number): string {
  return String(value).replace('-', minus).replace(`e${minus}`, 'e-');
}
