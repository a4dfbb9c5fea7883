/**
 * Where a data folder's cluster is: in it, or where its pointer file says; and as which account it runs. What
 * can be asked without starting anything.
 */
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from '#core/errors.ts';
import { chooseAccount, hasAccount, type RunAs, readPasswd, runAsAccount } from './account.ts';
import type { Binaries } from './binaries.ts';
import { type Cluster, findCluster } from './cluster.ts';
import { choosePlacement, type Placement, type PlacementProbes } from './placement.ts';

/** In the data folder: where the cluster is, when it is elsewhere. */
export const pointerName = 'postgresql.path';
const probeMsMax = 5_000;

/** The real path of the data folder. A new one lets other accounts through, as PostgreSQL's may have to pass, and shows them nothing. */
export function openDataFolder(path: string): string {
  const folder = resolve(path);
  try {
    if (!existsSync(folder)) {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
    }
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(folder);
  } catch (error) {
    throw new ConfigError([
      `the data folder must be one that the hub can make, or enter and write to, as uid ${process.getuid?.()}: got ${JSON.stringify(error instanceof Error ? error.message : error)}`,
    ]);
  }
}

export function place(options: {
  readonly dataFolder: string;
  readonly fallbackFolder: string;
  readonly existing: { readonly home: string; readonly cluster: Cluster } | null;
  readonly binaries: Binaries;
}): Promise<Placement> {
  const { existing, binaries } = options;
  const passwd = readPasswd();
  const selfUid = process.getuid?.() ?? -1;
  return choosePlacement(
    {
      selfUid,
      selfIsNamed: hasAccount(passwd, selfUid),
      account: chooseAccount(passwd),
      dataFolder: options.dataFolder,
      fallbackFolder: options.fallbackFolder,
      existing:
        existing === null
          ? null
          : {
              home: existing.home,
              folder: existing.cluster.clusterFolder,
              uid: existing.cluster.uid,
              gid: existing.cluster.gid,
            },
    },
    probesOf(binaries),
  );
}

/** Whether this account can run these binaries where they are. */
export async function canRun(runAs: RunAs, binaries: Binaries): Promise<boolean> {
  const outcome = await runAsAccount(runAs, { file: binaries.postgres, args: ['--version'], msMax: probeMsMax });
  return outcome.code === 0;
}

function probesOf(binaries: Binaries): PlacementProbes {
  const tryScript = async (runAs: RunAs, { script, path }: { readonly script: string; readonly path: string }) => {
    const outcome = await runAsAccount(runAs, { file: '/bin/sh', args: ['-c', script, 'sh', path], msMax: probeMsMax });
    return outcome.code === 0 ? null : outcome.complaint || `exit code ${outcome.code}`;
  };
  return {
    reach: (runAs, folder) => tryScript(runAs, { script: 'cd "$1"', path: folder }),
    // initdb reads its templates from `share`, and the loader the libraries from `lib`.
    run: (runAs) =>
      tryScript(runAs, {
        script:
          '"$1/bin/postgres" --version >/dev/null && test -x "$1/bin/initdb" && test -r "$1/share/postgresql/postgres.bki"',
        path: binaries.folder,
      }),
  };
}

/** The cluster of a data folder, in it or in the fallback. Throws ConfigError when it is named and not there. */
export function findExisting(
  dataFolder: string,
  fallbackFolder: string,
): { readonly home: string; readonly cluster: Cluster } | null {
  for (const home of [dataFolder, fallbackFolder]) {
    const cluster = findCluster(home);
    if (cluster !== null) return { home, cluster };
  }
  if (readPointer(dataFolder) === null) return null;
  throw new ConfigError([
    `the PostgreSQL cluster of ${JSON.stringify(dataFolder)} must lie where the file ${pointerName} says; bring it back, or remove that file to start with an empty one: got none in ${JSON.stringify(fallbackFolder)}`,
  ]);
}

export function readPointer(dataFolder: string): string | null {
  const path = join(dataFolder, pointerName);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}

export function fallbackFolderOf(dataFolder: string): string {
  return join('/var/lib/pulsewire', createHash('sha256').update(dataFolder).digest('hex').slice(0, 8));
}
