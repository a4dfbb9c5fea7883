/** Lengths of time as people type them: "2 h", "1 h 30 m", "45m", "1 d". Pure. */
import { formatDuration, thinSpace } from '../format.ts';

const unitMs = new Map([
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
]);
const words = /(\d+(?:[.,]\d+)?)\s*(d|h|m|s)[a-z]*/gi;

/** null for what is no length, or has no unit: "2" may be hours or days. */
export function parseDuration(text: string): number | null {
  const plain = text.replaceAll(thinSpace, ' ').trim();
  let durationMs = 0;
  const rest = plain.replace(words, (_, count: string, unit: string) => {
    durationMs += Number(count.replace(',', '.')) * (unitMs.get(unit.toLowerCase()) ?? 0);
    return '';
  });
  if (plain === '' || rest.replace(/[\s,]|and/gi, '') !== '') return null;
  return Number.isFinite(durationMs) && durationMs > 0 ? Math.round(durationMs) : null;
}

/** "1 h 30 m" with every unit that is not 0, so that it can be typed back; `formatDuration` says the two largest. */
export function durationText(durationMs: number): string {
  let rest = Math.round(durationMs / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [unit, size] of unitMs) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${thinSpace}${unit}`);
  }
  return parts.length === 0 ? formatDuration(0) : parts.join(' ');
}
