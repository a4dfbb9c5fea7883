/**
 * How fine a span is drawn: samples as they are while they fit, else buckets of a round width, one for each one or two
 * pixels. Round widths are multiples of each other where it counts (a minute, an hour), so that stored rollups answer
 * them. Pure.
 */

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** No two neighbours are more than a factor of two apart, so one of them is always between one and two pixels. */
export const roundStepsMs: readonly number[] = [
  ...[100, 200, 300, 500],
  ...[1, 2, 3, 5, 10, 15, 20, 30].map((count) => count * secondMs),
  ...[1, 2, 3, 5, 10, 15, 20, 30].map((count) => count * minuteMs),
  ...[1, 2, 3, 6, 12].map((count) => count * hourMs),
  ...[1, 2, 4, 7, 14, 28].map((count) => count * dayMs),
];
/** Up to so many samples a pixel are drawn as they are. */
const samplesPerPixelMax = 1.5;

export interface StepWish {
  readonly spanMs: number;
  /** Width of the plot in CSS pixels. */
  readonly widthPx: number;
  /** Time between samples. */
  readonly intervalMs: number;
}

/** Width of a bucket, ms; 0 for the samples themselves. */
export function stepFor({ spanMs, widthPx, intervalMs }: StepWish): number {
  const width = Math.max(1, widthPx);
  if (spanMs / intervalMs <= width * samplesPerPixelMax) return 0;
  const pixelMs = spanMs / width;
  const fitting = roundStepsMs.filter((stepMs) => stepMs >= intervalMs && stepMs <= 2 * pixelMs);
  return fitting.at(-1) ?? roundStepsMs.find((stepMs) => stepMs >= intervalMs) ?? roundStepsMs.at(-1)!;
}

/** How long what is shown may stay as it is while it is live: long spans are not drawn each second. */
export function refreshMsOf(spanMs: number, stepMs: number): number {
  return spanMs < dayMs ? 0 : Math.min(stepMs, minuteMs);
}
