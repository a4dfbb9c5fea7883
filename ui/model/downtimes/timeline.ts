/**
 * The rows and bars of the timeline: what is active now, what is once, what comes again, each with its windows in the
 * time that is shown. Places are shares of the track's width. Pure.
 */
import type { Schedule } from '#core/downtime.ts';
import type { ScheduleWindow } from '#core/schedule.ts';
import { formatDuration } from '../format.ts';
import { type DowntimeRow, scheduleText } from './downtime-row.ts';
import { windowsOf } from './lookup.ts';
import { placeOf, type ShownSpan } from './shown-span.ts';
import { endIn, type Shown, timeIn, windowIn } from './zone-text.ts';

export interface Bar extends ScheduleWindow {
  /** 0..1 of the track, cut at its edges. */
  readonly left: number;
  readonly width: number;
  readonly phase: 'past' | 'active' | 'future' | 'draft';
  readonly label: string;
  readonly labelPlace: 'inside' | 'right' | 'left' | 'none';
  /** The whole window, for the tooltip and those who do not see the place. */
  readonly text: string;
}

export interface TimelineRow {
  /** null: the draft of the form. */
  readonly row: DowntimeRow | null;
  readonly title: string;
  readonly below: string;
  readonly isRecurring: boolean;
  readonly bars: readonly Bar[];
}

export interface TimelineGroup {
  readonly id: 'active' | 'once' | 'recurring';
  readonly title: string;
  /** "1 host muted, ends 17:00"; only of active ones. */
  readonly note: string;
  readonly rows: readonly TimelineRow[];
}

export interface DraftRow {
  readonly title: string;
  readonly applies: string;
  readonly schedule: Schedule;
  /** The one that is edited; null for a new one. */
  readonly id: number | null;
}

export interface TimelineWanted {
  readonly rows: readonly DowntimeRow[];
  readonly span: ShownSpan;
  readonly shown: Shown;
  readonly draft: DraftRow | null;
  /** Width of the track in px: whether a label has room. */
  readonly trackPx: number;
}

/** Of 11 px text, on average, and the space around a label. */
const characterPx = 6;
const labelMarginPx = 12;
/** A window of seconds is still seen. */
export const barPxMin = 8;

const groupTitles = { active: 'Active now', once: 'One time', recurring: 'Recurring' } as const;

/** Groups that have rows. A downtime that is active stands in that group alone; one without a window in sight nowhere. */
export function timelineGroups(wanted: TimelineWanted): readonly TimelineGroup[] {
  const { rows, draft } = wanted;
  const groups = { active: [] as TimelineRow[], once: [] as TimelineRow[], recurring: [] as TimelineRow[] };
  for (const row of rows) {
    const { schedule } = row.downtime.spec;
    if (draft !== null && draft.id === row.downtime.id) continue;
    const windows = windowsOf(schedule, wanted.span);
    if (windows.length === 0 && row.state !== 'active') continue;
    const group = row.state === 'active' ? 'active' : schedule.kind;
    groups[group].push(rowOf(row, windows, wanted));
  }
  if (draft !== null) groups[draft.schedule.kind].push(draftRow(draft, wanted));
  return (['active', 'once', 'recurring'] as const)
    .filter((id) => groups[id].length > 0)
    .map((id) => ({
      id,
      title: groupTitles[id],
      note: id === 'active' ? activeNote(groups.active, wanted.shown) : '',
      rows: id === 'once' ? groups.once.sort((a, b) => startOf(a) - startOf(b)) : groups[id],
    }));
}

function startOf({ bars }: TimelineRow): number {
  return bars[0]?.startMs ?? Number.POSITIVE_INFINITY;
}

function rowOf(row: DowntimeRow, windows: readonly ScheduleWindow[], wanted: TimelineWanted): TimelineRow {
  const { shown } = wanted;
  const { title, applies, isRecurring, downtime } = row;
  const { schedule } = downtime.spec;
  const when = isRecurring
    ? `, ${scheduleText(schedule, shown)}`
    : row.state === 'over'
      ? endedText(schedule, shown)
      : '';
  return { row, title, below: applies + when, isRecurring, bars: barsOf(windows, wanted, isRecurring) };
}

function endedText(schedule: Schedule, shown: Shown): string {
  return schedule.kind === 'once' ? `, ended ${endIn(schedule.endMs, { fromMs: shown.nowMs, shown })}` : '';
}

function draftRow({ title, applies, schedule, id }: DraftRow, wanted: TimelineWanted): TimelineRow {
  const bars = barsOf(windowsOf(schedule, wanted.span), wanted, schedule.kind === 'recurring');
  return {
    row: null,
    title: title === '' ? 'New downtime' : title,
    below: `${applies}, ${id === null ? 'draft' : 'as changed'}`,
    isRecurring: schedule.kind === 'recurring',
    bars: bars.map((bar) => ({ ...bar, phase: 'draft' as const })),
  };
}

function barsOf(windows: readonly ScheduleWindow[], wanted: TimelineWanted, isRecurring: boolean): readonly Bar[] {
  const { span, shown, trackPx } = wanted;
  const edges = windows.map(({ startMs, endMs }) => {
    const left = Math.max(0, placeOf(span, startMs));
    return { left, right: Math.max(left, Math.min(1, placeOf(span, endMs))) };
  });
  return windows.map((window, index) => {
    const { left, right } = edges[index]!;
    const phase = window.endMs <= shown.nowMs ? 'past' : window.startMs <= shown.nowMs ? 'active' : 'future';
    const label = labelOf(window, { phase, shown, isRecurring });
    const room = {
      inside: (right - left) * trackPx,
      right: ((edges[index + 1]?.left ?? 1) - right) * trackPx - barPxMin,
      left: (left - (edges[index - 1]?.right ?? 0)) * trackPx,
    };
    const neededPx = label.length * characterPx + labelMarginPx;
    const labelPlace = (['inside', 'right', 'left'] as const).find((place) => room[place] >= neededPx) ?? 'none';
    return { ...window, left, width: right - left, phase, label, labelPlace, text: windowIn(window, shown) };
  });
}

function labelOf(
  { startMs, endMs }: ScheduleWindow,
  { phase, shown, isRecurring }: { readonly phase: Bar['phase']; readonly shown: Shown; readonly isRecurring: boolean },
): string {
  if (phase === 'active') return `${formatDuration(endMs - shown.nowMs)} left of ${formatDuration(endMs - startMs)}`;
  if (isRecurring) return timeIn(startMs, shown.zone);
  const isShort = endMs - startMs < 6 * 86_400_000;
  const end = endIn(endMs, { fromMs: startMs, shown });
  // Of the days ahead the name of the weekday is enough: "Sun 22:00".
  return `${timeIn(startMs, shown.zone)} to ${isShort ? end.replace(/^(\w+) [^,]*, /, '$1 ') : end}`;
}

function activeNote(rows: readonly TimelineRow[], shown: Shown): string {
  const ends = rows.flatMap(({ row }) => (row?.window === null || row === null ? [] : [row.window.endMs]));
  const hosts = rows.reduce((sum, { row }) => sum + (row?.hostCount ?? 0), 0);
  const first = Math.min(...ends);
  const ended = ends.length === 1 ? 'ends' : 'the first ends';
  const who = rows.length === 1 ? `${hosts === 1 ? '1 host' : `${hosts} hosts`} muted, ` : '';
  return `${who}${ended} ${endIn(first, { fromMs: shown.nowMs, shown })}`;
}
