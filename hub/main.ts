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
import { readEnrolmentKey } from './enrolment-key.ts';
import { HttpError, jsonAnswer, type Route } from './http.ts';
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
import type { AgentEndpoint, ViewerEndpoint } from './sockets/endpoints.ts';
import { Sockets } from './sockets.ts';
import { codeOf } from './store/connect.ts';

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
  const live: { engine: Engine | null; waitsFor: string } = { engine: null, waitsFor: 'the database' };
  const engineOf = () => {
    if (live.engine !== null) return live.engine;
    throw new HttpError(503, `Cannot answer yet: the hub waits for ${live.waitsFor}`, { 'retry-after': '5' });
  };
  const sockets = new Sockets<Credential>({
    agents: agentEndpoint(live),
    viewers: viewerEndpoint(live),
    routes: routesOf({ engineOf, live, metrics, version }),
    access: new Access([hostname(), config.host, ...config.allowedHosts]),
    log,
    onRefused: (code) => metrics.refused(code),
  });
  const port = await listen(sockets, config);
  const embedded = await startServer(config, { dataFolder, log }).catch((error: unknown) => {
    sockets.close();
    throw error;
  });
  try {
    if (!existsSync(dataFolder)) mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    const key = readEnrolmentKey({ env: process.env, file: config.enrolmentKeyFile, dataFolder });
    const database = await reachDatabase(config, { embedded, log, live, signal: options.signal });
    if (database === null) return;
    const engine = new Engine({
      config,
      log,
      version,
      start: {
        connection: database.connection,
        log: logSettings,
        rawFloorDay: database.floors.raw,
        retention: { keepDays: keepDaysOf(config), storageBytesMax: config.storageBytesMax },
      },
      databaseFolder: embedded === null ? null : dataFolder,
      known: database.known,
      enrolmentHash: key.hash,
      storageFile: new URL('./storage.js', import.meta.url),
      archiveFile: new URL('./archive.js', import.meta.url),
      publish: (topic, bytes) => sockets.publish(topic, bytes),
      onFatal: fatal.fail,
    });
    live.engine = engine;
    metrics.attach(engine);
    engine.run();
    const url = `http://${urlHostOf(config.host)}:${port}`;
    log.info({ host: config.host, port }, 'hub.listening');
    options.onListening({ url, enrolmentKeyFile: key.file });

    const timer = watchLoop(metrics);
    await Promise.race([aborted(options.signal), fatal.failed]);
    clearInterval(timer);
    log.info('hub.stopping');
    sockets.stopListening();
    await engine.stop();
  } finally {
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

/** Opens the database, trying again while an external one is away; null when stopped meanwhile. */
async function reachDatabase(
  config: HubConfig,
  options: {
    readonly embedded: Awaited<ReturnType<typeof startServer>>;
    readonly log: Logger;
    readonly live: { waitsFor: string };
    readonly signal: AbortSignal;
  },
): Promise<Database | null> {
  const { embedded, log, live, signal } = options;
  const sqlFolder = join(packageFolder, 'sql');
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      return await openDatabase(config, { embedded, sqlFolder, log, nowMs: Date.now() });
    } catch (error) {
      if (error instanceof ConfigError || embedded !== null) throw error;
      live.waitsFor = `the database, which cannot be reached (${codeOf(error)})`;
      if (attempt === 0) log.error({ reason: codeOf(error) }, 'database.unreachable');
      await sleep(databaseRetryMs, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

interface Live {
  engine: Engine | null;
  waitsFor: string;
}

function routesOf(options: {
  readonly engineOf: () => Engine;
  readonly live: Live;
  readonly metrics: HubMetrics;
  readonly version: string;
}): Route[] {
  const { engineOf, live, metrics, version } = options;
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
    openApiRoute(version),
    { ...open, path: '/metrics', answer: () => metrics.answer() },
    {
      ...open,
      path: '/healthz',
      answer: () =>
        live.engine === null
          ? jsonAnswer({ status: 'starting', storage: live.waitsFor }, 503)
          : jsonAnswer({ status: 'ok', storage: live.engine.status().storage }),
    },
  ];
}

function agentEndpoint(live: Live): AgentEndpoint<Credential> {
  return {
    authenticate: async (bearer) => {
      if (live.engine === null)
        return { status: 503, why: `Cannot accept agent: the hub waits for ${live.waitsFor}`, retryAfterSec: 5 };
      // Its ticks would be given times that have expired: they are safe in its spool until the clock is right.
      if (live.engine.keeper.isClockBehind(Date.now()))
        return { status: 503, why: 'Cannot accept agent: the clock of the hub is behind', retryAfterSec: 10 };
      return await live.engine.agents.authenticate(bearer);
    },
    opened: (socket, credential) => live.engine?.agents.opened(socket, credential),
    received: (socket, bytes) => live.engine?.agents.received(socket, bytes),
    ponged: (socket) => live.engine?.agents.ponged(socket),
    closed: (socket) => live.engine?.agents.closed(socket),
  };
}

function viewerEndpoint(live: Live): ViewerEndpoint {
  return {
    opened: (socket) => {
      if (live.engine === null) socket.close(1013, `Cannot show anything yet: the hub waits for ${live.waitsFor}`);
      else live.engine.viewerEndpoint.opened(socket);
    },
    received: (socket, bytes) => live.engine?.viewerEndpoint.received(socket, bytes),
    drained: (socket) => live.engine?.viewerEndpoint.drained(socket),
    dropped: (socket) => live.engine?.viewerEndpoint.dropped(socket),
    closed: (socket) => live.engine?.viewerEndpoint.closed(socket),
  };
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
