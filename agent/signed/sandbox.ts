/**
 * Where a signed script runs: the command that starts it with nothing but what it needs.
 *
 *   setpriv  --pdeathsig      dies with the agent
 *   unshare  --pid --mount …  processes, mounts (and network) of its own; where the agent is not root, as a user who is
 *                             root in there and nobody else outside
 *   sh       (first process)  hides the agent's files, gives it /tmp of its own in memory, puts the code there, starts the
 *                             rest and stays: when it ends, or is killed, the kernel ends every process in there
 *   prlimit, nice, setpriv    limits; another user where the agent is root; no capability, and no way to new ones
 *   the interpreter           with the file of the code as its only argument
 *
 * Programs are found in fixed places, never by PATH, and no text of a script or of the hub is part of the command. What is
 * not there or does not work is a problem that is said, and nothing runs. Sources: unshare(1), setpriv(1), prlimit(1),
 * pid_namespaces(7), user_namespaces(7), mount_namespaces(7), getrlimit(2).
 */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Interpreter, ScriptLimits } from '#core/signed-script.ts';

/** Who runs scripts where the agent is root. */
export interface ScriptUser {
  readonly uid: number;
  readonly gid: number;
}

export interface SandboxSettings {
  /** null: the agent is not root, and scripts run as its own user in a world of their own. */
  readonly user: ScriptUser | null;
  /** Files and folders that scripts must not see. Absolute. */
  readonly hidden: readonly string[];
}

export interface SandboxRequest {
  readonly interpreter: Interpreter;
  readonly limits: ScriptLimits;
  readonly hasNetwork: boolean;
}

export interface SandboxCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What this machine lacks; the message is a full sentence. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}

const toolFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'] as const;
const interpreterFolders = ['/usr/bin', '/bin', '/usr/local/bin'] as const;
/** Of files that a script writes, all together. Memory, in fact. */
const scratchBytesMax = 16 * 1024 * 1024;
const openFilesMax = 128;
/** Libraries and mapped files, beside what a process may write to. */
const mappedBytesMax = 512 * 1024 * 1024;
/** V8 reserves addresses that it never touches: some 2 GiB, by Node's version. */
const mappedBytesMaxOfNode = 16 * 1024 * 1024 * 1024;
const suffixes: Readonly<Record<Interpreter, string>> = { sh: '', bash: '', python3: '.py', node: '.mjs', perl: '.pl' };
/** The kernel's own views, which stay as they are: nothing is stored there. */
const unstoredTypes: ReadonlySet<string> = new Set(['proc']);

/**
 * What the first process does. Arguments: mount, file name, options of /tmp, what is to be hidden, `--`, mounts that
 * become read-only, `--`, the command. Descriptor 3 is told when all of it is done and the command starts.
 */
const firstProcess = `set -eu
umask 022
mount=$1; file=$2; options=$3; shift 3
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then "$mount" -t tmpfs -o ro,nosuid,nodev,noexec,mode=0755,size=4k none "$1"
  elif [ -e "$1" ]; then "$mount" --bind /dev/null "$1"
  fi
  shift
done
shift
while [ "$1" != -- ]; do
  "$mount" -o remount,bind,ro "$1" 2>/dev/null || [ ! -e "$1" ] || { echo "cannot make $1 read-only" >&2; exit 1; }
  shift
done
shift
"$mount" -t tmpfs -o "$options" none /tmp
cat > "/tmp/$file"
echo 1000 > /proc/self/oom_score_adj
cd /tmp
echo started >&3
code=0
"$@" < /dev/null 3>&- || code=$?
exit "$code"
`;

/** What a script sees of the agent's environment: nothing. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/tmp',
  TMPDIR: '/tmp',
  LANG: 'C.UTF-8',
} as const;

/** The command for one run; the code is given to it as standard input. Throws SandboxError. */
export async function sandboxCommand(request: SandboxRequest, settings: SandboxSettings): Promise<SandboxCommand> {
  const { interpreter, limits, hasNetwork } = request;
  const { user, hidden } = settings;
  if (user?.uid === 0) throw new SandboxError('Cannot run script: it must run as another user than root: got uid 0');
  const program = await findInterpreter(interpreter);
  const [setpriv, unshare, prlimit, mount, nice, sh] = await Promise.all(
    ['setpriv', 'unshare', 'prlimit', 'mount', 'nice', 'sh'].map(findTool),
  );
  const readOnly = user === null ? await writableMounts() : [];
  const scratch = `size=${scratchBytesMax},nr_inodes=1024,mode=0700,nosuid,nodev`;
  const dropped = user === null ? [] : ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'];
  const args = [
    ...['--pdeathsig', 'KILL', unshare!],
    ...(user === null ? ['--user', '--map-root-user'] : []),
    ...['--pid', '--fork', '--kill-child=SIGKILL', '--mount', '--mount-proc', '--ipc'],
    ...(hasNetwork ? [] : ['--net']),
    ...['--', sh!, '-c', firstProcess, 'sh', mount!, fileNameOf(interpreter)],
    user === null ? scratch : `${scratch},uid=${user.uid},gid=${user.gid}`,
    // Where everybody may write, a script of another user could as well.
    ...[...hidden, ...(user === null ? [] : ['/var/tmp', '/dev/shm']), '--', ...readOnly, '--'],
    ...[prlimit!, ...limitArguments(request, await tasksOf(user?.uid ?? process.getuid!()))],
    ...[nice!, '-n', '10', setpriv!, ...dropped],
    ...['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--'],
    ...[program, ...programArguments(interpreter, limits), `/tmp/${fileNameOf(interpreter)}`],
  ];
  return { file: setpriv!, args, env: environment };
}

