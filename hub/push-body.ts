/**
 * The body of `POST /metrics`: checked, and turned into ticks. Pure.
 *
 * Values with different timestamps become one tick each, in order of time. A bare number means now. Names are
 * taken as they are; one that only looks like a key with labels is kept as the label of a key (`pushedKeyOf`) and
 * shown again as it was (`pushedNameOf`).
 */
import { z } from 'zod';
import { tagsPerSideMax } from '#core/limits.ts';
import { formatSeriesKey, parseSeriesKey, seriesProblem } from '#core/series.ts';
import { hostNameProblem, isVisible, tagNameCharactersMax, tagValueCharactersMax } from './host-name.ts';
import { issueWords } from './issue-words.ts';
import { bodyError, parseJson, problemsOf, protoProblems } from './json-body.ts';

const metricsMax = 4_000;

/** Seconds since 1970, fractions allowed. Before 2001 it is a mistake, such as milliseconds of uptime. */
const timestampSchema = z.number().min(1e9).max(1e11);

export const pushBodySchema = z
  .object({
    hostname: z.string().min(1).max(240),
    client_id: z.string().min(1).max(255),
    tags: z
      .record(z.string().max(tagNameCharactersMax), z.string().max(tagValueCharactersMax))
      .meta({ maxProperties: tagsPerSideMax })
      .default({}),
    metrics: z
      .record(
        z.string().min(1),
        z.union([z.number(), z.object({ value: z.number(), timestamp: timestampSchema })], {
          error: 'a number is wanted, or an object with a number "value" and a "timestamp" in epoch seconds',
        }),
      )
      .meta({ maxProperties: metricsMax }),
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

const ticksMax = 1_000;
/** Clocks may be wrong; a year of the next century is a mistake that would stand above everything for ever. */
const futureMsMax = 86_400_000;

/** Throws HttpError 400 with everything that is wrong. */
export function parsePush(body: Uint8Array, nowMs: number): ParsedPush {
  const content = parseJson(body);
  const parsed = pushBodySchema.safeParse(content, { error: issueWords });
  if (!parsed.success) throw bodyError('accept metrics', problemsOf(parsed.error));
  const { hostname: hostName, client_id: clientId, tags, metrics } = parsed.data;
  const ticks = toTicks(metrics, nowMs);
  const problems = [...protoProblems(content), ...pushProblems({ hostName, tags, metrics, ticks, nowMs })];
  if (problems.length > 0) throw bodyError('accept metrics', problems);
  const isTimed = Object.values(metrics).every((reading) => typeof reading !== 'number');
  return { hostName, clientId, tags, ticks, isTimed };
}

function toTicks(metrics: PushBody['metrics'], nowMs: number): PushTick[] {
  const byTime = new Map<number, Map<string, number>>();
  for (const [name, reading] of Object.entries(metrics)) {
    const isBare = typeof reading === 'number';
    // Whole milliseconds: what is finer is noise, and would cost as much to store as the values.
    const timeMs = Math.round(isBare ? nowMs : reading.timestamp * 1_000);
    const values = byTime.get(timeMs) ?? new Map<string, number>();
    values.set(pushedKeyOf(name) ?? name, isBare ? reading : reading.value);
    byTime.set(timeMs, values);
  }
  return [...byTime].sort(([a], [b]) => a - b).map(([timeMs, values]) => ({ timeMs, values }));
}

/** What a schema cannot say. */
function pushProblems(push: {
  readonly hostName: string;
  readonly tags: PushBody['tags'];
  readonly metrics: PushBody['metrics'];
  readonly ticks: readonly PushTick[];
  readonly nowMs: number;
}): string[] {
  const problems: string[] = [];
  const hostProblem = hostNameProblem(push.hostName);
  if (hostProblem !== null) problems.push(`hostname: ${hostProblem}`);
  const tags = Object.entries(push.tags);
  if (tags.length > tagsPerSideMax) problems.push(`tags: at most ${tagsPerSideMax} are allowed: got ${tags.length}`);
  for (const [name, value] of tags) {
    if (isVisible(name) && isVisible(value)) continue;
    problems.push(`tags: names and values are visible text: got ${JSON.stringify(name.slice(0, 80))}`);
  }
  const names = Object.keys(push.metrics);
  if (names.length === 0 || names.length > metricsMax)
    problems.push(`metrics: 1..${metricsMax} are wanted: got ${names.length}`);
  for (const name of names) {
    if (pushedKeyOf(name) !== null) continue;
    problems.push(`metrics: a name is 1..200 visible characters: got ${JSON.stringify(name.slice(0, 80))}`);
  }
  if (push.ticks.length > ticksMax)
    problems.push(`metrics: at most ${ticksMax} different timestamps are allowed: got ${push.ticks.length}`);
  const newestMs = push.ticks.at(-1)?.timeMs ?? 0;
  if (newestMs > push.nowMs + futureMsMax)
    problems.push(
      `metrics: a timestamp lies at most ${futureMsMax / 3_600_000} hours in the future: got ${newestMs / 1_000} at ${push.nowMs / 1_000}`,
    );
  return problems;
}

const aliasName = 'pushed';

/** The series key of a pushed name; null when no key can stand for it. */
export function pushedKeyOf(name: string): string | null {
  if (seriesProblem(name, '') === null && parseSeriesKey(name)?.name !== aliasName) return name;
  if (!isVisible(name) || name.trim() !== name || Array.from(name).length > 200 || name === '') return null;
  return formatSeriesKey(aliasName, { name });
}

/** What a client called the series with this key. */
export function pushedNameOf(key: string): string {
  const parsed = key.startsWith(`${aliasName}{`) ? parseSeriesKey(key) : null;
  return parsed?.labels['name'] ?? key;
}
