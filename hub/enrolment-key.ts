/**
 * The key by which agents enrol: from the environment, a file, or made at the first start into a file that only
 * its owner can read. Nobody has asked for that last one, and it has neither an end nor a count: it is for agents of this
 * machine.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError } from '#core/errors.ts';
import { enrolmentKeyCharacters } from '#core/limits.ts';
import { readOrMakeKey } from './key-file.ts';

export interface EnrolmentKey {
  /** SHA-256 of the key. */
  readonly hash: Uint8Array;
  /** Where it can be read; null when it came from the environment. */
  readonly file: string | null;
  /** Whether only agents of this machine may come by it. */
  readonly isLocal: boolean;
}

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
  if (fromEnv !== undefined) return { ...keyOf(fromEnv), file: null, isLocal: false };
  if (options.file !== null) return { ...keyOf(readKeyFile(options.file)), file: options.file, isLocal: false };
  const { dataFolder } = options;
  const key = readOrMakeKey({ dataFolder, name: 'enrolment-key' }, 24);
  return { ...keyOf(key), file: keyFileIn(dataFolder), isLocal: true };
}

/** Where the key is, or will be once it is made; null where it comes from the environment. */
export function enrolmentKeyFileOf({ env, file, dataFolder }: EnrolmentKeyPlaces): string | null {
  return env['PULSEWIRE_ENROLMENT_KEY'] === undefined ? (file ?? keyFileIn(dataFolder)) : null;
}

function keyFileIn(dataFolder: string): string {
  return join(dataFolder, 'enrolment-key');
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([
      `"enrolmentKeyFile" must be readable: got ${(error as NodeJS.ErrnoException).code ?? 'an error'} for ${JSON.stringify(resolve(file))}`,
    ]);
  }
}

function keyOf(text: string): Pick<EnrolmentKey, 'hash'> {
  const key = text.trim();
  const { min, max } = enrolmentKeyCharacters;
  if (key.length < min || key.length > max)
    throw new ConfigError([`the enrolment key must have ${min}..${max} characters: got ${key.length}`]);
  return { hash: createHash('sha256').update(key).digest() };
}
