/**
 * The hub: composition root of its main thread.
 *
 * The address is taken first, so that a port in use is said at once; then the database, then the engine. While
 * an external database cannot be reached the hub listens all the same, authenticates nobody, and says why.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { ConfigError } from '#core/errors.ts';
import { Access } from './access.ts';
import { type HubConfig, keepDaysOf, readHubConfig } from './config.ts';
import { type Database, openDatabase, startServer } from './database.ts';
import { Engine } from './engine.ts';
import { EngineSlot } from './engine-slot.ts';
import { type EnrolmentKey, readEnrolmentKey } from './enrolment-key.ts';
import { HttpError, jsonAnswer, type Route } from './http.ts';
import { removeHubAddress, writeHubAddress } from './hub-address.ts';
import type { Credential } from './intake/agent-session.ts';
import { createLog, type LogSettings } from './log.ts';
import { HubMetrics } from './metrics.ts';
import { aggregateRoutes } from './routes/aggregate.ts';
import { fetchRoutes } from './routes/fetch.ts';
import { historyRoutes } from './routes/history.ts';
import { hostRoutes } from './routes/hosts.ts';
import { openApiRoute } from './routes/openapi.ts';
import { pageRoutes } from './routes/pages.ts';
import { pushRoute } from './routes/push.ts';
import { queryRoutes } from './routes/query.ts';
import { storageRoute } from './routes/storage.ts';
import { wipeRoute } from './routes/wipe.ts';
import { Sockets } from './sockets.ts';
import { codeOf } from './store/connect.ts';
import { Wiper } from './wiper.ts';

export interface RunHubOptions {
  /** null: every setting has its default. */
  readonly configFile: string | null;
  /** Aborted to stop: everything accepted is stored first. */
  readonly signal: AbortSignal;
  readonly onListening: (hub: { readonly url: string; readonly enrolmentKeyFile: string | null }) => void;
}

/** Where this package's files are: this file is `dist/hub.js`. */
const packageFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const databaseRetryMs = 2_000;

/** Runs the hub until `signal` is aborted. Rejects with ConfigError for what the operator must change. */
export async function runHub(options: RunHubOptions): Promise<void> {
  const config = readHubConfig(options.configFile, process.env);
  const logSettings: LogSettings = { level: config.logLevel, isPretty: process.stderr.isTTY === true };
  const log = createLog(logSettings);
  const version = readVersion();
  log.info(
    {
      version,
      node: process.version,
      config: { ...config, databaseUrl: config.databaseUrl === null ? null : '(secret)' },
    },
    'hub.starting',
  );
  const fatal = failures(log);

  const dataFolder = resolve(config.dataFolder ?? join(packageFolder, 'data'));
  const metrics = new HubMetrics();
  const slot = new EngineSlot((database) => {
    const engine = createEngine(database);
    metrics.attach(engine);
    engine.run();
    return engine;
  });
  let key: EnrolmentKey | null = null;
  let wiper: Wiper | null = null;
  const sockets = new Sockets<Credential>({
    agents: slot.agentEndpoint,
    viewers: slot.viewerEndpoint,
    routes: routesOf({ slot, wiperOf: () => wiper ?? unready(slot), metrics, version }),
    access: new Access([hostname(), config.host, ...config.allowedHosts]),
    log,
    onRefused: (code) => metrics.refused(code),
  });
  const createEngine = (database: Database) =>
    new Engine({
      config,
      log,
      version,
      start: {
        connection: database.connection,
        log: logSettings,
        rawFloorDay: database.floors.raw,
        retention: { keepDays: keepDaysOf(config), storageBytesMax: config.storageBytesMax },
      },
      databaseFolder: config.databaseUrl === null ? dataFolder : null,
      known: database.known,
      enrolmentHash: key!.hash,
      storageFile: new URL('./storage.js', import.meta.url),
      archiveFile: new URL('./archive.js', import.meta.url),
      publish: (topic, bytes) => sockets.publish(topic, bytes),
      onFatal: fatal.fail,
    });
  const port = await listen(sockets, config);
  const embedded = await startServer(config, { dataFolder, log }).catch((error: unknown) => {
    sockets.close();
    throw error;
  });
  try {
    if (!existsSync(dataFolder)) mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    key = readEnrolmentKey({ env: process.env, file: config.enrolmentKeyFile, dataFolder });
    const reach = (retriesAlways: boolean) =>
      reachDatabase(config, { embedded, log, slot, signal: options.signal, retriesAlways });
    const database = await reach(embedded === null);
    if (database === null) return;
    slot.start(database);
    const { connection } = database;
    const reopen = () =>
      reach(true).catch((error: unknown) => {
        fatal.fail(error instanceof Error ? error : new Error(String(error)));
        return null;
      });
    wiper = new Wiper({ slot, connection, enrolmentHash: key.hash, reopen, log });
    const url = `http://${urlHostOf(config.host)}:${port}`;
    writeHubAddress(dataFolder, url);
    log.info({ host: config.host, port }, 'hub.listening');
    options.onListening({ url, enrolmentKeyFile: key.file });

    const timer = watchLoop(metrics);
    await Promise.race([aborted(options.signal), fatal.failed]);
    clearInterval(timer);
    log.info('hub.stopping');
    sockets.stopListening();
    await slot.stop();
  } finally {
    removeHubAddress(dataFolder);
    sockets.close();
    await embedded?.stop();
    fatal.release();
  }
  log.info('hub.stopped');
}

