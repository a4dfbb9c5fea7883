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
import { AccessRoom } from './access/access-room.ts';
import { AuditLog } from './access/audit-log.ts';
import type { AuditRow } from './access/audit-row.ts';
import { readOperatorKeyHash } from './access/operator-key.ts';
import { Access } from './access/site.ts';
import { Warnings } from './access/warnings.ts';
import { readAlertsFile, reloadOnHangUp, tryAlertsFile } from './alerts-file.ts';
import {
  certificateFilesOf,
  doorLimitsOf,
  type HubConfig,
  keepDaysOf,
  noticeSettingsOf,
  readHubConfig,
  shownConfig,
} from './config.ts';
import { type Database, openDatabase, startServer } from './database.ts';
import { Engine } from './engine.ts';
import { EngineSlot } from './engine-slot.ts';
import { type EnrolmentKey, enrolmentKeyFileOf, readEnrolmentKey } from './enrolment-key.ts';
import { onHangUp } from './hang-up.ts';
import { HealthReader } from './health.ts';
import { HttpError } from './http.ts';
import { removeHubAddress, writeHubAddress } from './hub-address.ts';
import type { Credential } from './intake/agent-session.ts';
import { sharedKeys, sharedKeysWarning } from './key-file.ts';
import { createLog, type LogSettings } from './log.ts';
import { LoopDelays } from './loop-delays.ts';
import { HubMetrics } from './metrics.ts';
import { type Certificate, type CertificateFiles, readCertificate } from './network/certificate.ts';
import { CertificateKeeper } from './network/certificate-keeper.ts';
import { Doorman } from './network/doorman.ts';
import { LimitLog } from './network/limit-log.ts';
import { plainWarning, protectionOf } from './network/listening.ts';
import { registerCertificateMetrics, registerNetworkMetrics } from './network/network-metrics.ts';
import { listenedHost, ownUrl, reachedHost } from './network/own-url.ts';
import { TrustedProxies } from './network/peer-address.ts';
import { isHeldByHub } from './network/port-holder.ts';
import { routesOf } from './route-table.ts';
import { readSecretKey } from './secret-box.ts';
import { Sockets } from './sockets.ts';
import type { StorageMethods } from './storage.ts';
import { codeOf } from './store/connect.ts';
import type { HubRights } from './store/roles.ts';
import { methodsOver } from './threads/rpc.ts';
import { Wiper } from './wiper.ts';

export interface RunHubOptions {
  /** null: every setting has its default. */
  readonly configFile: string | null;
  /** Aborted to stop: everything accepted is stored first. */
  readonly signal: AbortSignal;
  /** Its settings can be used, and nothing has been begun: what this throws ends it. */
  readonly onConfigured?: (hub: {
    readonly dataFolder: string;
    /** Where the key is, or will be once it is made; null where it comes from the environment. */
    readonly enrolmentKeyFile: string | null;
    readonly isTls: boolean;
  }) => void;
  readonly onListening: (hub: {
    readonly url: string;
    /** Makes the first admin; null when there is one. */
    readonly setupLink: string | null;
    readonly enrolmentKeyFile: string | null;
    /** Certificate that an agent beside it is to trust, as no authority vouches for it; null for none. */
    readonly trustFile: string | null;
  }) => void;
}

/** Where this package's files are: this file is `dist/hub.js`. */
const packageFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const databaseRetryMs = 2_000;
/** How long a stop waits for the last entries of the audit log. */
const auditMsMax = 3_000;
const auditPollMs = 5_000;

