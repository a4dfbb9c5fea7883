/**
 * Queries as the archive thread serves them: answered, and written in the form that was asked for, in turns of a few ms.
 */
import { encodeQueryColumns, type QueriedSeries } from '#core/query-columns.ts';
import { sliceBuckets } from '#core/rollup.ts';
import { pushedNameOf } from '../push-body.ts';
import { csvText, jsonTexts, pointsText } from './answer-text.ts';
import { QueryLimitError, type QueryPorts } from './known-blocks.ts';
import { namedAnswer } from './named-answer.ts';
import { runQuery } from './query.ts';
import { planQuery } from './query-plan.ts';
import type { QueryRequest } from './query-request.ts';
import { Turn } from './turn.ts';

/** `points`: the old shape, of one series. */
export type QueryFormat = 'json' | 'columns' | 'points' | 'envelope';

export interface FormattedQuery {
  readonly request: QueryRequest;
  readonly format: QueryFormat;
}

/** A part of an export: its span begins at `fromMs` and is `widthMs` wide; 0 lets the thread choose. */
export interface ExportRequest {
  readonly request: QueryRequest;
  readonly fromMs: number;
  readonly widthMs: number;
}

export interface ExportPart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the next part begins and how wide it may be; null after the last. */
  readonly next: { readonly fromMs: number; readonly widthMs: number } | null;
}

/** Lines of a part: some 5 MB of text. */
const partRowsWanted = 50_000;
const firstWidthMs = 600_000;
const firstSteps = 100;
const growthMax = 8;
/** Parts tried out until one is neither too much nor less than a bucket. */
const triesMax = 24;

export async function answerQuery(
  ports: QueryPorts,
  { request, format }: FormattedQuery,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const answer = namedAnswer(await runQuery(ports, request, signal), request);
  if (format === 'columns') return encodeQueryColumns(answer) as Uint8Array<ArrayBuffer>;
  if (format !== 'json') {
    // A name with a star in it means others as well.
    const names = request.patterns.flatMap((key) => [key, pushedNameOf(key)]);
    const series = answer.series.find((one) => names.includes(one.series));
    return encode([pointsText(series, { envelope: format === 'envelope' })]);
  }
  return encode(await inTurns(jsonTexts(answer), signal));
}

/**
 * Lines of one stretch of time, by host and series in it. The caller asks for one part after the other and so sets the
 * pace: nothing is held in between. Parts are cut where no bucket of any series is open, and grow or shrink towards so many lines.
 */
export async function exportPart(
  ports: QueryPorts,
  { request, fromMs, widthMs }: ExportRequest,
  signal: AbortSignal,
): Promise<ExportPart> {
  const { stepMs } = planQuery({ ...request, tierMin: 'raw', rawSamples: 0 });
  const resolution = stepMs === 0 ? request.resolution : ({ kind: 'step', stepMs } as const);
  let width = widthMs > 0 ? widthMs : stepMs === 0 ? firstWidthMs : stepMs * firstSteps;
  for (let tries = 0; ; tries += 1) {
    const endMs = Math.min(request.endMs, fromMs + Math.ceil(width));
    try {
      const part = { ...request, startMs: fromMs, endMs, resolution };
      const { series } = namedAnswer(await runQuery(ports, part, signal), request);
      const cutMs = endMs === request.endMs ? endMs : lastWhole(series, endMs);
      if (cutMs <= fromMs && tries < triesMax) {
        width *= growthMax;
        continue;
      }
      const toMs = cutMs > fromMs ? cutMs : endMs;
      const whole = series.map((one) => before(one, toMs));
      const bytes = encode(await inTurns(lines(whole), signal));
      const growth = Math.min(growthMax, Math.max(1 / growthMax, partRowsWanted / Math.max(1, rowsOf(whole))));
      return { bytes, next: toMs >= request.endMs ? null : { fromMs: toMs, widthMs: width * growth } };
    } catch (error) {
      if (!(error instanceof QueryLimitError) || width <= 1 || tries >= triesMax) throw error;
      width = Math.max(1, width / growthMax);
    }
  }
}

/** The last instant up to `endMs` at which no bucket of any series is open. */
function lastWhole(series: readonly QueriedSeries[], endMs: number): number {
  let commonMs = 1;
  for (const { content } of series)
    if (content.kind === 'buckets') commonMs = (commonMs / greatestDivisor(commonMs, content.stepMs)) * content.stepMs;
  return commonMs === 1 ? endMs : Math.floor(endMs / commonMs) * commonMs;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** What of a series lies before `toMs`: a part of samples is cut by its span already. */
function before(series: QueriedSeries, toMs: number): QueriedSeries {
  const { content } = series;
  if (content.kind === 'samples') return series;
  let count = content.buckets.starts.length;
  while (count > 0 && content.buckets.starts[count - 1]! >= toMs) count -= 1;
  return { ...series, content: { ...content, buckets: sliceBuckets(content.buckets, 0, count) } };
}

function rowsOf(series: readonly QueriedSeries[]): number {
  return series.reduce(
    (sum, { content }) => sum + (content.kind === 'samples' ? content.samples.times : content.buckets.starts).length,
    0,
  );
}

function* lines(series: readonly QueriedSeries[]): Generator<string> {
  for (const one of series) yield csvText(one);
}

async function inTurns(texts: Iterable<string>, signal: AbortSignal): Promise<string[]> {
  const turn = new Turn();
  const parts: string[] = [];
  for (const text of texts) {
    parts.push(text);
    await turn.yield();
    signal.throwIfAborted();
  }
  return parts;
}

function encode(texts: readonly string[]): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(texts.join(''));
}
