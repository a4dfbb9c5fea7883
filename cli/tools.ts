/**
 * The commands that work on stored data as a whole: what they are called, and how they ask and answer.
 */
import type { Command } from 'commander';
import { confirm, UnattendedError } from './confirm.ts';
import { loadTools, type ToolOptions } from './programs.ts';

interface CommonOptions {
  readonly config?: string;
  readonly yes?: boolean;
}

interface UpgradeOptions extends CommonOptions {
  readonly oldBinaries?: string;
  readonly removeOld?: boolean;
}

/** Exit code for what has to be changed before the command can do its work. */
const refusedExitCode = 2;

/** Adds `backup`, `restore`, `wipe` and `upgrade`. `stopSignal` is called once a command runs. */
export function addToolCommands(
  program: Command,
  ports: { readonly say: (line: string) => void; readonly stopSignal: () => AbortSignal },
): void {
  const { say, stopSignal } = ports;
  const optionsOf = (options: CommonOptions): ToolOptions => {
    const signal = stopSignal();
    return {
      configFile: options.config ?? null,
      signal,
      say,
      confirm: async (question) =>
        options.yes === true || confirm(question, { input: process.stdin, output: process.stderr }, signal),
    };
  };
  const settings = ['-c, --config <file>', "the hub's settings (JSON)"] as const;
  const yes = ['-y, --yes', 'do not ask'] as const;
  program
    .command('backup')
    .description('write everything that is stored into a file, beside a running hub or without one')
    .argument('<file>', 'written whole or not at all; one that exists is replaced')
    .option(...settings)
    .action((file: string, options: CommonOptions) =>
      attempt('back up', async () => await (await loadTools()).runBackup({ ...optionsOf(options), file }), say),
    );
  program
    .command('restore')
    .description('replace everything that is stored by a backup; the hub must be stopped')
    .argument('<file>', 'made by backup')
    .option(...settings)
    .option(...yes)
    .action((file: string, options: CommonOptions) =>
      attempt('restore', async () => await (await loadTools()).runRestore({ ...optionsOf(options), file }), say),
    );
  program
    .command('wipe')
    .description('remove all hosts and everything that is stored of them, through the running hub or without one')
    .option(...settings)
    .option(...yes)
    .action((options: CommonOptions) =>
      attempt('wipe', async () => await (await loadTools()).runWipe(optionsOf(options)), say),
    );
  program
    .command('upgrade')
    .description('move the data to the major version of PostgreSQL that this version brings; the hub must be stopped')
    .option(...settings)
    .option(...yes)
    .option('--old-binaries <folder>', 'PostgreSQL of the old version, where it need not be fetched')
    .option('--remove-old', 'remove the cluster that an upgrade has replaced')
    .action((options: UpgradeOptions) =>
      attempt(
        'upgrade',
        async () =>
          await (await loadTools()).runUpgrade({
            ...optionsOf(options),
            oldBinaries: options.oldBinaries ?? null,
            removesOld: options.removeOld === true,
          }),
        say,
      ),
    );
}

/** Runs a command; what has to be changed first is said in words, without a stack. */
async function attempt(what: string, work: () => Promise<void>, say: (line: string) => void): Promise<void> {
  try {
    await work();
  } catch (error) {
    const problems = problemsOf(error);
    if (problems === null) throw error;
    say(`Cannot ${what}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    process.exitCode = refusedExitCode;
  }
}

/** Errors of the built programs are of their own bundles' classes, so the name tells. */
function problemsOf(error: unknown): readonly string[] | null {
  if (error instanceof UnattendedError) return [error.message];
  if (!(error instanceof Error) || error.name !== 'ConfigError' || !('problems' in error)) return null;
  return error.problems as readonly string[];
}
