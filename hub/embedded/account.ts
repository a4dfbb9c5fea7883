/**
 * Which account PostgreSQL runs as, and how a program is started as it.
 *
 * PostgreSQL refuses to run as root, and `initdb` needs an account that /etc/passwd names, so a free number
 * will not do. `self`: we are not root. `user`: root starts the program under another uid. `namespace`: the
 * program keeps our uid outside and has another one inside a user namespace of its own; it owns our files
 * and has none of root's capabilities.
 */
import { type SpawnOptions, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export type RunAs = { readonly kind: 'self' } | (Account & { readonly kind: 'user' | 'namespace' });

/** An account of its own is best; that of a system PostgreSQL or `nobody` shares the files with whatever else runs there. */
const accountNames = ['pulsewire', 'postgres', 'nobody'];

/** The first of `accountNames` in the text of a passwd(5) file that is not root; null when it has none. */
export function chooseAccount(passwd: string): Account | null {
  const accounts = parsePasswd(passwd);
  for (const name of accountNames) {
    const account = accounts.get(name);
    if (account !== undefined && account.uid !== 0) return account;
  }
  return null;
}

/** Whether a passwd(5) file names `uid`. */
export function hasAccount(passwd: string, uid: number): boolean {
  return [...parsePasswd(passwd).values()].some((account) => account.uid === uid);
}

function parsePasswd(passwd: string): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const line of passwd.split('\n')) {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    if (name !== '' && /^\d+$/.test(uid) && /^\d+$/.test(gid)) {
      accounts.set(name, { uid: Number(uid), gid: Number(gid) });
    }
  }
  return accounts;
}

/** The text of /etc/passwd; empty where there is none. */
export function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: SpawnOptions;
}

/**
 * What to spawn so that `file` runs as `runAs`. The environment is ours alone: a PGDATA, LANG or LD_PRELOAD
 * of the operator's shell must not reach PostgreSQL. `unshare` replaces itself, so the pid stays the same.
 */
export function commandAs(runAs: RunAs, file: string, args: readonly string[]): Command {
  // `spawn` looks for `unshare` and `sh` in this PATH.
  const env = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  switch (runAs.kind) {
    case 'self':
      return { file, args, options: { env } };
    case 'user':
      return { file, args, options: { env, uid: runAs.uid, gid: runAs.gid } };
    case 'namespace': {
      const map = ['--user', `--map-user=${runAs.uid}`, `--map-group=${runAs.gid}`];
      return { file: 'unshare', args: [...map, '--', file, ...args], options: { env } };
    }
  }
}

export interface Outcome {
  /** Exit code; null when it was ended by a signal or could not be started. */
  readonly code: number | null;
  /** What it wrote to standard error, or why it could not be started. */
  readonly complaint: string;
}

/** Runs a program to its end. It is killed after `msMax`; `input` goes to its standard input. */
export function runAsAccount(
  runAs: RunAs,
  program: { readonly file: string; readonly args: readonly string[]; readonly msMax: number; readonly input?: string },
): Promise<Outcome> {
  const { file, args, options } = commandAs(runAs, program.file, program.args);
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      ...options,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: program.msMax,
    });
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-8_192);
    });
    // A program that ends before it has read its input is told by its exit code.
    child.stdin?.on('error', () => undefined).end(program.input ?? '');
    child.on('error', (error) => resolve({ code: null, complaint: error.message }));
    child.on('close', (code, signal) => {
      resolve({ code, complaint: signal === null ? complaint.trim() : `ended by ${signal} ${complaint.trim()}` });
    });
  });
}
