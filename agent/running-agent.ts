/**
 * One agent, put together: collectors, sampler, spool, link. The composition root; it reads the clocks and the
 * machine's own files, and everything below it takes them as arguments. Signals and exit codes belong to `main.ts`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import type { HttpsProxyAgent as ProxyAgent } from 'https-proxy-agent';
import { type AgentSettings, metricEveryOf } from '#core/agent-settings.ts';
import { ConfigError } from '#core/errors.ts';
import { tickIntervalMsMax, tickIntervalMsMin } from '#core/limits.ts';
import { type Hello, type Id128, protocolVersion } from '#core/message.ts';
import { cleanLabelValue, type Sha256 } from '#core/series.ts';
import type { LinkPorts, LinkState } from '#core/stream/agent-link.ts';
import packageJson from '../package.json' with { type: 'json' };
import { createHostCollectors } from './collectors/all.ts';
import { type HostFolders, hostFolders } from './collectors/proc-file.ts';
import { type AgentConfig, type Environment, maskConfig } from './config.ts';
import { readFacts } from './facts.ts';
import { secured } from './hub-trust.ts';
import { readBootId, readMachineId, readMonotonicMs } from './identity.ts';
import { HubLink, type LinkCounters } from './link.ts';
import type { AgentLog } from './log.ts';
import { ownCollector } from './own-collector.ts';
import { isLocal, proxyFor } from './proxy.ts';
import type { TopProcesses } from './readings.ts';
import { createReplayPacker } from './replay.ts';
import { Sampler, type SamplerPlan } from './sampler.ts';
import { Scripts, toScriptEnv } from './scripts/scripts.ts';
import { RemoteSettings } from './settings/remote-settings.ts';
import { readKeptSettings, writeKeptSettings } from './settings/settings-file.ts';
import { hiddenPlaces } from './signed/hidden-places.ts';
import { HubScripts } from './signed/hub-scripts.ts';
import { openSpool, type SpoolCounters, type SqliteSpool, spoolRoomOf } from './spool.ts';
import { Ticker, type TickerCounters } from './ticker.ts';

export interface AgentOptions {
  readonly config: AgentConfig;
  readonly log: AgentLog;
  /** Built file of `scripts/module-worker.ts`. */
  readonly moduleWorkerFile: string;
  readonly env: Environment;
  /** Where the host's own files are. Default: at the root. */
  readonly folders?: HostFolders;
  /** Uniform in 0..1. */
  readonly random?: () => number;
}

export interface AgentCounters {
  readonly ticks: TickerCounters;
  readonly link: LinkCounters;
  readonly spool: SpoolCounters;
}

export interface RunningAgent {
  readonly agentId: Id128;
  readonly linkState: LinkState;
  readonly intervalMs: number;
  counters(): AgentCounters;
  /** Makes no more ticks, says goodbye, waits some seconds for the hub to store the last ones, and closes the spool. */
  stop(): Promise<void>;
}

const sha256: Sha256 = (bytes) => createHash('sha256').update(bytes).digest();
/** What a process name on the wire may have. */
const topTextMax = 100;
/** As long as a connection may take to come about. */
const proxyWaitMsMax = 15_000;

