/**
 * A message in words: one line that says it all, and one line for each event, newest first. Everything that came from a
 * host, a rule or a person is hostile: it is made one line of visible text here, and escaped by whoever knows the place
 * where it goes.
 */
import { cutText } from '#core/utf8.ts';
import type { NoticeEvent, NoticeMessage } from './notice.ts';

const nameCharactersMax = 120;
const messageCharactersMax = 300;
/** A title and a line of which every character is escaped stay below 2,000: the smallest bound of a service. */
const titleCharactersMax = 250;
const lineCharactersMax = 600;

/** One line of visible text of at most so many characters: no controls, no line ends, nothing that turns the direction of writing. */
export function plainLine(text: string, charactersMax: number): string {
  const line = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    // Half of a pair, and marks that reorder what follows them ("moc.live" for "evil.com").
    .replace(/[\p{Cs}]/gu, '\u{FFFD}')
    .replace(/[\u200B\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/g, '')
    .trim();
  return cutText(line, charactersMax);
}

/** "3 firing, 1 resolved: Disk nearly full"; "Firing, critical: Disk nearly full on web-1" for one target. */
export function titleOf(message: NoticeMessage): string {
  return cutText(wholeTitleOf(message), titleCharactersMax);
}

function wholeTitleOf(message: NoticeMessage): string {
  const newest = newestOfTargets(message.events);
  const [first] = newest;
  if (first === undefined) return 'Pulsewire';
  const plain = newest.find((event) => isOfHub(event));
  if (plain !== undefined) return plainLine(plain.message, titleCharactersMax);
  if (newest.length === 1 && message.omittedCount === 0)
    return `${stateOf(first)}, ${first.severity}: ${nameOf(first.ruleName)}${placeOf(first)}`;
  const firingCount = newest.filter(({ isFiring }) => isFiring).length;
  const counts = [
    ...(firingCount > 0 ? [`${firingCount} firing`] : []),
    ...(newest.length > firingCount ? [`${newest.length - firingCount} resolved`] : []),
    ...(message.omittedCount > 0 ? [`${message.omittedCount} more`] : []),
  ];
  return `${counts.join(', ')}: ${rulesOf(newest)}${hostOf(newest)}`;
}

/**
 * One line for each event, newest first. Of a single event the title has said state, rule and place: a telephone shows the
 * first words only, and they should be what is new. Behind them is room for what the rule is for.
 */
export function linesOf(message: NoticeMessage): string[] {
  const [event, ...others] = message.events;
  const isAlone = others.length === 0 && message.omittedCount === 0;
  const text = event === undefined ? '' : plainLine(event.message, messageCharactersMax);
  if (event !== undefined && isAlone && text !== '' && !isOfHub(event))
    return [cutText(`${text} (${timesOf(event)})${summaryOf(event)}`, lineCharactersMax)];
  return message.events.map((event) => cutText(lineOf(event), lineCharactersMax)).reverse();
}

/** The newest event of each target, in the order in which they happened. */
export function newestOfTargets(events: readonly NoticeEvent[]): NoticeEvent[] {
  const newest = new Map<string, NoticeEvent>();
  for (const event of events) {
    newest.delete(event.targetKey);
    newest.set(event.targetKey, event);
  }
  return [...newest.values()];
}

/** The worst of what still fires; `info` when nothing does. */
export function severityOf(message: NoticeMessage): NoticeEvent['severity'] {
  const severities = newestOfTargets(message.events)
    .filter(({ isFiring }) => isFiring)
    .map(({ severity }) => severity);
  if (severities.includes('critical')) return 'critical';
  return severities.includes('warning') ? 'warning' : 'info';
}

/** Whether anything in it still fires. */
export function isFiringIn(message: NoticeMessage): boolean {
  return newestOfTargets(message.events).some(({ isFiring }) => isFiring);
}

export interface FitOptions {
  /** What `measure` may come to for all lines together. */
  readonly sizeMax: number;
  readonly measure: (text: string) => number;
  /** Events that are not in the lines. */
  readonly omittedCount: number;
}

/** The lines one below the other, and "and 7 more" in place of those that do not fit. */
export function fitLines(lines: readonly string[], { sizeMax, measure, omittedCount }: FitOptions): string {
  const tail = (count: number) => (count === 0 ? [] : [`and ${count} more`]);
  const room = sizeMax - measure(`\nand ${lines.length + omittedCount} more`);
  const all = [...lines, ...tail(omittedCount)].join('\n');
  if (measure(all) <= sizeMax) return all;
  let size = 0;
  let count = 0;
  for (const line of lines) {
    size += measure(`${line}\n`);
    if (size > room) break;
    count += 1;
  }
  return [...lines.slice(0, count), ...tail(lines.length - count + omittedCount)].join('\n');
}

export const characters = (text: string): number => text.length;
export const bytes = (text: string): number => Buffer.byteLength(text);

function lineOf(event: NoticeEvent): string {
  const text = plainLine(event.message, messageCharactersMax);
  if (isOfHub(event)) return `${text} (${formatTime(event.atMs)})`;
  const rule = nameOf(event.ruleName);
  const place = placeOf(event);
  const said = text === '' ? '' : `: ${text}`;
  return `${stateOf(event)}, ${event.severity}: ${rule}${place}${said} (${timesOf(event)})`;
}

/** ". A filesystem has been nearly full for 5 minutes", of what fires. */
function summaryOf({ summary = '', isFiring }: NoticeEvent): string {
  const text = isFiring ? plainLine(summary, messageCharactersMax) : '';
  return text === '' ? '' : `. ${text}`;
}

function stateOf({ kind, isFiring }: NoticeEvent): string {
  switch (kind) {
    case 'repeated':
      return 'Still firing';
    case 'escalated':
      return 'Not acknowledged';
    case 'fired':
    case 'resolved':
    case 'told':
    case 'storageDown':
    case 'storageBack':
    case 'test':
      return isFiring ? 'Firing' : 'Resolved';
  }
}

function timesOf(event: NoticeEvent): string {
  const sinceMs = event.firedMs ?? event.atMs;
  if (event.isFiring) return event.kind === 'fired' ? formatTime(event.atMs) : `since ${formatTime(sinceMs)}`;
  const endMs = event.resolvedMs ?? event.atMs;
  return `${formatTime(endMs)}, after ${formatDuration(endMs - sinceMs)}`;
}

/** Of the hub itself: there is no rule, the message is all. */
function isOfHub({ kind }: NoticeEvent): boolean {
  return kind === 'storageDown' || kind === 'storageBack' || kind === 'test';
}

function placeOf({ hostName, series }: NoticeEvent): string {
  const place = [hostName, series].map(nameOf).filter((name) => name !== '');
  return place.length === 0 ? '' : ` on ${place.join(' ')}`;
}

function rulesOf(events: readonly NoticeEvent[]): string {
  const names = [...new Set(events.map(({ ruleName }) => nameOf(ruleName)))];
  const [first = ''] = names;
  if (names.length === 1) return first;
  return names.length === 2 ? `${first}, ${names[1]}` : `${first} and ${names.length - 1} other rules`;
}

/** " on web-1" when it is one host. */
function hostOf(events: readonly NoticeEvent[]): string {
  const names = new Set(events.map(({ hostName }) => nameOf(hostName)));
  const [name = ''] = names;
  return names.size === 1 && name !== '' ? ` on ${name}` : '';
}

function nameOf(text: string): string {
  return plainLine(text, nameCharactersMax);
}

/** "2026-11-27 02:30:00 UTC". */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime())
    ? 'at an unknown time'
    : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** "45 s", "12 min", "3 h 5 min", "2 d 4 h". */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
