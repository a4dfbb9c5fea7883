/** Width of the cells of a comparison: the finest round step that the number of lines allows. Pure. */

/** About a cell a pixel of the large chart. */
const cellsMax = 800;
/** Cells of all lines: 500 lines of 120 cells are 60,000 values to ask for, to keep and to draw. */
const valuesMax = 60_000;
const cellsMin = 60;

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const steps = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * second),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minute),
  ...[1, 2, 3, 6, 12].map((count) => count * hour),
  ...[1, 2, 7, 14, 28].map((count) => count * day),
];

/** Shortest time between two questions for the newest values of hosts that are not followed live. */
const refreshMsMin = 5 * second;

export interface StepFacts {
  readonly spanMs: number;
  readonly lineCount: number;
  /** Whether the newest values come by asking again and again: a cell is then no shorter than the time between. */
  readonly isRefreshed: boolean;
}

/** Ms. */
export function stepOf({ spanMs, lineCount, isRefreshed }: StepFacts): number {
  const cells = Math.max(cellsMin, Math.min(cellsMax, valuesMax / Math.max(1, lineCount)));
  const least = Math.max(spanMs / cells, isRefreshed ? refreshMsMin : 0);
  return steps.find((step) => step >= least) ?? steps.at(-1)!;
}

/** How long the newest cells may stay as they are: a step, but not less than hub and eyes can bear. */
export function refreshMsOf(stepMs: number): number {
  return Math.max(refreshMsMin, stepMs);
}