async function listen(sockets: Sockets<Credential>, config: HubConfig): Promise<number> {
  const port = await sockets.listen(config.host, config.port);
  if (port !== null) return port;
  throw new ConfigError([
    `"host" and "port" must be an address of this machine that is free: got ${config.host}:${config.port}, which another program may hold`,
  ]);
}

/** How a browser on this machine reaches the address that is listened on. */
function urlHostOf(host: string): string {
  if (host === '127.0.0.1' || host === '0.0.0.0' || host === '::' || host === '::1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** For a request that comes before the database is known. */
function unready(slot: EngineSlot): never {
  slot.require();
  throw new HttpError(503, 'Cannot answer yet: the hub starts', { 'retry-after': '5' });
}

/** Opens the database, trying again while it is away if that is wanted; null when stopped meanwhile. */
async function reachDatabase(
  config: HubConfig,
  options: {
    readonly embedded: Awaited<ReturnType<typeof startServer>>;
    readonly log: Logger;
    readonly slot: EngineSlot;
    readonly signal: AbortSignal;
    readonly retriesAlways: boolean;
  },
): Promise<Database | null> {
  const { embedded, log, slot, signal, retriesAlways } = options;
  const sqlFolder = join(packageFolder, 'sql');
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      return await openDatabase(config, { embedded, sqlFolder, log, nowMs: Date.now() });
    } catch (error) {
      if (error instanceof ConfigError || !retriesAlways) throw error;
      slot.waitsFor = `the database, which cannot be reached (${codeOf(error)})`;
      if (attempt === 0) log.error({ reason: codeOf(error) }, 'database.unreachable');
      await sleep(databaseRetryMs, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

function routesOf(options: {
  readonly slot: EngineSlot;
  readonly wiperOf: () => Wiper;
  readonly metrics: HubMetrics;
  readonly version: string;
}): Route[] {
  const { slot, wiperOf, metrics, version } = options;
  const engineOf = () => slot.require();
  const open = { method: 'get', isChange: false, isOpen: true, bodyBytesMax: 0 } as const;
  return [
    ...pageRoutes(join(packageFolder, 'dist', 'ui')),
    ...fetchRoutes(engineOf),
    ...historyRoutes(engineOf),
    ...queryRoutes(engineOf),
    ...hostRoutes(engineOf),
    pushRoute(engineOf),
    ...aggregateRoutes(engineOf),
    storageRoute(engineOf),
    wipeRoute(wiperOf),
    openApiRoute(version),
    { ...open, path: '/metrics', answer: () => metrics.answer() },
    {
      ...open,
      path: '/healthz',
      answer: () =>
        slot.engine === null
          ? jsonAnswer({ status: 'starting', storage: slot.waitsFor }, 503)
          : jsonAnswer({ status: 'ok', storage: slot.engine.status().storage }),
    },
  ];
}

/** Turns faults of ours into a rejection, so that the stop is orderly and the exit code says so. */
function failures(log: Logger) {
  const { promise: failed, reject } = deferred();
  failed.catch(() => {});
  const fail = (error: Error) => {
    log.fatal({ err: error }, 'hub.failed');
    reject(error);
  };
  const caught = (error: unknown) => fail(error instanceof Error ? error : new Error(String(error)));
  process.on('uncaughtException', caught);
  process.on('unhandledRejection', caught);
  return {
    failed,
    fail,
    release: () => {
      process.off('uncaughtException', caught);
      process.off('unhandledRejection', caught);
    },
  };
}

function deferred(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, fail) => {
    reject = fail;
  });
  return { promise, reject };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolveAborted) => {
    signal.addEventListener('abort', () => resolveAborted(), { once: true });
  });
}

/** Measures how late timers are: what keeps the loop busy keeps viewers waiting. */
function watchLoop(metrics: HubMetrics): NodeJS.Timeout {
  const everyMs = 100;
  let dueMs = performance.now() + everyMs;
  return setInterval(() => {
    const nowMs = performance.now();
    metrics.loopDelay.observe(Math.max(0, nowMs - dueMs) / 1_000);
    dueMs = nowMs + everyMs;
  }, everyMs);
}

function readVersion(): string {
  const content = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { readonly version: string };
  return content.version;
}
