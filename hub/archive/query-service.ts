/**
 * Queries as the archive thread serves them: answered, and written in the form that was asked for, in turns of a few ms.
 */
import { encodeQueryColumns, type QueriedSeries } from '#core/query-columns.ts';
import { pushedNameOf } from '../push-body.ts';
import { csvText, jsonTexts, pointsText } from './answer-text.ts';
import { namedAnswer } from './named-answer.ts';
import { QueryLimitError, type QueryPorts, runQuery } from './query.ts';
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
 * pace: nothing is held in between. Parts are cut at whole steps and grow or shrink towards so many lines.
 */
export async function exportPart(
  ports: QueryPorts,
  { request, fromMs, widthMs }: ExportRequest,
  signal: AbortSignal,
): Promise<ExportPart> {
  const { stepMs } = planQuery({ ...request, tierMin: 'raw', rawSamples: 0 });
  const unitMs = Math.max(1, stepMs);
  let width = widthMs > 0 ? widthMs : stepMs === 0 ? firstWidthMs : stepMs * firstSteps;
  for (;;) {
    // Up to a multiple of the step, as the span itself may begin inside one.
    const endMs = Math.min(request.endMs, Math.floor((fromMs + Math.max(unitMs, width)) / unitMs) * unitMs);
    const resolution = stepMs === 0 ? request.resolution : ({ kind: 'step', stepMs } as const);
    try {
      const part = { ...request, startMs: fromMs, endMs, resolution };
      const answer = namedAnswer(await runQuery(ports, part, signal), request);
      let rows = 0;
      for (const { content } of answer.series)
        rows += content.kind === 'samples' ? content.samples.times.length : content.buckets.starts.length;
      const bytes = encode(await inTurns(lines(answer.series), signal));
      const growth = Math.min(growthMax, Math.max(1 / growthMax, partRowsWanted / Math.max(1, rows)));
      return { bytes, next: endMs >= request.endMs ? null : { fromMs: endMs, widthMs: (endMs - fromMs) * growth } };
    } catch (error) {
      if (!(error instanceof QueryLimitError) || width <= unitMs) throw error;
      width = Math.max(unitMs, width / growthMax);
    }
  }
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