function fileNameOf(interpreter: Interpreter): string {
  return `script${suffixes[interpreter]}`;
}

/** Options that keep an interpreter from reading anything but the script. */
function programArguments(interpreter: Interpreter, { memoryBytes }: ScriptLimits): readonly string[] {
  switch (interpreter) {
    case 'python3':
      // Isolated: no variables, no user's packages, not the folder of the script.
      return ['-I', '-B'];
    case 'node':
      return [`--max-old-space-size=${Math.max(8, Math.floor(memoryBytes / 2 ** 21))}`];
    case 'bash':
      return ['--noprofile', '--norc'];
    case 'sh':
    case 'perl':
      return [];
  }
}

function limitArguments({ interpreter, limits }: SandboxRequest, taskCount: number): readonly string[] {
  const { cpuSeconds, memoryBytes, processes } = limits;
  const mapped = interpreter === 'node' ? mappedBytesMaxOfNode : mappedBytesMax;
  return [
    `--cpu=${cpuSeconds}`,
    // Private memory that can be written to, stacks too; the address space bounds what is shared.
    `--data=${memoryBytes}`,
    `--as=${memoryBytes + mapped}`,
    // The kernel counts all of a user's, wherever they run.
    `--nproc=${taskCount + processes}`,
    `--fsize=${scratchBytesMax}`,
    `--nofile=${openFilesMax}`,
    ...['--core=0', '--memlock=0', '--msgqueue=0', '--rtprio=0', '--'],
  ];
}

async function findTool(name: string): Promise<string> {
  const found = await findProgram(name, toolFolders);
  if (found !== null) return found;
  throw new SandboxError(
    `Cannot run scripts safely: the program "${name}" must be in ${toolFolders.join(', ')} and belong to root (package util-linux; "mount" and "nice" of their own): got none`,
  );
}

/** The file of an interpreter. Throws SandboxError. */
export async function findInterpreter(interpreter: Interpreter): Promise<string> {
  const found = await findProgram(interpreter, interpreterFolders);
  // The Node that runs the agent is as good as one of the system's.
  const isNode = interpreter === 'node' && (await programProblem(process.execPath)) === null;
  if (found !== null) {
    const problem = await programProblem(found);
    if (problem === null) return found;
    throw new SandboxError(`Cannot run script: ${found} ${problem}`);
  }
  if (isNode) return process.execPath;
  throw new SandboxError(
    `Cannot run script: its interpreter "${interpreter}" must be in ${interpreterFolders.join(', ')}: got none`,
  );
}

async function findProgram(name: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const file = join(folder, name);
    const stats = await stat(file).catch(() => null);
    if (stats?.isFile() === true && (stats.mode & 0o111) !== 0 && (await writerProblem(file)) === null) return file;
  }
  return null;
}

/** Why a program must not run scripts: who runs it could become somebody else. null when it may. */
export async function programProblem(file: string): Promise<string | null> {
  const stats = await stat(file).catch(() => null);
  if (stats === null || !stats.isFile()) return 'must be a program: got none';
  if ((stats.mode & 0o6000) !== 0) return 'must not be setuid or setgid';
  return await writerProblem(file);
}

async function writerProblem(file: string): Promise<string | null> {
  const stats = await stat(await realpath(file));
  const isSafe = (stats.mode & 0o022) === 0 && (stats.uid === 0 || stats.uid === process.getuid?.());
  return isSafe ? null : 'must belong to root and be writable by nobody else';
}

/** Mounts that something could be stored in, parents first. */
async function writableMounts(): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).trimEnd().split('\n');
  const mounts = lines.flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const fields = before.split(' ');
    const isWritable = fields[5]?.split(',')[0] === 'rw' && !unstoredTypes.has(after.split(' ')[0]!);
    return isWritable ? [unescapeMount(fields[4]!)] : [];
  });
  return [...new Set(mounts)].sort();
}

/** mountinfo writes space, tab, line feed and backslash as three octal digits. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Processes and threads of a user, which count towards its limit. */
async function tasksOf(uid: number): Promise<number> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const counts = await Promise.all(
    ids.map(async (id) => {
      const stats = await stat(`/proc/${id}`).catch(() => null);
      if (stats?.uid !== uid) return 0;
      const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
      return Number(/^Threads:\s*(\d+)/m.exec(status)?.[1] ?? 0);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** A user of this machine by name or number. Throws SandboxError for one that is unknown, and for root. */
export async function findUser(nameOrUid: string): Promise<ScriptUser> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const entry = lines.find(([name, , uid]) => name === nameOrUid || uid === nameOrUid);
  const uid = Number(entry?.[2] ?? Number.NaN);
  const gid = Number(entry?.[3] ?? Number.NaN);
  if (!Number.isInteger(uid) || !Number.isInteger(gid))
    throw new SandboxError(
      `Cannot run scripts: "scripts.runAs" must be a user in /etc/passwd: got ${JSON.stringify(nameOrUid)}`,
    );
  if (uid === 0 || gid === 0)
    throw new SandboxError('Cannot run scripts: "scripts.runAs" must be another user and group than root');
  return { uid, gid };
}
