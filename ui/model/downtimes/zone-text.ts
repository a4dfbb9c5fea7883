/**
 * Times in any zone, as text: downtimes are planned in the zone of the people who do the work, which need not be the
 * one that the rest of the page shows.
 */
import { displayZoneName, offsetText } from '../display-zone.ts';
import { localTimeOf } from './zone-clock.ts';

const weekdayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const dayMs = 86_400_000;

/** 0 is Monday. `localMs` as if it were UTC. */
export function weekdayOf(localMs: number): number {
  return (Math.floor(localMs / dayMs) + 3) % 7;
}

export function weekdayName(weekday: number): string {
  return weekdayNames[weekday] ?? '';
}

/** "2026-11-18" of a local time. */
export function isoDayOf(localMs: number): string {
  return new Date(localMs).toISOString().slice(0, 10);
}

/** "02:00" of a local time. */
export function clockOf(localMs: number): string {
  return new Date(localMs).toISOString().slice(11, 16);
}

/** "18 Nov" of a local time. */
export function shortDayOf(localMs: number): string {
  const date = new Date(localMs);
  return `${date.getUTCDate()} ${monthNames[date.getUTCMonth()]}`;
}

/** "18 Nov 2026" of a local time. */
export function dateOf(localMs: number): string {
  return `${shortDayOf(localMs)} ${new Date(localMs).getUTCFullYear()}`;
}

/** How times are written: in which zone, and from which year the year is left out. */
export interface Shown {
  readonly zone: string;
  readonly nowMs: number;
}

/** "02:00". */
export function timeIn(atMs: number, zone: string): string {
  return clockOf(localTimeOf(atMs, zone));
}

/** "Sun 22 Nov", and the year when it is another one than now. */
function dayIn(atMs: number, { zone, nowMs }: Shown): string {
  const localMs = localTimeOf(atMs, zone);
  const isThisYear = new Date(localMs).getUTCFullYear() === new Date(localTimeOf(nowMs, zone)).getUTCFullYear();
  return `${weekdayName(weekdayOf(localMs))} ${isThisYear ? shortDayOf(localMs) : dateOf(localMs)}`;
}

/** "Sun 22 Nov, 02:00". */
export function momentIn(atMs: number, shown: Shown): string {
  return `${dayIn(atMs, shown)}, ${timeIn(atMs, shown.zone)}`;
}

/** "Sun 22 Nov, 02:00 to 04:00"; the end's day only when it is another one. */
export function windowIn(
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  shown: Shown,
): string {
  return `${momentIn(startMs, shown)} to ${endIn(endMs, { fromMs: startMs, shown })}`;
}

/** "04:00", with its day when that is not the day of `fromMs`. */
export function endIn(atMs: number, { fromMs, shown }: { readonly fromMs: number; readonly shown: Shown }): string {
  const isSameDay = isoDayOf(localTimeOf(fromMs, shown.zone)) === isoDayOf(localTimeOf(atMs, shown.zone));
  return isSameDay ? timeIn(atMs, shown.zone) : momentIn(atMs, shown);
}

/** "UTC+1" at that moment. */
export function offsetTextOf(zone: string, atMs: number): string {
  return offsetText(localTimeOf(atMs, zone) - atMs);
}

/** "Europe/Berlin, UTC+1"; "UTC" alone. */
export function zoneText(zone: string, atMs: number): string {
  return zone === 'UTC' ? zone : `${zone}, ${offsetTextOf(zone, atMs)}`;
}

/** What people call it: "Berlin", "New York", "UTC". */
export function zoneCity(zone: string): string {
  return zone.slice(zone.lastIndexOf('/') + 1).replaceAll('_', ' ');
}

/** Zone of the page's times; a browser that says UTC by another name has UTC. */
export function pageZone(): string {
  return plainZone(displayZoneName());
}

export function browserZone(): string {
  return plainZone(Intl.DateTimeFormat().resolvedOptions().timeZone);
}

function plainZone(zone: string): string {
  return /^(Etc\/)?(UTC|UCT|GMT|Universal|Zulu|Greenwich)$/.test(zone) ? 'UTC' : zone;
}

export interface ZoneChoice {
  readonly zone: string;
  readonly offset: string;
}

/**
 * Zones whose name or offset has all words of the query ("new york", "+5:30"); UTC and the browser's come first. Those
 * of this browser: it is asked for its list.
 */
export function findZones(query: string, atMs: number): readonly ZoneChoice[] {
  const words = query.toLowerCase().replaceAll('_', ' ').replaceAll('-', '\u2212').split(/\s+/).filter(Boolean);
  const zones = [...new Set([browserZone(), 'UTC', ...Intl.supportedValuesOf('timeZone')])];
  return zones
    .map((zone) => ({ zone, offset: offsetTextOf(zone, atMs) }))
    .filter(({ zone, offset }) => {
      const text = `${zone.replaceAll('_', ' ').replaceAll('-', '\u2212')} ${offset}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
}