/** Runs the hub until `signal` is aborted. Rejects with ConfigError for what the operator must change. */
export async function runHub(options: RunHubOptions): Promise<void> {
  const config = readHubConfig(options.configFile, process.env);
  let alertsFile = config.alertsFile === null ? null : readAlertsFile(config.alertsFile, process.env);
  const dataFolder = resolve(config.dataFolder ?? join(packageFolder, 'data'));
  const keyPlaces = { env: process.env, file: config.enrolmentKeyFile, dataFolder };
  options.onConfigured?.({
    dataFolder,
    enrolmentKeyFile: enrolmentKeyFileOf(keyPlaces),
    isTls: config.tlsCertFile !== null,
  });
  const logSettings: LogSettings = { level: config.logLevel, isPretty: process.stderr.isTTY === true };
  const log = createLog(logSettings);
  const version = readVersion();
  log.info(
    {
      version,
      node: process.version,
      config: shownConfig(config),
    },
    'hub.starting',
  );
  const fatal = failures(log);

  const audit = createAudit({ write: (rows) => slot.require().storage.call('recordAudit', rows), log });
  const metrics = new HubMetrics(audit);
  let rights: HubRights | null = null;
  const slot = new EngineSlot((database) => {
    rights = database.rights;
    const engine = createEngine(database);
    metrics.attach(engine);
    access.book.load(database.access);
    engine.run();
    return engine;
  });
  let key: EnrolmentKey | null = null;
  let secretKey: Uint8Array | null = null;
  let operatorHash: Uint8Array | null = null;
  const access = new AccessRoom({
    store: () => (slot.engine === null ? null : methodsOver<StorageMethods>(slot.engine.storage)),
    viewers: slot.viewerEndpoint,
    operatorHash: () => operatorHash,
    anonymousView: config.anonymousView,
    sessionIdleHours: config.sessionIdleHours,
    sessionHours: config.sessionHours,
    nowMonotonicMs: () => performance.now(),
  });
  metrics.attachAccess(access);
  let wiper: Wiper | null = null;
  const delays = new LoopDelays();
  const certificateFiles = certificateFilesOf(config);
  const certificate = certificateFiles === null ? null : usableCertificate(certificateFiles);
  const warnings = new Warnings();
  const health = new HealthReader({
    ...{ version, metrics, audit, delays, warnings: warnings.read, isEmbedded: config.databaseUrl === null },
    engine: () => slot.engine,
    rights: () => rights,
    certificate: () => keeper?.certificate ?? certificate,
    nowMs: Date.now,
  });
  const protection = protectionOf(config);
  if (protection === 'plain' && warnings.set('plain', plainWarning)) log.warn({ host: config.host }, 'listening.plain');
  const limitLog = new LimitLog(log, () => performance.now());
  const doorman: Doorman = new Doorman({
    limits: doorLimitsOf(config),
    nowMs: () => performance.now(),
    onLimited: (limit, address) => {
      countLimited(limit);
      limitLog.limited(limit, address);
    },
  });
  const countLimited = registerNetworkMetrics(metrics.registry, () => doorman);
  const sockets = new Sockets<Credential>({
    agents: slot.agentEndpoint,
    viewers: access.viewers,
    routes: routesOf({
      slot,
      access,
      warnings: warnings.read,
      wiperOf: () => wiper ?? unready(slot),
      metrics,
      version,
      health,
      packageFolder,
    }),
    access: new Access([hostname(), config.host, ...config.allowedHosts, ...(certificate?.names ?? [])]),
    doorman,
    proxies: new TrustedProxies(config.trustedProxies),
    protection,
    certificate: certificateFiles,
    gate: access.gate,
    audit: (entry) => audit.record(entry),
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
        ownerConnection: database.ownerConnection,
        log: logSettings,
        rawFloorDay: database.floors.raw,
        retention: { keepDays: keepDaysOf(config), storageBytesMax: config.storageBytesMax },
        auditDays: config.retentionAuditDays,
        secretKey: secretKey!,
        notices: noticeSettingsOf(config),
      },
      databaseFolder: config.databaseUrl === null ? dataFolder : null,
      known: database.known,
      enrolmentKey: key!,
      alertsFile,
      storageFile: new URL('./storage.js', import.meta.url),
      archiveFile: new URL('./archive.js', import.meta.url),
      publish: (topic, bytes) => sockets.publish(topic, bytes),
      audit: (event) => audit.event(event),
      onStored: () => audit.retry(),
      onFatal: fatal.fail,
    });
  const stopReloading = reloadOnHangUp(config.alertsFile, {
    log,
    stop: () => process.kill(process.pid, 'SIGTERM'),
    read: async (path) => (await slot.engine?.archive.call('alertsFile', path)) ?? tryAlertsFile(path, process.env),
    use: (file) => {
      alertsFile = file;
      return slot.engine?.alertBook.useFile(file) ?? Promise.resolve();
    },
  });
  const port = await listen(sockets, config);
  const keeper: CertificateKeeper | null =
    certificateFiles === null || certificate === null
      ? null
      : new CertificateKeeper({
          files: certificateFiles,
          first: certificate,
          log,
          nowMs: Date.now,
          renew: () => sockets.renewCertificate(),
          onWarning: (text) => {
            if (warnings.set('certificate', text) && text !== null) log.warn({ reason: text }, 'certificate.ending');
          },
        });
  const stopRenewing =
    keeper === null
      ? () => {}
      : onHangUp({ reload: () => keeper.look(), stop: () => process.kill(process.pid, 'SIGTERM') });
  if (keeper !== null) registerCertificateMetrics(metrics.registry, keeper);
  const embedded = await startServer(config, { dataFolder, log }).catch((error: unknown) => {
    sockets.close();
    throw error;
  });
  try {
    if (!existsSync(dataFolder)) mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    key = readEnrolmentKey(keyPlaces);
    secretKey = readSecretKey({ env: process.env, dataFolder });
    operatorHash = readOperatorKeyHash({ env: process.env, dataFolder });
    const shared = sharedKeys(dataFolder);
    if (shared.length > 0 && warnings.set('keys', sharedKeysWarning))
      log.warn({ dataFolder, files: shared }, 'keys.shared');
    const reach = (retriesAlways: boolean) =>
      reachDatabase(config, { embedded, log, slot, signal: options.signal, retriesAlways });
    const database = await reach(embedded === null);
    if (database === null) return;
    slot.start(database);
    const { ownerConnection: connection } = database;
    const reopen = () =>
      reach(true).catch((error: unknown) => {
        fatal.fail(error instanceof Error ? error : new Error(String(error)));
        return null;
      });
    wiper = new Wiper({ slot, connection, reopen, log });
    const url = ownUrl({ host: config.host, port, names: certificate?.names ?? null });
    writeHubAddress(dataFolder, url);
    log.info({ host: config.host, port }, 'hub.listening');
    access.run();
    options.onListening({
      url,
      setupLink: access.accounts.setupLink(url),
      enrolmentKeyFile: key.file,
      trustFile: certificate?.isSelfSigned === true ? config.tlsCertFile : null,
    });

    audit.event({ action: 'hub.started', object: version, detail: { node: process.version, pid: process.pid } });

    const timer = watchLoop(metrics, delays);
    await Promise.race([aborted(options.signal), fatal.failed]);
    clearInterval(timer);
    log.info('hub.stopping');
    sockets.stopListening();
    audit.event({ action: 'hub.stopped', object: version });
    await audit.drain(auditMsMax);
    await slot.stop();
    audit.end();
  } finally {
    removeHubAddress(dataFolder);
    sockets.close();
    await embedded?.stop();
    access.stop();
    stopReloading();
    stopRenewing();
    keeper?.close();
    fatal.release();
  }
  log.info('hub.stopped');
}

