#!/usr/bin/env node
/**
 * The `pulsewire` command: looks at the Node it runs on, reads the arguments, starts a program in this process
 * and turns signals into an orderly stop. `start` is the hub here and the local agent as a child.
 *
 * Exit codes: 0 stopped as asked, 1 a fault of ours, 2 settings that cannot be used, 130 stopped without waiting.
 */
import '#core/no-proto.ts';

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { type BesideHub, envOfLocalAgent } from './local-agent.ts';
import { endOfLifeNote, noSocketBinary, socketBinaryPaths } from './node-version.ts';
import { type HubSettings, loadAgent, loadBench, loadHub } from './programs.ts';
import { addTarget, parseDuration, parseInstant, parseInterpreter, runSign, type SignOptions } from './sign.ts';
import { runSimulate } from './simulate.ts';
import { parseCount, questions } from './simulate-plan.ts';
import { type Child, Supervisor } from './supervise.ts';
import { addToolCommands } from './tools.ts';

interface ConfigOption {
  readonly config?: string;
}

interface StartOptions extends ConfigOption {
  readonly agentConfig?: string;
  readonly agent: boolean;
}

/** Signals of one Ctrl-C may come twice: from the terminal and from npm, which passes it on. */
const sameKeyMs = 1_000;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Aborted by the first SIGINT or SIGTERM, and by the end of the parent where there is a channel to it. */
function stopSignal(stopping = new AbortController()): AbortSignal {
  let firstMs = 0;
  const stop = () => {
    if (!stopping.signal.aborted) {
      firstMs = performance.now();
      stopping.abort();
    } else if (performance.now() - firstMs > sameKeyMs) {
      say('Stopped without waiting: what was not stored yet is sent again by the agents');
      process.exit(130);
    }
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (process.channel !== undefined) {
    process.once('disconnect', () => stopping.abort());
    // The channel alone must not keep the process running.
    process.channel?.unref();
  }
  return stopping.signal;
}

/** Ends the process, before anything native is loaded, where the hub's sockets have no binary. */
function checkSocketBinary(): void {
  const runtime = {
    nodeVersion: process.version,
    platform: process.platform,
    arch: process.arch,
    abi: process.versions.modules,
  };
  const folders = createRequire(import.meta.url).resolve.paths('uWebSockets.js') ?? [];
  const files = folders.flatMap((folder) =>
    socketBinaryPaths(runtime).map((path) => join(folder, 'uWebSockets.js', path)),
  );
  if (files.some((file) => existsSync(file))) return;
  say(noSocketBinary(runtime));
  process.exit(2);
}

/** While nobody can sign in, the link that makes the first admin: whoever reads this may be that. */
function sayWhere({ url, setupLink }: { readonly url: string; readonly setupLink: string | null }): void {
  if (setupLink === null) say(`Pulsewire is at ${url}/dashboard`);
  else say(`Pulsewire is ready. Open this link to make the first account, it works once:\n  ${setupLink}`);
}

async function runHub(options: ConfigOption): Promise<void> {
  checkSocketBinary();
  const { runHub } = await loadHub();
  await runHub({
    configFile: options.config ?? null,
    signal: stopSignal(),
    onListening: sayWhere,
  });
}

async function runAgent(options: ConfigOption): Promise<void> {
  await loadAgent().runAgent({ configFile: options.config ?? null, signal: stopSignal() });
}

interface SimulateOptions extends ConfigOption {
  readonly hosts?: number;
  readonly days?: number;
  readonly perHour?: number;
  readonly seed: number;
  readonly live: boolean;
  readonly liveInterval: number;
  readonly replace: boolean;
  readonly yes: boolean;
}

async function simulate(options: SimulateOptions): Promise<void> {
  const { hosts, days, perHour } = options;
  const stopping = new AbortController();
  stopSignal(stopping);
  process.exitCode = await runSimulate(
    {
      given: {
        ...(hosts === undefined ? {} : { hosts }),
        ...(days === undefined ? {} : { days }),
        ...(perHour === undefined ? {} : { perHour }),
      },
      seed: options.seed,
      isLive: options.live,
      liveIntervalMs: options.liveInterval,
      isReplace: options.replace,
      isYes: options.yes,
      configFile: options.config ?? null,
      version: versionOf(),
    },
    stopping,
  );
}

/** For an option that is a whole number. */
function countIn(bounds: { readonly min: number; readonly max: number }): (text: string) => number {
  return (text) => {
    const parsed = parseCount(text, bounds);
    if (typeof parsed === 'string') throw new InvalidArgumentError(`It must be ${parsed}.`);
    return parsed;
  };
}

/** Hub and local agent. The agent stops first, so that its last ticks still reach the hub and are stored. */
async function runStart(options: StartOptions): Promise<void> {
  checkSocketBinary();
  const signal = stopSignal();
  const hubStopping = new AbortController();
  let agent: Supervisor | null = null;
  const stop = async () => {
    await agent?.stop();
    hubStopping.abort();
  };
  const stopped = new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => stop().then(resolve, reject));
  });

  const { runHub } = await loadHub();
  const agentConfigFile = options.agentConfig ?? null;
  let dataFolder = '';
  const ended = runHub({
    configFile: options.config ?? null,
    signal: hubStopping.signal,
    onConfigured: (hub) => {
      dataFolder = hub.dataFolder;
      if (options.agent) checkLocalAgent(agentConfigFile, hub);
    },
    onListening: ({ url, setupLink, enrolmentKeyFile, trustFile }) => {
      sayWhere({ url, setupLink });
      if (options.agent && !signal.aborted) {
        agent = superviseAgent(agentConfigFile, { url, dataFolder, enrolmentKeyFile, trustFile });
      }
    },
  });
  try {
    await Promise.race([ended, stopped]);
  } finally {
    // The hub may have ended by itself, by failing: the agent must not outlive it.
    await stop();
  }
  await ended;
}

