/**
 * `postmaster.pid`: what it says, and what follows from it. Pure.
 *
 * Invariants: there are never two postmasters on one cluster, and the file is only deleted when its pid is
 * demonstrably no postmaster of this cluster and no server process has the cluster as its working folder. A
 * file of a process that no longer exists is left to PostgreSQL, which also checks the shared memory that
 * orphaned backends may still use.
 *
 * The file, since PostgreSQL 10: pid, folder, start, port, socket folder, address, shared memory, status.
 */

export type PidFile =
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'entry'; readonly pid: number; readonly status: PostmasterStatus };

/** `unknown` is a file that PostgreSQL has not finished writing. */
export type PostmasterStatus = 'starting' | 'stopping' | 'ready' | 'unknown';

/** What can be seen of a process from outside. Null where the system does not tell. */
export interface ProcessFacts {
  readonly pid: number;
  /** `thread`: the number is a thread of another process. `zombie`: it has ended and nobody has asked for its exit code. */
  readonly kind: 'process' | 'thread' | 'zombie';
  readonly uid: number | null;
  readonly executable: string | null;
  readonly workingFolder: string | null;
}

export type StartDecision =
  /** Nothing is in the way. */
  | { readonly kind: 'start' }
  /** The file stands for nothing and would stop PostgreSQL: delete it, then start. */
  | { readonly kind: 'clear'; readonly reason: string }
  /** A postmaster of this cluster lives; ask it. */
  | { readonly kind: 'adopt'; readonly pid: number; readonly status: PostmasterStatus }
  /** Somebody may still use the cluster: look again, and refuse in the end. */
  | { readonly kind: 'wait'; readonly reason: string };

/** Parses the text of the file, which may be cut anywhere. */
export function parsePidFile(text: string): PidFile {
  const lines = text.split('\n');
  const first = (lines[0] ?? '').trim();
  if (first === '') return { kind: 'unusable', reason: 'it is empty' };
  // 2^22 is the highest pid of Linux; a standalone backend writes a negative number.
  if (!/^-?[1-9]\d{0,7}$/.test(first)) {
    return { kind: 'unusable', reason: `it starts with ${JSON.stringify(first.slice(0, 20))}` };
  }
  const status = (lines[7] ?? '').trim();
  const known = status === 'starting' || status === 'stopping' || status === 'ready';
  return { kind: 'entry', pid: Math.abs(Number(first)), status: known ? status : 'unknown' };
}

export interface StartFacts {
  /** Null when the file does not exist. */
  readonly file: PidFile | null;
  /** The process of the file's pid; null when there is none. */
  readonly process: ProcessFacts | null;
  /** Server processes that have the cluster as their working folder. */
  readonly holders: readonly number[];
  readonly clusterFolder: string;
  readonly clusterUid: number;
}

/** What to do about a cluster that somebody may have left running. */
export function decideStart(facts: StartFacts): StartDecision {
  const { file, process } = facts;
  if (file?.kind === 'entry' && process !== null) {
    const match = matchPostmaster(process, facts);
    if (match === 'yes') return { kind: 'adopt', pid: file.pid, status: file.status };
    if (match === 'unclear') {
      return { kind: 'wait', reason: `process ${file.pid} of postmaster.pid cannot be inspected` };
    }
  }
  if (facts.holders.length > 0) {
    return { kind: 'wait', reason: `server processes without a postmaster still use it: ${facts.holders.join(', ')}` };
  }
  if (file === null) return { kind: 'start' };
  if (file.kind === 'unusable') return { kind: 'clear', reason: file.reason };
  if (process === null) return { kind: 'start' };
  return { kind: 'clear', reason: `process ${file.pid} is ${describeStranger(process)}` };
}

/** Whether `process` is a server of this cluster. `unclear` when the system hides what would tell. */
export function matchPostmaster(
  process: ProcessFacts,
  cluster: Pick<StartFacts, 'clusterFolder' | 'clusterUid'>,
): 'yes' | 'no' | 'unclear' {
  if (process.kind !== 'process') return 'no';
  // A server runs as the owner of its cluster; PostgreSQL itself refuses anything else.
  if (process.uid !== null && process.uid !== cluster.clusterUid) return 'no';
  if (process.executable !== null && !isServer(process.executable)) return 'no';
  if (process.workingFolder !== null && process.workingFolder !== cluster.clusterFolder) return 'no';
  return process.executable === null ? 'unclear' : 'yes';
}

/** Whether an executable is PostgreSQL's server; an update of node_modules deletes the file of one that runs. */
export function isServer(executable: string): boolean {
  return /(^|\/)postgres( \(deleted\))?$/.test(executable);
}

function describeStranger(process: ProcessFacts): string {
  if (process.kind === 'thread') return 'a thread of another process';
  if (process.kind === 'zombie') return 'a process that has ended';
  return `another program, ${JSON.stringify(process.executable ?? 'of another account')}`;
}
