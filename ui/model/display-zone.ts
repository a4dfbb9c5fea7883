/**
 * The zone in which the whole page shows times: UTC, or that of this browser. One switch for everything, since two
 * zones on one screen are a trap; so it is a variable of the module and no argument of each formatter.
 */

export type DisplayZone = 'utc' | 'local';

let zone: DisplayZone = 'utc';

export function displayZone(): DisplayZone {
  return zone;
}

/** Whoever has drawn times must draw them again: `settings.ts` announces it. */
export function setDisplayZone(next: DisplayZone): void {
  zone = next;
}

/** What is added to an instant so that the UTC fields of a Date are those of the display zone. */
export function shownOffsetMs(atMs: number): number {
  return zone === 'utc' ? 0 : -new Date(atMs).getTimezoneOffset() * 60_000;
}

/** IANA name of the display zone. */
export function displayZoneName(): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The zone as it stands beside times: "UTC", "UTC+1", "UTC−3:30". */
export function displayZoneText(atMs: number): string {
  return offsetText(shownOffsetMs(atMs));
}

export function offsetText(offsetMs: number): string {
  if (offsetMs === 0) return 'UTC';
  const minutes = Math.abs(Math.round(offsetMs / 60_000));
  const rest = minutes % 60 === 0 ? '' : `:${String(minutes % 60).padStart(2, '0')}`;
  return `UTC${offsetMs < 0 ? '\u2212' : '+'}${Math.floor(minutes / 60)}${rest}`;
}
