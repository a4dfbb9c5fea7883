/**
 * Durations as people type them: "90 s", "2 m", "1 h 30 min". What `durationText` writes is exact to the millisecond
 * and reads back as the same duration. Pure.
 */
import { thinSpace } from '../format.ts';

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
/** What else people write for them. */
const words: Readonly<Record<string, string>> = {
  day: 'd',
  days: 'd',
  hour: 'h',
  hours: 'h',
  hr: 'h',
  hrs: 'h',
  min: 'm',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
};

const wholePattern = /^(?:\d+(?:\.\d+)?\s*[a-z]*\s*)+$/;
const partPattern = /(\d+(?:\.\d+)?)\s*([a-z]*)/g;
/** "2 m and more words" is no duration; neither is a text that is longer than any of them. */
const charactersMax = 60;

/** Whole ms; null when it is no duration. A number alone is seconds. */
export function parseDuration(text: string): number | null {
  const plain = text.trim().toLowerCase().replaceAll(thinSpace, ' ').replaceAll('\u00a0', ' ');
  if (plain.length > charactersMax || !wholePattern.test(plain)) return null;
  const parts = [...plain.matchAll(partPattern)];
  let totalMs = 0;
  for (const [, figure, word] of parts) {
    const unit = word === '' && parts.length === 1 ? 's' : (words[word!] ?? word!);
    if (!Object.hasOwn(unitMs, unit)) return null;
    totalMs += Number(figure) * unitMs[unit]!;
  }
  return Number.isFinite(totalMs) ? Math.round(totalMs) : null;
}

/** Every unit that it takes: "1 h 30 m", "0 s". */
export function durationText(durationMs: number): string {
  let left = Math.round(durationMs);
  const parts: string[] = [];
  for (const [unit, sizeMs] of Object.entries(unitMs)) {
    const count = Math.floor(left / sizeMs);
    left -= count * sizeMs;
    if (count > 0) parts.push(`${count}${thinSpace}${unit}`);
  }
  return parts.length === 0 ? `0${thinSpace}s` : parts.join(' ');
}
