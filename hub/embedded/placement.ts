/**
 * Where the cluster lies and which account runs it.
 *
 * Invariant: a cluster that exists is used where it is, as its owner, or the hub stops and says what to
 * change; it is never left for an empty one somewhere else. Without a cluster and as root the choices are, in
 * this order: another account; a user namespace, where the data folder or node_modules are closed to that
 * account; the account with a copy of the binaries; the account with the data in /var/lib/pulsewire.
 * An account comes first because a server that escapes from a namespace would hold root's files.
 */
import { ConfigError } from '#core/errors.ts';
import type { Account, RunAs } from './account.ts';

export interface PlacementFacts {
  readonly selfUid: number;
  /** Whether /etc/passwd names `selfUid`; containers are often started with a uid that it does not. */
  readonly selfIsNamed: boolean;
  readonly account: Account | null;
  readonly dataFolder: string;
  /** Used when nothing else works: a folder outside the data folder that is open to every account. */
  readonly fallbackFolder: string;
  /** The cluster that exists; `home` is the data folder or the fallback. */
  readonly existing: (Account & { readonly home: string; readonly folder: string }) | null;
}

/** What can only be found out by trying. Each answers null when it works, else the reason. */
export interface PlacementProbes {
  reach(runAs: RunAs, folder: string): Promise<string | null>;
  /** Whether the binaries of node_modules run. */
  run(runAs: RunAs): Promise<string | null>;
}

export interface Placement {
  /** Holds `postgresql/` and, if need be, the copied binaries. */
  readonly home: string;
  readonly runAs: RunAs;
  readonly copiesBinaries: boolean;
}

/** Chooses the placement. Throws ConfigError when there is none. */
export async function choosePlacement(facts: PlacementFacts, probes: PlacementProbes): Promise<Placement> {
  if (facts.selfUid !== 0) return placeAsSelf(facts, probes);
  return facts.existing === null ? placeNew(facts, probes) : placeExisting(facts.existing, facts.account, probes);
}

async function placeAsSelf(facts: PlacementFacts, probes: PlacementProbes): Promise<Placement> {
  const { existing } = facts;
  if (existing !== null && existing.uid !== facts.selfUid) {
    throw new ConfigError([
      `the PostgreSQL cluster ${JSON.stringify(existing.folder)} must belong to the account of the hub, uid ${facts.selfUid}; start the hub as its owner or as root: got uid ${existing.uid}`,
    ]);
  }
  const runAs: RunAs = facts.selfIsNamed || facts.account === null ? { kind: 'self' } : namespaceOf(facts.account);
  const reason = await probes.run(runAs);
  if (reason !== null) {
    throw new ConfigError([
      `the PostgreSQL binaries must run on this machine as uid ${facts.selfUid}; else set DATABASE_URL: got ${JSON.stringify(reason)}`,
    ]);
  }
  return { home: existing?.home ?? facts.dataFolder, runAs, copiesBinaries: false };
}

async function placeExisting(
  existing: NonNullable<PlacementFacts['existing']>,
  account: Account | null,
  probes: PlacementProbes,
): Promise<Placement> {
  const folder = JSON.stringify(existing.folder);
  if (existing.uid === 0) {
    const runAs: RunAs = namespaceOf(account ?? { uid: 65_534, gid: 65_534 });
    const reason = (await probes.reach(runAs, existing.folder)) ?? (await probes.run(runAs));
    if (reason !== null) {
      throw new ConfigError([
        `the PostgreSQL cluster ${folder} belongs to root, so the kernel must allow user namespaces (unshare --user); else stop the hub and give the cluster to an account that can reach it, such as: chown -R postgres ${folder}: got ${JSON.stringify(reason)}`,
      ]);
    }
    return { home: existing.home, runAs, copiesBinaries: false };
  }
  const runAs: RunAs = { kind: 'user', uid: existing.uid, gid: existing.gid };
  const reason = await probes.reach(runAs, existing.folder);
  if (reason !== null) {
    throw new ConfigError([
      `the owner of the PostgreSQL cluster ${folder}, uid ${existing.uid}, must be able to reach it; open the folders above it (chmod o+x) or move the data folder: got ${JSON.stringify(reason)}`,
    ]);
  }
  return { home: existing.home, runAs, copiesBinaries: (await probes.run(runAs)) !== null };
}

async function placeNew(facts: PlacementFacts, probes: PlacementProbes): Promise<Placement> {
  const { account, dataFolder } = facts;
  if (account === null) {
    throw new ConfigError([
      'PostgreSQL does not run as root, so /etc/passwd must name one of "pulsewire", "postgres" and "nobody"; else start the hub as another account or set DATABASE_URL: got none',
    ]);
  }
  const user: RunAs = { kind: 'user', ...account };
  const namespace = namespaceOf(account);
  const isReached = (await probes.reach(user, dataFolder)) === null;
  const isRun = (await probes.run(user)) === null;
  if (isReached && isRun) return { home: dataFolder, runAs: user, copiesBinaries: false };
  if ((await probes.reach(namespace, dataFolder)) === null && (await probes.run(namespace)) === null) {
    return { home: dataFolder, runAs: namespace, copiesBinaries: false };
  }
  return { home: isReached ? dataFolder : facts.fallbackFolder, runAs: user, copiesBinaries: !isRun };
}

function namespaceOf(account: Account): RunAs {
  return { kind: 'namespace', uid: account.uid, gid: account.gid };
}
