/**
 * The commands that work on stored data as a whole: what they are called, and how they ask and answer.
 */
import { createInterface } from 'node:readline';
import { type Command, Option } from 'commander';
import { confirm, UnattendedError } from './confirm.ts';
import { loadTools, type PersonCommand, type ToolOptions } from './programs.ts';

interface CommonOptions {
  readonly config?: string;
  readonly yes?: boolean;
}

interface PersonOptions extends CommonOptions {
  readonly role?: string;
  readonly passwordStdin?: boolean;
}

interface PersonPorts {
  readonly optionsOf: (options: CommonOptions) => ToolOptions;
  readonly say: (line: string) => void;
}

interface UpgradeOptions extends CommonOptions {
  readonly oldBinaries?: string;
  readonly removeOld?: boolean;
}

/** Exit code for what has to be changed before the command can do its work. */
const refusedExitCode = 2;

/** Adds `backup`, `restore`, `wipe`, `person` and `upgrade`. `stopSignal` is called once a command runs. */
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
    .description(
      'remove all hosts and everything that is stored, rules and channels too, through the running hub or without one',
    )
    .option(...settings)
    .option(...yes)
    .action((options: CommonOptions) =>
      attempt('wipe', async () => await (await loadTools()).runWipe(optionsOf(options)), say),
    );
  addPersonCommands(program, { optionsOf, say });
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

/** Adds `person add`, `person password` and `person list`. */
function addPersonCommands(program: Command, { optionsOf, say }: PersonPorts): void {
  const person = program.command('person').description('people who may sign in, through the running hub');
  const settings = ['-c, --config <file>', "the hub's settings (JSON)"] as const;
  const fromStdin = [
    '--password-stdin',
    'read the password from the first line of standard input; one is made otherwise',
  ] as const;
  const run = (what: string, options: CommonOptions, command: () => Promise<PersonCommand>) =>
    attempt(
      what,
      async () => await (await loadTools()).runPerson({ ...optionsOf(options), command: await command() }),
      say,
    );
  person
    .command('list')
    .description('who may sign in')
    .option(...settings)
    .action((options: CommonOptions) => run('list people', options, async () => ({ kind: 'list' })));
  person
    .command('add')
    .description('let somebody sign in')
    .argument('<name>')
    .addOption(new Option('--role <role>', 'what they may do').choices(['viewer', 'editor', 'admin']).default('viewer'))
    .option(...fromStdin)
    .option(...settings)
    .action((name: string, options: PersonOptions) =>
      run('add person', options, async () => ({
        ...{ kind: 'add', name, role: options.role ?? 'viewer' },
        password: await passwordOf(options),
      })),
    );
  person
    .command('password')
    .description('give somebody another password, as when it was lost; all their sessions end')
    .argument('<name>')
    .option(...fromStdin)
    .option(...settings)
    .action((name: string, options: PersonOptions) =>
      run('change password', options, async () => ({ kind: 'password', name, password: await passwordOf(options) })),
    );
}

/** Never an argument: every process of the machine could read that. */
async function passwordOf({ passwordStdin }: PersonOptions): Promise<string | null> {
  if (passwordStdin !== true) return null;
  for await (const line of createInterface({ input: process.stdin })) return line;
  return '';
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
