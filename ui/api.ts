/**
 * The hub's REST answers as this program's types: what the dashboard lives on while there is no WebSocket.
 * Answers are checked where they come in; a field that is not as expected is left out, a whole answer that is not
 * ends in 'failed'.
 */
import { type HostState, hostStates } from '#core/message.ts';
import { tiers } from '#core/tier.ts';
import { holds, type StorageFigures, type TierFigures } from './model/storage-view.ts';

export interface PolledHost {
  readonly state: HostState;
  readonly tags: Readonly<Record<string, string>>;
  /** Epoch ms; 0 when never seen. */
  readonly lastMs: number;
}

export interface PolledTick {
  readonly timeMs: number;
  /** By series key. */
  readonly values: ReadonlyMap<string, number>;
}

/** Both maps are by the name of the host. */
export interface PolledFleet {
  readonly hosts: ReadonlyMap<string, PolledHost>;
  readonly latest: ReadonlyMap<string, PolledTick>;
  /** The hub's clock, from the head of the answer; null when it does not say. */
  readonly hubMs: number | null;
}

export interface Api {
  /** Every host with its newest values, or 'failed': the next round will tell. */
  readFleet(): Promise<PolledFleet | 'failed'>;
  /** What is stored and what it takes. */
  readStorage(): Promise<StorageFigures | 'failed'>;
}

/** An answer that takes longer is as good as none. */
const answerMsMax = 10_000;

export function createApi(fetchAnswer: typeof fetch): Api {
  async function readJson(path: string): Promise<{ readonly body: unknown; readonly hubMs: number | null }> {
    const answer = await fetchAnswer(path, {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(answerMsMax),
    });
    if (!answer.ok) throw new TypeError(`Cannot read ${path}: the hub must answer 200: got ${answer.status}`);
    const dateMs = Date.parse(answer.headers.get('date') ?? '');
    return { body: await answer.json(), hubMs: Number.isNaN(dateMs) ? null : dateMs };
  }

  /** What `read` makes of the answers, or 'failed'. */
  async function orFailed<T>(read: () => Promise<T>): Promise<T | 'failed'> {
    try {
      return await read();
    } catch (error) {
      // No network, no answer in time, not 200, not JSON: all weather.
      if (error instanceof TypeError || error instanceof DOMException || error instanceof SyntaxError) return 'failed';
      throw error;
    }
  }

  return {
    readFleet: () =>
      orFailed(async () => {
        const [hosts, latest] = await Promise.all([readJson('/fetch/hosts'), readJson('/fetch/latest')]);
        return { hosts: parseHosts(hosts.body), latest: parseLatest(latest.body), hubMs: latest.hubMs };
      }),
    readStorage: () => orFailed(async () => parseStorage((await readJson('/api/v1/storage')).body)),
  };
}

/** Body of `/fetch/hosts`: `{name: {tags, status, last_seen}}`, the time in epoch seconds. */
export function parseHosts(body: unknown): Map<string, PolledHost> {
  const hosts = new Map<string, PolledHost>();
  for (const [name, row] of entriesOf(body)) {
    const fields = new Map(entriesOf(row));
    const state = hostStates.find((word) => word === fields.get('status')) ?? 'never';
    hosts.set(name, { state, tags: textsOf(fields.get('tags')), lastMs: msOf(fields.get('last_seen')) });
  }
  return hosts;
}

/** Body of `/fetch/latest`: `{name: {metrics, tags, timestamp}}`, the time in epoch seconds. */
export function parseLatest(body: unknown): Map<string, PolledTick> {
  const latest = new Map<string, PolledTick>();
  for (const [name, row] of entriesOf(body)) {
    const fields = new Map(entriesOf(row));
    const timeMs = msOf(fields.get('timestamp'));
    if (timeMs === 0) continue;
    const values = new Map<string, number>();
    for (const [key, value] of entriesOf(fields.get('metrics'))) if (typeof value === 'number') values.set(key, value);
    latest.set(name, { timeMs, values });
  }
  return latest;
}

/** Body of `/api/v1/storage`. */
export function parseStorage(body: unknown): StorageFigures {
  const fields = new Map(entriesOf(body));
  const batches = new Map(entriesOf(fields.get('batches')));
  const retention = new Map(entriesOf(fields.get('retention')));
  const compaction = new Map(entriesOf(fields.get('compaction')));
  const warnings = fields.get('warnings');
  return {
    tiers: listOf(fields.get('tiers')).flatMap(tierOf),
    batchCount: numberOf(batches.get('count')) ?? 0,
    batchBytes: numberOf(batches.get('bytes')) ?? 0,
    databaseBytes: numberOf(fields.get('database_bytes')) ?? 0,
    storageBytesMax: numberOf(fields.get('storage_bytes_max')),
    diskFreeBytes: numberOf(fields.get('disk_free_bytes')),
    warnings: (['budget', 'disk'] as const).filter((word) => listOf(warnings).includes(word)),
    retention: {
      lastMs: msOrNull(retention.get('last_run')),
      hold: holds.find((word) => word === retention.get('hold')) ?? null,
      droppedBytes: numberOf(retention.get('dropped_bytes')) ?? 0,
    },
    compaction: {
      isRunning: compaction.get('is_running') === true,
      lastMs: msOrNull(compaction.get('last_run')),
      batches: numberOf(compaction.get('batches')) ?? 0,
      chunks: numberOf(compaction.get('chunks')) ?? 0,
    },
  };
}

function tierOf(value: unknown): TierFigures[] {
  const fields = new Map(entriesOf(value));
  const tier = tiers.find((word) => word === fields.get('tier'));
  if (tier === undefined) return [];
  return [
    {
      tier,
      bytes: numberOf(fields.get('bytes')) ?? 0,
      samples: numberOf(fields.get('samples')) ?? 0,
      oldestMs: msOrNull(fields.get('oldest')),
      keepDays: numberOf(fields.get('keep_days')) ?? 0,
      isShortened: fields.get('is_shortened') === true,
    },
  ];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function msOrNull(seconds: unknown): number | null {
  const number = numberOf(seconds);
  return number === null ? null : number * 1_000;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    entriesOf(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function msOf(seconds: unknown): number {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1_000 : 0;
}