/** Throws ConfigError: a hub that starts with a wrong certificate would be reached by nobody. */
function usableCertificate(files: CertificateFiles): Certificate {
  const answer = readCertificate(files, Date.now());
  if (answer.kind === 'refused') throw new ConfigError(answer.problems);
  return answer.certificate;
}

async function listen(sockets: Sockets<Credential>, config: HubConfig): Promise<number> {
  const { host } = config;
  const port = sockets.listen(listenedHost(host), config.port);
  if (port !== null) return port;
  const holder = (await isHeldByHub(reachedHost(host), config.port))
    ? 'where another Pulsewire seems to run: stop it, or give this one a "port" and a "dataFolder" of its own in a file of settings (--config FILE)'
    : 'which another program may hold: stop it, or choose another "port" in a file of settings (--config FILE)';
  throw new ConfigError([
    `"host" and "port" must be an address of this machine that is free: got ${host}:${config.port}, ${holder}`,
  ]);
}

/** The audit log outlives an engine: a wipe is written down by the one that comes after it. */
function createAudit(options: {
  readonly write: (rows: readonly AuditRow[]) => Promise<'written' | 'unfit'>;
  readonly log: Logger;
}): AuditLog {
  const audit = new AuditLog({ ...options, nowMs: Date.now, random: Math.random });
  setInterval(() => audit.poll(Date.now()), auditPollMs).unref();
  return audit;
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
function watchLoop(metrics: HubMetrics, delays: LoopDelays): NodeJS.Timeout {
  const everyMs = 100;
  let dueMs = performance.now() + everyMs;
  return setInterval(() => {
    const nowMs = performance.now();
    const delayMs = Math.max(0, nowMs - dueMs);
    metrics.loopDelay.observe(delayMs / 1_000);
    delays.add(delayMs);
    dueMs = nowMs + everyMs;
  }, everyMs);
}

function readVersion(): string {
  const content = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { readonly version: string };
  return content.version;
}
