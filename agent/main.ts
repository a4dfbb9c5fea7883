/**
 * The agent as a program: settings, signals, exit codes. Imported by the command line, or started by itself as
 * `node dist/agent.cjs --config FILE`.
 */
import '#core/no-proto.ts';

import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ConfigError } from '#core/errors.ts';
import { type Environment, readAgentConfig } from './config.ts';
import { createLog } from './log.ts';
import { checkSettings, startAgent } from './running-agent.ts';

export interface RunOptions {
  /** Path of the settings file; null: every setting has its default. */
  readonly configFile: string | null;
  /** Aborted when the agent shall stop. */
  readonly signal: AbortSignal;
}

/**
 * Runs the agent until `signal` is aborted, and resolves when its last ticks are stored, or safe in its spool. Rejects
 * with a ConfigError when it cannot start with its settings.
 */
export async function runAgent({ configFile, signal }: RunOptions): Promise<void> {
  const config = readAgentConfig({ file: configFile, env: process.env, cwd: process.cwd() });
  const log = createLog({ level: config.logLevel, isPretty: process.stderr.isTTY });
  const agent = await startAgent({
    config,
    log,
    moduleWorkerFile: join(programFolder(), 'module-worker.cjs'),
    env: process.env,
  });
  if (!signal.aborted) {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  await agent.stop();
}

/**
 * For whoever starts a hub with an agent beside it: whether the agent can use its settings, before that hub listens. Throws a
 * ConfigError with everything that is wrong.
 */
export function checkAgent({
  configFile,
  env,
}: {
  readonly configFile: string | null;
  readonly env: Environment;
}): void {
  checkSettings(readAgentConfig({ file: configFile, env, cwd: process.cwd(), isTrial: true }));
}

/** The program: 0 after a clean stop, 2 when the settings cannot be used. A second signal does not wait. */
export async function main(args: readonly string[]): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(130);
      stopping.abort();
    });
  }
  try {
    await runAgent({ configFile: parseConfigFile(args), signal: stopping.signal });
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

function parseConfigFile(args: readonly string[]): string | null {
  try {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string', short: 'c' } } });
    return values.config ?? null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ConfigError([`Cannot read the command line: ${error.message}`]);
  }
}

/** Folder of the built files. The bundle is CommonJS and has its own; as a source there is none. */
function programFolder(): string {
  return typeof __dirname === 'string' ? __dirname : dirname(process.argv[1] ?? '.');
}

const isProgram = typeof require === 'function' && typeof module === 'object' && require.main === module;
if (isProgram) {
  main(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
}
