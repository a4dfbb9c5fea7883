/**
 * The hub's REST answers as this program's types: what the dashboard lives on while there is no WebSocket.
 * Answers are checked where they come in; a field that is not as expected is left out, a whole answer that is not
 * ends in 'failed'.
 */
import { type AlertRow, type HostState, hostStates } from '#core/message.ts';
import { tiers } from '#core/tier.ts';
import { overviewKeys } from '../model/overview/metrics.ts';
import { holds, type StorageFigures, type TierFigures } from '../model/storage-view.ts';
import type { HubClient } from './client.ts';
import { openAlertsOf } from './open-alerts.ts';
import { entriesOf, listOf, msOf, numberOf, textOf, textRecordOf } from './parse.ts';

export interface PolledHost {
  /** null when the hub does not say. */
  readonly id: number | null;
  /** Empty for none. */
  readonly alias: string;
  readonly state: HostState;
  readonly tags: Readonly<Record<string, string>>;
  /** Epoch ms; 0 when never seen. */
  readonly lastMs: number;
  /** As in the hub's `hosts`. */
  readonly downtimeUntilMs: number;
  readonly intervalMs: number;
  readonly facts: Readonly<Record<string, string>>;
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
  /** All that are pending or firing; null when the hub cannot tell. */
  readonly alerts: readonly AlertRow[] | null;
  /** The hub's clock, from the head of the answer; null when it does not say. */
  readonly hubMs: number | null;
}

export interface Api {
  /** Every host with the newest values of the overview, or 'failed': the next round will tell. */
  readFleet(): Promise<PolledFleet | 'failed'>;
  /** What is stored and what it takes. */
  readStorage(): Promise<StorageFigures | 'failed'>;
}

/** Of thousands of hosts all values would be megabytes. */
const latestPath = `/fetch/latest?${new URLSearchParams(overviewKeys.map((key) => ['series', key]))}`;

export function createApi(client: HubClient): Api {
  return {
    async readFleet() {
      const [hosts, latest, alerts] = await Promise.all([
        client.getJson('/api/v1/hosts'),
        client.getJson(latestPath),
        client.getJson('/api/v1/alerts?state=open&limit=1000'),
      ]);
      if (hosts.kind === 'failed' || latest.kind === 'failed') return 'failed';
      const { body, hubMs } = latest.value;
      return {
        hosts: parseHosts(hosts.value.body),
        latest: parseLatest(body),
        alerts: alerts.kind === 'failed' ? null : openAlertsOf(alerts.value.body),
        hubMs,
      };
    },
    async readStorage() {
      const asked = await client.getJson('/api/v1/storage');
      return asked.kind === 'failed' ? 'failed' : parseStorage(asked.value.body);
    },
  };
}

/** Body of `/api/v1/hosts`: `{name: {id, alias, tags, facts, status, interval, last_seen, downtime_until}}`, times in epoch seconds. */
export function parseHosts(body: unknown): Map<string, PolledHost> {
  const hosts = new Map<string, PolledHost>();
  for (const [name, row] of entriesOf(body)) {
    const fields = new Map(entriesOf(row));
    const state = hostStates.find((word) => word === fields.get('status')) ?? 'never';
    hosts.set(name, {
      id: numberOf(fields.get('id')),
      alias: textOf(fields.get('alias')),
      state,
      tags: textRecordOf(fields.get('tags')),
      lastMs: msOf(fields.get('last_seen')) ?? 0,
      downtimeUntilMs: msOf(fields.get('downtime_until')) ?? 0,
      intervalMs: msOf(fields.get('interval')) ?? 1_000,
      facts: textRecordOf(fields.get('facts')),
    });
  }
  return hosts;
}

/** Body of `/fetch/latest`: `{name: {metrics, tags, timestamp}}`, the time in epoch seconds. */
export function parseLatest(body: unknown): Map<string, PolledTick> {
  const latest = new Map<string, PolledTick>();
  for (const [name, row] of entriesOf(body)) {
    const fields = new Map(entriesOf(row));
    const timeMs = msOf(fields.get('timestamp')) ?? 0;
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
      lastMs: msOf(retention.get('last_run')),
      hold: holds.find((word) => word === retention.get('hold')) ?? null,
      droppedBytes: numberOf(retention.get('dropped_bytes')) ?? 0,
    },
    compaction: {
      isRunning: compaction.get('is_running') === true,
      lastMs: msOf(compaction.get('last_run')),
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
      oldestMs: msOf(fields.get('oldest')),
      keepDays: numberOf(fields.get('keep_days')) ?? 0,
      isShortened: fields.get('is_shortened') === true,
    },
  ];
}