/** Starts an agent. Throws ConfigError when its spool belongs to another process, machine or version. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { config, log, env, folders = hostFolders(), random = Math.random } = options;
  const agentVersion = packageJson.version;
  const bootId = readBootId(folders);
  const machineId = readMachineId(folders);
  const facts = readFacts({ folders, agentVersion });
  const spoolFile = join(config.dataFolder, 'spool.sqlite');
  const host = createHostCollectors(folders);
  const scripts = new Scripts({
    folder: config.metricsFolder,
    workerFile: options.moduleWorkerFile,
    log,
    now: readMonotonicMs,
    env: toScriptEnv(env),
  });
  const hubScripts = new HubScripts({
    policy: config.scripts,
    self: { name: config.name, tags: config.tags },
    shelfFile: join(config.dataFolder, 'signed-scripts.json'),
    hidden: hiddenPlaces({
      folders: [config.dataFolder, config.metricsFolder, ...homeOf(env)],
      secretFiles: config.secretFiles,
    }),
    log,
    now: readMonotonicMs,
    nowWallMs: Date.now,
    send: (reports) => link.sendVolatile(reports),
  });
  const collectors = [...host.collectors, ownCollector(readOwn), scripts, hubScripts];
  checkCollectorNames(
    config.pinned,
    collectors.map(({ name }) => name),
  );
  const remote = startRemoteSettings();
  const spool = openSpool({
    file: spoolFile,
    bytesMax: remote.settings.spoolBytes ?? undefined,
    commitMs: config.spoolCommitMs,
    keepAcked: config.keepAcked,
    machineId: machineId ?? undefined,
    log,
    nowMs: readMonotonicMs,
  });
  createMetricsFolder(config.metricsFolder, log);

  const sampler = new Sampler({
    collectors,
    intervalMs: intervalOf(remote.settings),
    plan: planOf(remote.settings),
    seriesMax: config.seriesMax,
    sha256,
    onFailing: (collector, error) => log.warn({ collector, error: textOf(error) }, 'collector.failed'),
    onRecovered: (collector) => log.info({ collector }, 'collector.recovered'),
  });
  const ticker: Ticker = new Ticker({
    agentId: spool.identity.agentId,
    bootId,
    intervalMs: intervalOf(remote.settings),
    readClocks: () => ({ wallMs: Date.now(), monotonicMs: readMonotonicMs() }),
    newEpoch: () => randomBytes(16).toString('hex'),
    sampler,
    spool,
    onTick: (tick) => {
      link.ticked(tick);
      afterTick();
    },
    onStep: (stepMs) => {
      log.warn({ stepMs: Math.round(stepMs) }, 'clock.stepped');
      link.epochOpened();
    },
  });
  const link: HubLink = new HubLink({
    hubUrl: config.hubUrl,
    ports: linkPorts(),
    identity: () => spool.identity,
    keepIdentity: (identity) => spool.setIdentity(identity),
    enrolmentKey: config.enrolmentKey,
    trust: config.trust,
    proxyAgent: proxyAgentFor(config, { env, log }),
    log,
    nowMonotonicMs: readMonotonicMs,
    nowWallMs: Date.now,
    random,
  });

  function linkPorts(): Omit<LinkPorts, 'send' | 'isCongested'> {
    return {
      spool,
      packReplay: createReplayPacker((id) => spool.layout(id)),
      greet,
      welcomed: ({ hubId, token }) => {
        const known = spool.identity;
        if (token !== null || hubId !== known.hubId) spool.setHub({ hubId, token: token ?? known.token });
        hubScripts.linked();
        if (token !== null && config.enrolmentKeyFile !== null) removeUsedKey(config.enrolmentKeyFile, log);
      },
      openEpoch: () => {
        log.warn({}, 'epoch.forked');
        ticker.openEpoch();
      },
      scripted: (message) => hubScripts.accept(message),
      configured: (intervalMs) => {
        const { pinned, remoteSettings } = config;
        if (pinned.intervalMs === null && remoteSettings) changeInterval(intervalMs ?? intervalOf(remote.settings));
      },
      settingsGiven: (message) => {
        remote.given(message, readMonotonicMs());
        sendReport();
      },
    };
  }

  function greet(): Omit<Hello, 'kind' | 'streams'> {
    const { hubId } = spool.identity;
    const { agentId } = link;
    return {
      version: protocolVersion,
      agentId,
      hostName: config.name,
      agentVersion,
      // Without an id of the machine the spool is what makes it this one and no other.
      machineId: machineId ?? `agent:${agentId}`,
      bootId,
      wallMs: Date.now(),
      monotonicMs: readMonotonicMs(),
      tags: remote.settings.tags,
      facts: { ...facts, interval_ms: String(ticker.intervalMs), speaks: 'settings,identity,scripts' },
      hubId,
    };
  }

  /** An interval that no agent can keep is refused; the data goes on flowing at the one before. */
  function changeInterval(intervalMs: number): void {
    if (intervalMs === ticker.intervalMs) return;
    if (intervalMs < tickIntervalMsMin || intervalMs > tickIntervalMsMax) {
      log.warn({ intervalMs }, 'config.refused');
      return;
    }
    log.info({ intervalMs }, 'interval.changed');
    ticker.changeInterval(intervalMs);
  }

  function startRemoteSettings(): RemoteSettings {
    const file = join(config.dataFolder, 'settings.json');
    const kept = readKeptSettings(file);
    if (typeof kept === 'string') log.warn({ error: kept }, 'settings.unreadable');
    const { intervalMs, tags, spoolBytesMax, pinned } = config;
    return new RemoteSettings({
      own: { intervalMs, tags, spoolBytes: spoolBytesMax, collectors: {}, metrics: [] },
      pinned,
      isAllowed: config.remoteSettings,
      collectorNames: collectors.map(({ name }) => name),
      kept: typeof kept === 'string' ? null : kept,
      keep: (settings) => writeKeptSettings(file, settings),
      spoolRoom: () => spoolRoomOf(spoolFile),
      apply: (settings) => {
        changeInterval(intervalOf(settings));
        sampler.changePlan(planOf(settings));
        spool.changeBytesMax(settings.spoolBytes);
      },
      inForce: () => ({
        ...remote.settings,
        intervalMs: ticker.intervalMs,
        spoolBytes: spool.bytesMax,
        collectors: Object.fromEntries(sampler.collectors.map(({ name, isOn, every }) => [name, { isOn, every }])),
      }),
      log,
    });
  }

  function intervalOf(settings: AgentSettings): number {
    return settings.intervalMs ?? config.intervalMs;
  }

  /** Sent again after the next tick where the link has no room for it now. */
  function sendReport(): void {
    const { report } = remote;
    if (report !== null && link.sendVolatile(report)) remote.reported();
  }

  let durability = spool.durability;
  let sentTop: TopProcesses | null = null;
  function afterTick(): void {
    if (spool.durability !== durability) {
      durability = spool.durability;
      // The hub is told of the stream as the file has it now.
      if (durability === 'disk') link.restart('the spool takes ticks again');
    }
    spool.shrink();
    remote.poll(readMonotonicMs());
    sendReport();
    const top = host.top();
    if (top !== null && top !== sentTop && link.sendVolatile(toTopMessage(top))) sentTop = top;
  }

  function readOwn() {
    const { user, system } = process.cpuUsage();
    const { bytes, heldTicks, lostTicks, uncommittedTicks } = spool.counters();
    return {
      spoolBytes: bytes,
      spoolTicks: heldTicks,
      lostTicks: Object.values(lostTicks).reduce((sum, count) => sum + count, uncommittedTicks),
      failingScripts: scripts.states().filter(({ error }) => error !== null).length + hubScripts.failingCount,
      lostLinks: link.counters.lostCount,
      refusedSeries: sampler.seriesRefusedCount,
      cpuMs: (user + system) / 1_000,
      memoryBytes: process.memoryUsage.rss(),
    };
  }

  const commitTimer = config.spoolCommitMs === 0 ? null : startCommits(spool, config.spoolCommitMs);
  log.info({ ...maskConfig(config), agentId: spool.identity.agentId, agentVersion, bootId }, 'agent.started');
  if (config.hubUrl.startsWith('ws:') && !isLocal(new URL(config.hubUrl).hostname))
    log.warn({ hubUrl: config.hubUrl }, 'link.unencrypted');
  ticker.start();
  link.start();
  // Found out while ticks flow: a rejection is our bug and is left to the last handler of the process.
  void hubScripts.start();

  const counters = () => ({ ticks: ticker.counters, link: link.counters, spool: spool.counters() });
  return {
    get agentId() {
      return spool.identity.agentId;
    },
    get linkState() {
      return link.state;
    },
    get intervalMs() {
      return ticker.intervalMs;
    },
    counters,
    async stop() {
      ticker.stop();
      spool.commit();
      await Promise.all([scripts.stop(), hubScripts.stop(), link.stop()]);
      if (commitTimer !== null) clearInterval(commitTimer);
      log.info(counters(), 'agent.stopped');
      spool.close();
    },
  };
}

