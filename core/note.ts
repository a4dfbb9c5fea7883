/**
 * A note on charts, as plain data: a deploy, a reboot, a change of a cable. Which hosts it means is `selector.ts`.
 */
import type { HostSelector } from './rule-spec.ts';

/** What somebody writes. */
export interface NoteDraft {
  /** Epoch ms. */
  readonly atMs: number;
  /** Its end, epoch ms; null for a moment. */
  readonly untilMs: number | null;
  readonly text: string;
  /** On whose charts it stands. */
  readonly hosts: HostSelector;
  /** Empty for nobody in particular. */
  readonly author: string;
}

export interface Note extends NoteDraft {
  readonly id: number;
  readonly createdMs: number;
}

/** As in the database: lists look back that far for a note that reaches into their span. */
export const noteSpanMsMax = 366 * 86_400_000;
