/**
 * The key by which agents enrol: from the environment, a file, or made at the first start into a file that only
 * its owner can read.
 */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#core/errors.ts';

export interface EnrolmentKey {
  /** SHA-256 of the key. */
  readonly hash: Uint8Array;
  /** Where it can be read; null when it came from the environment. */
  readonly file: string | null;
}

const keyCharactersMin = 16;

export function readEnrolmentKey(options: {
  readonly env: NodeJS.ProcessEnv;
  readonly file: string | null;
  readonly dataFolder: string;
}): EnrolmentKey {
  const fromEnv = options.env['PULSEWIRE_ENROLMENT_KEY'];
  if (fromEnv !== undefined) return keyOf(fromEnv, null);
  if (options.file !== null) return keyOf(readKeyFile(options.file), options.file);
  const file = join(options.dataFolder, 'enrolment-key');
  try {
    return keyOf(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = randomBytes(24).toString('base64url');
  // Under another name first: a crash in between must not leave a file without a key.
  const unfinished = `${file}.new`;
  rmSync(unfinished, { force: true });
  const handle = openSync(unfinished, 'wx', 0o600);
  writeSync(handle, `${key}\n`);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(unfinished, file);
  return keyOf(key, file);
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([
      `"enrolmentKeyFile" must be readable: got ${(error as NodeJS.ErrnoException).code ?? 'an error'} for ${JSON.stringify(file)}`,
    ]);
  }
}

function keyOf(text: string, file: string | null): EnrolmentKey {
  const key = text.trim();
  if (key.length < keyCharactersMin)
    throw new ConfigError([`the enrolment key must have at least ${keyCharactersMin} characters: got ${key.length}`]);
  return { hash: createHash('sha256').update(key).digest(), file };
}