/** A mistake in its settings is said before the hub starts, as one in the hub's is. Throws a ConfigError. */
function checkLocalAgent(configFile: string | null, { dataFolder, enrolmentKeyFile, isTls }: HubSettings): void {
  // The port may not be known yet; whether it is TLS is what settings can contradict.
  const url = isTls ? 'https://localhost' : 'http://localhost';
  const env = envOfLocalAgent(process.env, { url, dataFolder, enrolmentKeyFile, trustFile: null });
  loadAgent().checkAgent({ configFile, env });
}

function superviseAgent(configFile: string | null, hub: BesideHub): Supervisor {
  const program = fileURLToPath(import.meta.url);
  const args = [program, 'agent', ...(configFile === null ? [] : ['--config', configFile])];
  const env = envOfLocalAgent(process.env, hub);
  return new Supervisor({
    // The channel tells the agent when this process dies without a word.
    start: () => childOf(spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })),
    wait: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    nowMs: () => performance.now(),
    random: Math.random,
    onExit: (code, retryMs) =>
      say(
        `The local agent ended (${code ?? 'by a signal'}): ${retryMs === null ? 'see its message above' : `starting it again in ${retryMs} ms`}`,
      ),
  });
}

function childOf(process: ChildProcess): Child {
  return {
    terminate: () => process.kill('SIGTERM'),
    kill: () => process.kill('SIGKILL'),
    exited: new Promise((resolve) => {
      process.once('exit', (code) => resolve(code));
      process.once('error', () => resolve(1));
    }),
  };
}

/** Errors of the built programs are of their own bundles' classes, so the name tells. */
function isConfigError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ConfigError';
}

