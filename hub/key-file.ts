/**
 * Keys that the hub makes for itself: in the data folder, so that a copy of the database does not hold them, and
 * readable by their owner only.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';

/** The text of the file, or of a new one with so many random bytes as base64url when there is none. */
export function readOrMakeKey(file: string, bytes: number): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
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
