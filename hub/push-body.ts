/**
 * The body of `POST /metrics`: checked, and turned into ticks. Pure.
 *
 * Values with different timestamps become one tick each, in order of time. A bare number means now.
 */
import { z } from 'zod';
import { cleanLabelValue, formatSeriesKey, metricNameProblem, parseSeriesKey } from '#core/series.ts';
import { HttpError } from './http.ts';

/** Seconds since 1970, fractions allowed. Before 2001 it is a mistake, such as milliseconds of uptime. */
const timestampSchema = z.number().min(1e9).max(1e11);

export const pushBodySchema = z
  .object({
    hostname: z.string().min(1).max(255),
    client_id: z.string().min(1).max(255),
    tags: z.record(z.string().max(100), z.string().max(1_000)).default({}),
    metrics: z.record(
      z.string().min(1).max(1_000),
      z.union([z.number(), z.object({ value: z.number(), timestamp: timestampSchema })]),
    ),
  })
  .describe('Metrics of one host from a client without a WebSocket. A bare number means now.');

export type PushBody = z.infer<typeof pushBodySchema>;

export interface PushTick {
  readonly timeMs: number;
  readonly values: ReadonlyMap<string, number>;
}

export interface ParsedPush {
  readonly hostName: string;
  readonly clientId: string;
  readonly tags: Readonly<Record<string, string>>;
  /** In order of time. */
  readonly ticks: readonly PushTick[];
  /** Whether every value had a timestamp, so that a retry has the very same body. */
  readonly isTimed: boolean;
}

const metricsMax = 4_000;
const ticksMax = 1_000;
const tagsMax = 64;

/** Throws HttpError 400 with everything that is wrong. */
export function parsePush(body: Uint8Array, nowMs: number): ParsedPush {
  const parsed = pushBodySchema.safeParse(parseJson(body));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.length === 0 ? 'body' : issue.path.join('.')}: ${issue.message}`,
    );
    throw new HttpError(400, `Cannot accept metrics: ${problems.slice(0, 10).join('; ')}`);
  }
  const { hostname, client_id: clientId, tags, metrics } = parsed.data;
  const entries = Object.entries(metrics);
  if (entries.length === 0 || entries.length > metricsMax)
    throw new HttpError(400, `Cannot accept metrics: 1..${metricsMax} are wanted: got ${entries.length}`);
  if (Object.keys(tags).length > tagsMax)
    throw new HttpError(400, `Cannot accept tags: at most ${tagsMax} are allowed: got ${Object.keys(tags).length}`);

  const byTime = new Map<number, Map<string, number>>();
  let isTimed = true;
  for (const [name, reading] of entries) {
    const isBare = typeof reading === 'number';
    if (isBare) isTimed = false;
    const timeMs = isBare ? nowMs : reading.timestamp * 1_000;
    const values = byTime.get(timeMs) ?? new Map<string, number>();
    values.set(seriesKeyOf(name), isBare ? reading : reading.value);
    byTime.set(timeMs, values);
  }
  if (byTime.size > ticksMax)
    throw new HttpError(
      400,
      `Cannot accept metrics: at most ${ticksMax} different timestamps are allowed: got ${byTime.size}`,
    );
  const ticks = [...byTime].sort(([a], [b]) => a - b).map(([timeMs, values]) => ({ timeMs, values }));
  return { hostName: hostname, clientId, tags, ticks, isTimed };
}

/** A canonical key as it is; any other name becomes the label of a metric that says so. */
function seriesKeyOf(name: string): string {
  if (parseSeriesKey(name) !== null) return name;
  if (metricNameProblem(name) === null) return name;
  return formatSeriesKey('pushed', { name: cleanLabelValue(name) });
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new HttpError(
      400,
      `Cannot read body: JSON is wanted: got ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
