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

export interface EnrolmentKeyPlaces {
  readonly env: NodeJS.ProcessEnv;
  /** Named by the settings. */
  readonly file: string | null;
  readonly dataFolder: string;
}

/** The key itself, for a command that acts for the operator. Throws ConfigError when there is none. */
export function readEnrolmentSecret({ env, file, dataFolder }: EnrolmentKeyPlaces): string {
  const fromEnv = env['PULSEWIRE_ENROLMENT_KEY'];
  return (fromEnv ?? readKeyFile(file ?? keyFileIn(dataFolder))).trim();
}

/** Reads the key, or makes one. */
export function readEnrolmentKey(options: EnrolmentKeyPlaces): EnrolmentKey {
  const fromEnv = options.env['PULSEWIRE_ENROLMENT_KEY'];
  if (fromEnv !== undefined) return keyOf(fromEnv, null);
  if (options.file !== null) return keyOf(readKeyFile(options.file), options.file);
  const file = keyFileIn(options.dataFolder);
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

function keyFileIn(dataFolder: string): string {
  return join(dataFolder, 'enrolment-key');
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
