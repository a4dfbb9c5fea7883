/**
 * How the hub itself is: what runs, on what, how busy, and how near each of its bounds.
 *
 * A bound is any metric `x_max` with a metric `x` beside it, so one that a later part adds is seen by itself. Whatever cannot be
 * known now is null: this must answer while the database is away, which is when it is looked at.
 */
import { totalmem } from 'node:os';
import { isNodeOld, lastDayOfNode } from '#core/node-release.ts';
import type { AuditLog } from './access/audit-log.ts';
import type { ReadWarnings, Warning } from './access/warnings.ts';
import type { Engine } from './engine.ts';
import type { LoopDelay, LoopDelays } from './loop-delays.ts';
import type { HubMetrics, MetricReading } from './metrics.ts';
import type { Certificate } from './network/certificate.ts';
import type { HubRights } from './store/roles.ts';
import type { ServerFacts } from './store/server-facts.ts';

export interface Bound {
  /** As the metric is called, without its prefix. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
  readonly max: number;
}

export interface Health {
  readonly atMs: number;
  readonly startedMs: number;
  readonly version: string;
  readonly node: { readonly version: string; readonly lastDay: string | null; readonly isOld: boolean };
  readonly warnings: readonly Pick<Warning, 'text'>[];
  readonly loop: LoopDelay | null;
  /** Share of the time since the last look that each thread was busy. */
  readonly threads: readonly { readonly name: string; readonly busyRatio: number }[];
  readonly memory: { readonly residentBytes: number; readonly heapBytes: number; readonly machineBytes: number };
  readonly database: {
    readonly isEmbedded: boolean;
    readonly state: 'stored' | 'delayed' | 'away' | 'starting';
    readonly rights: HubRights | null;
    readonly facts: ServerFacts | null;
    /** From asking to the answer. */
    readonly answerMs: number | null;
    /** By how much its clock is ahead of the hub's. */
    readonly aheadMs: number | null;
  };
  readonly diskFreeBytes: number | null;
  readonly bounds: readonly Bound[];
  /** What was refused since the start, by its code, most first. */
  readonly refused: readonly { readonly code: string; readonly count: number }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly certificate: { readonly endsMs: number; readonly names: readonly string[] } | null;
  readonly audit: Pick<AuditLog, 'count' | 'writtenCount' | 'mergedCount' | 'lostCount'>;
}

export interface HealthPorts {
  readonly version: string;
  readonly metrics: HubMetrics;
  readonly audit: AuditLog;
  readonly delays: LoopDelays;
  readonly warnings: ReadWarnings;
  readonly isEmbedded: boolean;
  engine(): Engine | null;
  rights(): HubRights | null;
  certificate(): Certificate | null;
  nowMs(): number;
}

/** What a person wants to see as a number. */
const counted = ['hosts', 'agents', 'viewers', 'people', 'sessions', 'api_tokens', 'connections'];
const refusals = ['refused_total', 'limited_total', 'tries_limited_total'];
/** A thread that is stuck, or a database that hangs, must not keep the page from being shown. */
const factsMsMax = 3_000;

export class HealthReader {
  readonly #ports: HealthPorts;
  readonly #startedMs: number;
  #load = performance.eventLoopUtilization();

  constructor(ports: HealthPorts) {
    this.#ports = ports;
    this.#startedMs = ports.nowMs();
  }

  async read(): Promise<Health> {
    const { version, metrics, audit, delays, warnings, isEmbedded, nowMs } = this.#ports;
    const engine = this.#ports.engine();
    const [readings, server] = await Promise.all([
      within(metrics.readings(), []),
      engine === null ? null : within(this.#askServer(engine), null),
    ]);
    const { rss, heapUsed } = process.memoryUsage();
    const certificate = this.#ports.certificate();
    const { count, writtenCount, mergedCount, lostCount } = audit;
    return {
      atMs: nowMs(),
      startedMs: this.#startedMs,
      version,
      node: {
        version: process.version,
        lastDay: lastDayOfNode(process.version),
        isOld: isNodeOld(process.version, nowMs()),
      },
      warnings: warnings().map(({ text }) => ({ text })),
      loop: delays.read(),
      threads: [{ name: 'main', busyRatio: this.#ownLoad() }, ...(engine?.threadLoads() ?? [])],
      memory: { residentBytes: rss, heapBytes: heapUsed, machineBytes: totalmem() },
      database: {
        isEmbedded,
        state: engine?.status().storage ?? 'starting',
        rights: this.#ports.rights(),
        facts: server?.facts ?? null,
        answerMs: server?.answerMs ?? null,
        aheadMs: server?.aheadMs ?? null,
      },
      diskFreeBytes: engine?.keeper.newest?.diskFreeBytes ?? null,
      bounds: [...boundsOf(readings), ...(server === null ? [] : [connectionBound(server.facts)])],
      refused: refusalsOf(readings),
      counts: Object.fromEntries(
        readings.filter(({ name }) => counted.includes(name)).map((one) => [one.name, sumOf(one)]),
      ),
      certificate: certificate === null ? null : { endsMs: certificate.endsMs, names: certificate.names },
      audit: { count, writtenCount, mergedCount, lostCount },
    };
  }

  async #askServer(engine: Engine) {
    const askedMs = this.#ports.nowMs();
    const facts = await engine.archive.call('serverFacts', null);
    const answeredMs = this.#ports.nowMs();
    // It looked at its clock somewhere between the two.
    return { facts, answerMs: answeredMs - askedMs, aheadMs: facts.nowMs - (askedMs + answeredMs) / 2 };
  }

  #ownLoad(): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#load);
    this.#load = now;
    return utilization;
  }
}

/** Each `x` of which there is an `x_max`. */
export function boundsOf(readings: readonly MetricReading[]): Bound[] {
  const byName = new Map(readings.map((reading) => [reading.name, reading]));
  return readings.flatMap((bound) => {
    const name = bound.name.replace(/_max$/, '');
    const of = name === 'storage_bytes' ? 'database_bytes' : name;
    const reading = byName.get(of);
    if (name === bound.name || reading === undefined || bound.values.length === 0) return [];
    return [{ name: of, help: reading.help, value: sumOf(reading), max: sumOf(bound) }];
  });
}

function connectionBound({ connections, connectionsMax }: ServerFacts): Bound {
  const help = 'Connections of all programs to the database server';
  return { name: 'database_connections', help, value: connections, max: connectionsMax };
}

function refusalsOf(readings: readonly MetricReading[]): { code: string; count: number }[] {
  return readings
    .filter(({ name }) => refusals.includes(name))
    .flatMap(({ values }) =>
      values.map(({ labels, value }) => ({ code: Object.values(labels).join(' '), count: value })),
    )
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count);
}

function sumOf({ values }: MetricReading): number {
  return values.reduce((sum, { value }) => sum + value, 0);
}

async function within<T>(work: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), factsMsMax);
  });
  try {
    return await Promise.race([work.catch(() => otherwise), late]);
  } finally {
    clearTimeout(timer);
  }
}
