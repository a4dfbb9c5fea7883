/** Date and time in the display zone as a field has them: `2026-11-18T14:32:05`. Pure, but for the zone. */
import { shownOffsetMs } from './display-zone.ts';

export function formatWallTime(atMs: number): string {
  return new Date(atMs + shownOffsetMs(atMs)).toISOString().slice(0, 19);
}

/** Epoch ms; null for what is no date. A time that the clocks skip means the same moment as an hour later. */
export function parseWallTime(text: string): number | null {
  const wallMs = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?$/.test(text)
    ? Date.parse(`${text}Z`)
    : Number.NaN;
  if (Number.isNaN(wallMs)) return null;
  const guessMs = wallMs - shownOffsetMs(wallMs);
  return wallMs - shownOffsetMs(guessMs);
}
