/**
 * The time that the timeline shows: a day of hours, a week or a month of days, by the clock of a zone. Columns are
 * equally wide whatever the clock does in them, so a moment has its place within its column: a day of 25 hours is
 * narrower by the hour. Pure.
 */
import { instantMsOf } from '#core/schedule.ts';
import type { DowntimesRoute } from '../route.ts';
import { localTimeOf } from './zone-clock.ts';
import { clockOf, dateOf, isoDayOf, shortDayOf, weekdayName, weekdayOf } from './zone-text.ts';

export type SpanKind = DowntimesRoute['span'];

export interface SpanColumn {
  readonly startMs: number;
  readonly endMs: number;
  /** "Wed" above "18 Nov"; of hours and months only the latter. */
  readonly head: string;
  readonly label: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly isNow: boolean;
  readonly isWeekend: boolean;
}

export interface ShownSpan {
  readonly kind: SpanKind;
  readonly columns: readonly SpanColumn[];
  readonly fromMs: number;
  readonly toMs: number;
  /** "16 to 22 Nov 2026". */
  readonly title: string;
}

export interface SpanWanted {
  readonly span: SpanKind;
  /** `YYYY-MM-DD`, or '' for today. */
  readonly at: string;
  readonly zone: string;
  readonly nowMs: number;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const longMonths = 'January February March April May June July August September October November December'.split(' ');

export function shownSpan({ span, at, zone, nowMs }: SpanWanted): ShownSpan {
  const today = isoDayOf(localTimeOf(nowMs, zone));
  const first = firstDayOf(span, localDayMs(at === '' ? today : at));
  const count = span === 'day' ? 1 : span === 'week' ? 7 : daysInMonth(first);
  const days = Array.from({ length: count + 1 }, (_, index) => first + index * dayMs);
  const starts = days.map((localMs) => instantMsOf(localMs, zone));
  const columns =
    span === 'day'
      ? hourColumns({ fromMs: starts[0]!, toMs: starts[1]!, zone, nowMs })
      : days.slice(0, -1).map((localMs, index) => ({
          startMs: starts[index]!,
          endMs: starts[index + 1]!,
          head: weekdayName(weekdayOf(localMs)),
          label: span === 'week' ? shortDayOf(localMs) : String(new Date(localMs).getUTCDate()),
          day: isoDayOf(localMs),
          isNow: isoDayOf(localMs) === today,
          isWeekend: weekdayOf(localMs) > 4,
        }));
  return { kind: span, columns, fromMs: starts[0]!, toMs: starts[count]!, title: titleOf(span, first) };
}

/** The day to be shown after so many steps of a span, `YYYY-MM-DD`. */
export function shiftedDay(day: string, span: SpanKind, steps: number): string {
  const localMs = localDayMs(day);
  if (span !== 'month') return isoDayOf(localMs + steps * (span === 'day' ? 1 : 7) * dayMs);
  const date = new Date(localMs);
  return isoDayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + steps, 1));
}

/** Place of a moment, 0 at the left edge and 1 at the right one; beyond them for what is not shown. */
export function placeOf(span: ShownSpan, atMs: number): number {
  const { columns } = span;
  const at = columns.findIndex(({ endMs }) => atMs < endMs);
  const index = at < 0 ? columns.length - 1 : at;
  const { startMs, endMs } = columns[index]!;
  return (index + (atMs - startMs) / (endMs - startMs)) / columns.length;
}

/** Local midnight of a day, as if it were UTC. */
export function localDayMs(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

function firstDayOf(span: SpanKind, localMs: number): number {
  if (span === 'day') return localMs;
  if (span === 'week') return localMs - weekdayOf(localMs) * dayMs;
  return localMs - (new Date(localMs).getUTCDate() - 1) * dayMs;
}

function daysInMonth(firstMs: number): number {
  const date = new Date(firstMs);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** Hours that pass: on days of a clock change 23 or 25 of them. */
function hourColumns(day: {
  readonly fromMs: number;
  readonly toMs: number;
  readonly zone: string;
  readonly nowMs: number;
}): SpanColumn[] {
  const { fromMs, toMs, zone, nowMs } = day;
  const columns: SpanColumn[] = [];
  for (let startMs = fromMs; startMs < toMs; startMs += hourMs) {
    const localMs = localTimeOf(startMs, zone);
    const endMs = Math.min(toMs, startMs + hourMs);
    const isNow = startMs <= nowMs && nowMs < endMs;
    columns.push({
      startMs,
      endMs,
      head: '',
      label: clockOf(localMs),
      day: isoDayOf(localMs),
      isNow,
      isWeekend: false,
    });
  }
  return columns;
}

function titleOf(span: SpanKind, firstMs: number): string {
  if (span === 'day') return `${weekdayName(weekdayOf(firstMs))} ${dateOf(firstMs)}`;
  const first = new Date(firstMs);
  if (span === 'month') return `${longMonths[first.getUTCMonth()]} ${first.getUTCFullYear()}`;
  const lastMs = firstMs + 6 * dayMs;
  const last = new Date(lastMs);
  if (first.getUTCFullYear() !== last.getUTCFullYear()) return `${dateOf(firstMs)} to ${dateOf(lastMs)}`;
  if (first.getUTCMonth() !== last.getUTCMonth()) return `${shortDayOf(firstMs)} to ${dateOf(lastMs)}`;
  return `${first.getUTCDate()} to ${dateOf(lastMs)}`;
}
