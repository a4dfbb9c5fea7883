/**
 * A month as weeks of days, with the windows laid in lanes: one that lasts over several days is one bar, and keeps its
 * lane through the week. Pure.
 */
import type { ScheduleWindow } from '#core/schedule.ts';
import { instantMsOf } from '#core/schedule.ts';
import { localDayMs } from './shown-span.ts';
import { localTimeOf } from './zone-clock.ts';
import { isoDayOf, weekdayOf } from './zone-text.ts';

export interface GridDay {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly monthDay: number;
  readonly isInMonth: boolean;
  readonly isToday: boolean;
  readonly isWeekend: boolean;
  /** Windows that touch it. */
  readonly count: number;
  /** Of these, those that have no lane. */
  readonly hiddenCount: number;
}

export interface GridBar<Item> {
  readonly item: Item;
  readonly window: ScheduleWindow;
  /** Days of the week, 0 is Monday, the last one included. */
  readonly firstDay: number;
  readonly lastDay: number;
  readonly lane: number;
  /** It goes on in the week before, or the next. */
  readonly comesFromBefore: boolean;
  readonly goesOn: boolean;
}

export interface GridWeek<Item> {
  readonly days: readonly GridDay[];
  readonly bars: readonly GridBar<Item>[];
}

export interface GridItem<Item> {
  readonly item: Item;
  readonly window: ScheduleWindow;
}

export interface GridWanted {
  /** Any day of the month, `YYYY-MM-DD`. */
  readonly at: string;
  readonly zone: string;
  readonly nowMs: number;
  readonly lanes: number;
}

const dayMs = 86_400_000;

/** From the Monday of the first week to the Monday after the last, epoch ms: what windows are looked up for. */
export function gridSpan(at: string, zone: string): { readonly fromMs: number; readonly toMs: number } {
  const { firstMs, weekCount } = boundsOf(at);
  return { fromMs: instantMsOf(firstMs, zone), toMs: instantMsOf(firstMs + weekCount * 7 * dayMs, zone) };
}

export function monthGrid<Item>(items: readonly GridItem<Item>[], wanted: GridWanted): readonly GridWeek<Item>[] {
  const { zone, at } = wanted;
  const { firstMs, weekCount } = boundsOf(at);
  const placed = items
    .map(({ item, window }) => ({
      item,
      window,
      fromDay: dayIndexOf(window.startMs, firstMs, zone),
      // A window that ends at midnight does not touch the next day.
      toDay: dayIndexOf(Math.max(window.startMs, window.endMs - 1), firstMs, zone),
    }))
    .sort((a, b) => a.fromDay - b.fromDay || b.toDay - a.toDay || a.window.startMs - b.window.startMs);
  return Array.from({ length: weekCount }, (_, week) => weekOf(placed, week, { ...wanted, firstMs }));
}

interface Placed<Item> extends GridItem<Item> {
  readonly fromDay: number;
  readonly toDay: number;
}

function weekOf<Item>(
  placed: readonly Placed<Item>[],
  week: number,
  { at, zone, nowMs, lanes, firstMs }: GridWanted & { readonly firstMs: number },
): GridWeek<Item> {
  const first = week * 7;
  const bars: GridBar<Item>[] = [];
  /** The last day that is taken in each lane. */
  const takenTo: number[] = [];
  const counts = new Array<number>(7).fill(0);
  const hidden = new Array<number>(7).fill(0);
  for (const { item, window, fromDay, toDay } of placed) {
    if (toDay < first || fromDay > first + 6) continue;
    const firstDay = Math.max(0, fromDay - first);
    const lastDay = Math.min(6, toDay - first);
    const free = takenTo.findIndex((day) => day < firstDay);
    const lane = free < 0 ? takenTo.length : free;
    takenTo[lane] = lastDay;
    for (let day = firstDay; day <= lastDay; day += 1) {
      counts[day]! += 1;
      if (lane >= lanes) hidden[day]! += 1;
    }
    if (lane >= lanes) continue;
    bars.push({ item, window, firstDay, lastDay, lane, comesFromBefore: fromDay < first, goesOn: toDay > first + 6 });
  }
  const today = isoDayOf(localTimeOf(nowMs, zone));
  const days = counts.map((count, index) => {
    const localMs = firstMs + (first + index) * dayMs;
    const day = isoDayOf(localMs);
    return {
      day,
      monthDay: new Date(localMs).getUTCDate(),
      isInMonth: day.slice(0, 7) === at.slice(0, 7),
      isToday: day === today,
      isWeekend: index > 4,
      count,
      hiddenCount: hidden[index]!,
    };
  });
  return { days, bars };
}

function dayIndexOf(atMs: number, firstMs: number, zone: string): number {
  return Math.floor((localTimeOf(atMs, zone) - firstMs) / dayMs);
}

/** The Monday of the first week, as if local times were UTC, and how many weeks the month touches. */
function boundsOf(at: string): { readonly firstMs: number; readonly weekCount: number } {
  const date = new Date(localDayMs(at));
  const monthMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  const nextMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  const firstMs = monthMs - weekdayOf(monthMs) * dayMs;
  return { firstMs, weekCount: Math.ceil((nextMs - firstMs) / (7 * dayMs)) };
}
