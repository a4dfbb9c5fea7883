/**
 * What the system tells about other processes: /proc on Linux, `ps` elsewhere (which knows no working folder,
 * so there a postmaster is told by its answer alone).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isServer, type ProcessFacts } from './pidfile.ts';

/** The process, thread or zombie with this number; null when there is none. */
export function inspectProcess(pid: number): ProcessFacts | null {
  return process.platform === 'linux' ? inspectByProc(pid) : inspectByPs(pid);
}

/** Server processes whose working folder is `folder`. Empty where the system does not tell. */
export function listHolders(folder: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const holders: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || readLink(`/proc/${name}/cwd`) !== folder) continue;
    const executable = readLink(`/proc/${name}/exe`);
    // An operator's shell may stand in the folder; only servers write there.
    if (executable === null || isServer(executable)) holders.push(Number(name));
  }
  return holders;
}

function inspectByProc(pid: number): ProcessFacts | null {
  const status = readText(`/proc/${pid}/status`);
  if (status === null) return null;
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
  // The folder of a thread id exists although /proc does not list it.
  const kind = field('Tgid') !== String(pid) ? 'thread' : /^[ZX]/.test(field('State')) ? 'zombie' : 'process';
  return {
    pid,
    kind,
    uid: Number(field('Uid')),
    executable: readLink(`/proc/${pid}/exe`),
    workingFolder: readLink(`/proc/${pid}/cwd`),
  };
}

function inspectByPs(pid: number): ProcessFacts | null {
  let text: string;
  try {
    text = execFileSync('ps', ['-o', 'uid=,stat=,comm=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // `ps` exits with 1 when no process matches.
    if (error instanceof Error && 'status' in error && error.status === 1) return null;
    throw error;
  }
  const match = /^\s*(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(text);
  if (match === null) return null;
  const kind = match[2]!.startsWith('Z') ? 'zombie' : 'process';
  return { pid, kind, uid: Number(match[1]), executable: match[3]!, workingFolder: null };
}

function readText(path: string): string | null {
  return unlessHidden(() => readFileSync(path, 'utf8'));
}

function readLink(path: string): string | null {
  return unlessHidden(() => readlinkSync(path));
}

/** Null for a process that ends while it is looked at, and for what only its owner may see. */
function unlessHidden<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) {
      if (error.code === 'ENOENT' || error.code === 'ESRCH' || error.code === 'EACCES' || error.code === 'EPERM')
        return null;
    }
    throw error;
  }
}
