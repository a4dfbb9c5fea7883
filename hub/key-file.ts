/**
 * Keys that the hub makes for itself: in the data folder, so that a copy of the database does not hold them, and
 * readable by their owner only. One that others can read by now is not used: who has read it is not known. A group may be meant, so that is
 * warned of.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#core/errors.ts';
import { ownersOnly, tooOpen } from '#core/file-mode.ts';

export const keyFileNames = ['enrolment-key', 'operator-key', 'secret-key'] as const;
export type KeyFileName = (typeof keyFileNames)[number];

const ownerAndGroup = 0o770;

/**
 * The text of the file, or of a new one with so many random bytes as base64url when there is none. Throws ConfigError for one that
 * others can read or write.
 */
export function readOrMakeKey(
  { dataFolder, name }: { readonly dataFolder: string; readonly name: KeyFileName },
  bytes: number,
): string {
  const file = join(dataFolder, name);
  return readKey(file) ?? makeKey(file, bytes);
}

/** Keys in the data folder that a group can read or write, with the mode of each. */
export function sharedKeys(dataFolder: string): string[] {
  if (process.platform === 'win32') return [];
  return keyFileNames.flatMap((name) => {
    const mode = statSync(join(dataFolder, name), { throwIfNoEntry: false })?.mode;
    const shown = mode === undefined ? null : tooOpen(mode, ownersOnly);
    return shown === null ? [] : [`${name} (${shown})`];
  });
}

/** For everybody who uses the hub; which files they are stands in the log. */
export const sharedKeysWarning =
  "Key files of this hub can be read by other accounts of its machine: the hub's log names them.";

/** null when there is none. */
function readKey(file: string): string | null {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const shown = process.platform === 'win32' ? null : tooOpen(fstatSync(handle).mode, ownerAndGroup);
    if (shown === null) return readFileSync(handle, 'utf8');
    throw new ConfigError([
      `the key ${JSON.stringify(file)} must be closed to others (chmod 600), and replaced by a new one if somebody may have read it: got mode ${shown}`,
    ]);
  } finally {
    closeSync(handle);
  }
}

function makeKey(file: string, bytes: number): string {
  const key = randomBytes(bytes).toString('base64url');
  // Under another name first: a crash in between must not leave a file without a key.
  const unfinished = `${file}.new`;
  rmSync(unfinished, { force: true });
  const handle = openSync(unfinished, 'wx', 0o600);
  writeSync(handle, `${key}\n`);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(unfinished, file);
  return key;
}
