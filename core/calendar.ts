/**
 * UTC days and months as whole numbers, which storage is divided by: a day is the number of days since
 * 1970-01-01, a month is named by the day it begins with. Nothing here depends on a time zone.
 */

export const dayMs = 86_400_000;

/** The UTC day that an instant (epoch ms) lies in. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / dayMs);
}

/** First instant of a day, epoch ms. */
export function dayStartMs(day: number): number {
  return day * dayMs;
}

/** The first day of the month that a day lies in. */
export function monthOf(day: number): number {
  const date = new Date(day * dayMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / dayMs;
}

/** The first day of the month after the one that a day lies in. */
export function nextMonthOf(day: number): number {
  const date = new Date(day * dayMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / dayMs;
}
