/**
 * Fingers and the Shift key over a chart: one finger moves the cursor, two zoom, Shift and drag pans. What a mouse does
 * else is uPlot's; vertical moves of a finger scroll the page, which `touch-action` sees to.
 */
import type { Window } from './model/charts/chart-data.ts';
import { spanMsMin } from './model/time-range.ts';

export interface ChartSurface {
  /** Element that lies over the plot, as wide as it. */
  readonly over: HTMLElement;
  window(): Window;
  /** Moves the shared cursor to so many CSS pixels from the left edge. */
  pointAt(left: number): void;
  /** The window moves along; `isDone` with the last call. */
  moved(window: Window, isDone: boolean): void;
}

interface Finger {
  readonly startX: number;
  x: number;
}

/** Follows a drag with Shift until the button is let go. */
export function startPan(event: MouseEvent, surface: ChartSurface): void {
  const { fromMs, toMs } = surface.window();
  const msPerPx = (toMs - fromMs) / Math.max(1, surface.over.clientWidth);
  const at = (x: number): Window => {
    const byMs = (event.clientX - x) * msPerPx;
    return { fromMs: fromMs + byMs, toMs: toMs + byMs };
  };
  const move = (moved: MouseEvent) => surface.moved(at(moved.clientX), false);
  const end = (ended: MouseEvent) => {
    document.removeEventListener('mousemove', move);
    if (ended.clientX !== event.clientX) surface.moved(at(ended.clientX), true);
  };
  document.addEventListener('mousemove', move);
  document.addEventListener('mouseup', end, { once: true });
}

export function followFingers(surface: ChartSurface): void {
  const { over } = surface;
  const fingers = new Map<number, Finger>();
  let start: Window | null = null;
  let last: Window | null = null;

  const leftOf = (clientX: number) => clientX - over.getBoundingClientRect().left;
  const restart = () => {
    start = fingers.size === 2 ? surface.window() : null;
    for (const [id, { x }] of fingers) fingers.set(id, { startX: x, x });
  };
  over.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch') return;
    fingers.set(event.pointerId, { startX: leftOf(event.clientX), x: leftOf(event.clientX) });
    restart();
  });
  over.addEventListener('pointermove', (event) => {
    const finger = fingers.get(event.pointerId);
    if (finger === undefined) return;
    finger.x = leftOf(event.clientX);
    if (fingers.size === 1) surface.pointAt(finger.x);
    if (start === null) return;
    last = pinched(start, [...fingers.values()], over.clientWidth);
    surface.moved(last, false);
  });
  const ended = (event: PointerEvent) => {
    if (!fingers.delete(event.pointerId)) return;
    if (last !== null) surface.moved(last, true);
    last = null;
    restart();
  };
  over.addEventListener('pointerup', ended);
  over.addEventListener('pointercancel', ended);
}

/** The window in which the two times that the fingers took hold of lie under them again. */
export function pinched({ fromMs, toMs }: Window, fingers: readonly Finger[], width: number): Window {
  const [one, other] = [...fingers].sort((a, b) => a.startX - b.startX);
  if (one === undefined || other === undefined) return { fromMs, toMs };
  const spanMs = toMs - fromMs;
  const timeOf = (x: number) => fromMs + (x / Math.max(1, width)) * spanMs;
  const apart = Math.max(8, other.x - one.x);
  const newSpanMs = Math.max(spanMsMin, ((timeOf(other.startX) - timeOf(one.startX)) / apart) * width);
  const newFromMs = timeOf(one.startX) - (one.x / Math.max(1, width)) * newSpanMs;
  return { fromMs: newFromMs, toMs: newFromMs + newSpanMs };
}