/** Where people keep their keys; for an agent that somebody runs as themselves. */
function homeOf(env: Environment): readonly string[] {
  const home = env['HOME'];
  return home?.startsWith('/') === true && home !== '/' ? [home] : [];
}

function planOf({ collectors, metrics }: AgentSettings): SamplerPlan {
  const paces = Object.entries(collectors).map(([name, { isOn, every }]) => [name, { isOn: isOn ?? true, every }]);
  return { collectors: Object.fromEntries(paces), everyOf: metricEveryOf(metrics) };
}

/** What else an agent would refuse to start with, as far as its settings alone tell. Throws ConfigError. */
export function checkSettings(config: AgentConfig): void {
  const names = createHostCollectors().collectors.map(({ name }) => name);
  checkCollectorNames(config.pinned, [...names, 'agent', 'scripts', 'hub_scripts']);
}

/** A local file that names what there is not is a mistake of its writer. Throws ConfigError. */
function checkCollectorNames({ collectors }: AgentSettings, names: readonly string[]): void {
  const strangers = Object.keys(collectors).filter((name) => !names.includes(name));
  if (strangers.length === 0) return;
  throw new ConfigError(
    strangers.map((name) => `Cannot accept "collectors.${name}": the collectors are ${names.join(', ')}`),
  );
}

