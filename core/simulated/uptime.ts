/**
 * When a simulated host runs: from one boot to the next, without the time in between.
 *
 * Time is cut into cells that are the same for everybody; what goes wrong in a cell is drawn from the cell alone, so any
 * span can be computed by itself. Each cell of two weeks has one restart, with the machine away for a minute or two;
 * two of three cells of four weeks have one outage of minutes to hours. While a host is down it has no ticks.
 */
import { dayMs } from '../calendar.ts';
import type { HostNature } from './host-nature.ts';
import { seedOf, uniformAt } from './noise.ts';

/** A stretch of running, from `fromMs` up to but without `toMs`. */
export interface UpSpan {
  /** When the machine was booted; before `fromMs` where the span asked for begins later. */
  readonly bootMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

interface DownSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

const restartCellMs = 14 * dayMs;
const outageCellMs = 28 * dayMs;
const outageShare = 2 / 3;
const restartMsMin = 40_000;
const restartMsMax = 130_000;
const outageMsMin = 20 * 60_000;
const outageMsMax = 10 * 3_600_000;

/** The stretches of running that touch fromMs..toMs, cut to it, in order. */
export function upSpans(nature: HostNature, span: { readonly fromMs: number; readonly toMs: number }): UpSpan[] {
  const { fromMs, toMs } = span;
  // The last boot before the span lies in this cell of restarts or the one before.
  const downs = downSpans(nature, { fromMs: fromMs - 2 * restartCellMs, toMs });
  const ups: UpSpan[] = [];
  // Before the first boot that is known nothing compares as running.
  let bootMs = Number.NaN;
  for (let index = 0; index <= downs.length; index += 1) {
    const endMs = Math.min(toMs, downs[index]?.fromMs ?? toMs);
    const startMs = Math.max(fromMs, bootMs);
    if (startMs < endMs) ups.push({ bootMs, fromMs: startMs, toMs: endMs });
    bootMs = downs[index]?.toMs ?? bootMs;
  }
  return ups;
}

/** When the host is away, in order; what overlaps or touches is one. */
function downSpans(nature: HostNature, span: { readonly fromMs: number; readonly toMs: number }): DownSpan[] {
  const found = [...restarts(nature, span), ...outages(nature, span)].sort((a, b) => a.fromMs - b.fromMs);
  const merged: DownSpan[] = [];
  for (const down of found) {
    const last = merged.at(-1);
    if (last !== undefined && down.fromMs <= last.toMs)
      merged[merged.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, down.toMs) };
    else merged.push(down);
  }
  return merged;
}

function* restarts(nature: HostNature, { fromMs, toMs }: DownSpan): Generator<DownSpan> {
  const seed = seedOf(nature.seed, 'restart');
  for (let cell = Math.floor(fromMs / restartCellMs); cell * restartCellMs < toMs; cell += 1) {
    const forMs = restartMsMin + (restartMsMax - restartMsMin) * uniformAt(seed, cell * 2);
    yield placeIn(cell * restartCellMs, { cellMs: restartCellMs, forMs, part: uniformAt(seed, cell * 2 + 1) });
  }
}

function* outages(nature: HostNature, { fromMs, toMs }: DownSpan): Generator<DownSpan> {
  const seed = seedOf(nature.seed, 'outage');
  for (let cell = Math.floor(fromMs / outageCellMs); cell * outageCellMs < toMs; cell += 1) {
    if (uniformAt(seed, cell * 3) >= outageShare) continue;
    // Squared, so that most are short.
    const forMs = outageMsMin + (outageMsMax - outageMsMin) * uniformAt(seed, cell * 3 + 1) ** 2;
    yield placeIn(cell * outageCellMs, { cellMs: outageCellMs, forMs, part: uniformAt(seed, cell * 3 + 2) });
  }
}

/** A stretch of whole ms that lies inside its cell. */
function placeIn(
  cellStartMs: number,
  { cellMs, forMs, part }: { readonly cellMs: number; readonly forMs: number; readonly part: number },
): DownSpan {
  const fromMs = cellStartMs + Math.floor(part * (cellMs - forMs));
  return { fromMs, toMs: fromMs + Math.floor(forMs) };
}
