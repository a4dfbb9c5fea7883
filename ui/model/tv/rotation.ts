/**
 * Which page TV mode shows. Pages follow each other in turn; a new critical alert goes before all of them and stays.
 * Pure: the clock comes in as an argument.
 *
 *   fleet ──(turn)──► alerts ──(turn)──► busiest ──(turn)──► fleet …
 *     └──────── a new critical alert ────────► alerts, held for 60 s
 */

export const tvPages = ['fleet', 'alerts', 'busiest'] as const;
export type TvPage = (typeof tvPages)[number];

export const holdMs = 60_000;

export interface Rotation {
  readonly page: TvPage;
  readonly sinceMs: number;
  /** When the next page comes. */
  readonly untilMs: number;
}

export interface RotationFacts {
  readonly nowMs: number;
  readonly turnMs: number;
  /** Without any, their page is passed over. */
  readonly hasAlerts: boolean;
}

export function firstPage({ nowMs, turnMs }: RotationFacts): Rotation {
  return { page: 'fleet', sinceMs: nowMs, untilMs: nowMs + turnMs };
}

/** The page now: the same rotation until its time is over. */
export function turn(rotation: Rotation, facts: RotationFacts): Rotation {
  const { nowMs, turnMs, hasAlerts } = facts;
  const isEmpty = rotation.page === 'alerts' && !hasAlerts;
  // A clock that was set back must not hold a page for hours.
  const isOver = nowMs >= rotation.untilMs || nowMs < rotation.sinceMs;
  if (!isOver && !isEmpty) return rotation;
  let page = tvPages[(tvPages.indexOf(rotation.page) + 1) % tvPages.length]!;
  if (page === 'alerts' && !hasAlerts) page = 'busiest';
  return { page, sinceMs: nowMs, untilMs: nowMs + turnMs };
}

/** A critical alert has begun to fire. */
export function jumpToAlerts({ nowMs, turnMs }: Omit<RotationFacts, 'hasAlerts'>): Rotation {
  return { page: 'alerts', sinceMs: nowMs, untilMs: nowMs + Math.max(holdMs, turnMs) };
}