function startCommits(spool: SqliteSpool, commitMs: number): NodeJS.Timeout {
  return setInterval(() => spool.commitDue(readMonotonicMs()), Math.max(100, commitMs / 2));
}

/** Made empty, so that there is a place to drop a script into. */
function createMetricsFolder(folder: string, log: AgentLog): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    log.warn({ folder, error: error.message }, 'scripts.failed');
  }
}

/** The agent has a token of its own now. */
function removeUsedKey(file: string, log: AgentLog): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    log.warn({ file, error: error.message }, 'enrolment-key.kept');
  }
}

function proxyAgentFor(
  { hubUrl, trust }: Pick<AgentConfig, 'hubUrl' | 'trust'>,
  { env, log }: { readonly env: Environment; readonly log: AgentLog },
) {
  const proxy = proxyFor(hubUrl, env);
  if (proxy === null) return null;
  // Not the URL: it may hold a password.
  log.info({ proxyHost: new URL(proxy).host }, 'proxy.chosen');
  return async () => {
    const { HttpsProxyAgent } = await import('https-proxy-agent');
    if (trust === null) return new HttpsProxyAgent(proxy);
    return new (class extends HttpsProxyAgent<string> {
      override async connect(
        request: Parameters<ProxyAgent<string>['connect']>[0],
        connecting: Parameters<ProxyAgent<string>['connect']>[1],
      ) {
        const socket = await super.connect(request, connecting);
        return socket instanceof TLSSocket ? await secured(socket, trust, proxyWaitMsMax) : socket;
      }
    })(proxy);
  };
}

function toTopMessage({ atMs, processes }: TopProcesses) {
  return {
    kind: 'top' as const,
    atMs,
    processes: processes.map((row) => ({
      ...row,
      name: cleanLabelValue(row.name.slice(0, topTextMax)),
      user: cleanLabelValue(row.user.slice(0, topTextMax)),
    })),
  };
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 300);
}