function createProgram(): Command {
  const program = new Command('pulsewire')
    .description('Real-time monitoring hub: per-second metrics of a fleet, live in the browser and stored exactly once')
    .version(versionOf())
    .hook('preAction', () => {
      const note = endOfLifeNote(process.version, Date.now());
      // The operator of `start` has been told by the parent of its agent already.
      if (note !== null && process.channel === undefined) say(note);
    });
  program
    .command('start')
    .description('run the hub, the PostgreSQL inside it, and an agent for this machine')
    .option('-c, --config <file>', "the hub's settings (JSON)")
    .option('--agent-config <file>', "the local agent's settings (JSON)")
    .option('--no-agent', 'run the hub alone')
    .action(runStart);
  program.command('hub').description('run the hub').option('-c, --config <file>', 'settings (JSON)').action(runHub);
  program
    .command('agent')
    .description('run the agent of this machine')
    .option('-c, --config <file>', 'settings (JSON)')
    .action(runAgent);
  program
    .command('simulate')
    .description('fill the database with made-up hosts, and (--live) keep them pushing; asks for what is not given')
    .option('--hosts <count>', 'hosts, host_0 and up', countIn(questions.hosts))
    .option('--days <count>', 'days of data, up to now', countIn(questions.days))
    .option('--per-hour <count>', 'entries per hour and metric', countIn(questions.perHour))
    .option('--seed <number>', 'what everything made up follows from', countIn({ min: 0, max: 4_294_967_295 }), 1)
    .option('--live', 'then connect an agent for each host to the running hub, until Ctrl-C', false)
    .option('--live-interval <ms>', 'time between ticks of live agents', countIn({ min: 100, max: 3_600_000 }), 1_000)
    .option('--replace', 'remove simulated hosts of these names first', false)
    .option('-y, --yes', 'do not ask', false)
    .option('-c, --config <file>', "the hub's settings (JSON)")
    .action(simulate);
  program
    .command('bench')
    .description('measure hub and agent from outside')
    .argument('[args...]', 'scenario and its options')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: string[]) => {
      checkSocketBinary();
      process.exitCode = await (await loadBench()).runBench(args);
    });
  addSignCommand(program);
  addToolCommands(program, { say, stopSignal });
  return program;
}

function addSignCommand(program: Command): void {
  const mib = countIn({ min: 16, max: 4_096 });
  program
    .command('sign')
    .description('sign a script for agents, or a revocation, and print it; meant for a machine that is not the hub')
    .argument('[file]', 'the script')
    .option('--new-key <file>', 'make a private key, and print its public key')
    .option('--key <file>', 'private key to sign by')
    .option('--revoke <name>', 'sign a revocation of this script, up to --sign-version')
    .option('--name <name>', 'what the script is known by')
    .option('--target <target>', 'all, host:<name> or tag:<name>=<value>; may stand several times', addTarget)
    .option('--interpreter <name>', 'default: by the suffix of the file', parseInterpreter)
    .option(
      '--sign-version <number>',
      'default: the time, in seconds',
      countIn({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    )
    .option('--every <duration>', 'time between runs', parseDuration, 10_000)
    .option('--valid-days <count>', 'days after which it does not run any more', countIn({ min: 1, max: 3_660 }), 365)
    .option('--not-before <time>', 'when it may run at first', parseInstant)
    .option('--unit <unit>', 'of what it prints', '')
    .option('--network', 'it needs the network', false)
    .option('--timeout <duration>', 'of one run', parseDuration, 10_000)
    .option('--cpu <seconds>', 'processor time of one run', countIn({ min: 1, max: 300 }), 5)
    .option('--memory <MiB>', 'of each of its processes', mib, 128)
    .option('--processes <count>', 'processes and threads at once', countIn({ min: 1, max: 256 }), 16)
    .option('--output <bytes>', 'what it may print', countIn({ min: 1, max: 65_536 }), 65_536)
    .action((file: string | undefined, options: SignOptions) =>
      runSign(file, options, { say, print: (text) => process.stdout.write(text), nowMs: Date.now() }),
    );
}

/** The version of the package that this file belongs to. */
function versionOf(): string {
  const file = join(dirname(fileURLToPath(import.meta.url)), '../package.json');
  const content: unknown = createRequire(import.meta.url)(file);
  return (content as { readonly version: string }).version;
}

async function main(): Promise<void> {
  try {
    await createProgram().parseAsync();
    // The socket library's timer would hold a process that has stopped for four more seconds.
    process.exit();
  } catch (error) {
    say(isConfigError(error) ? error.message : String(error instanceof Error ? (error.stack ?? error.message) : error));
    // What had been started by then may hold the process open for ever.
    process.exit(isConfigError(error) ? 2 : 1);
  }
}

await main();
