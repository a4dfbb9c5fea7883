/**
 * The operator's key: what the command line on the hub's own machine, and automation, sign in by. From the environment, or made
 * at the first start into a file that only its owner can read. Whoever can read that file can read the database's
 * password beside it, so it opens nothing that was closed.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#core/errors.ts';
import { readOrMakeKey } from '../key-file.ts';

export const operatorKeyVariable = 'PULSEWIRE_OPERATOR_KEY';
const keyCharactersMin = 24;

export interface OperatorKeyPlaces {
  readonly env: NodeJS.ProcessEnv;
  readonly dataFolder: string;
}

/** SHA-256 of the key, which is made when there is none. Throws ConfigError for one that is too short. */
export function readOperatorKeyHash({ env, dataFolder }: OperatorKeyPlaces): Uint8Array {
  const key = (env[operatorKeyVariable] ?? readOrMakeKey({ dataFolder, name: 'operator-key' }, 32)).trim();
  if (key.length < keyCharactersMin)
    throw new ConfigError([`the operator's key must have at least ${keyCharactersMin} characters: got ${key.length}`]);
  return createHash('sha256').update(key).digest();
}

/** The key itself, for a command that acts for the operator. Throws ConfigError when it cannot be read. */
export function readOperatorKey({ env, dataFolder }: OperatorKeyPlaces): string {
  const file = join(dataFolder, 'operator-key');
  try {
    return (env[operatorKeyVariable] ?? readFileSync(file, 'utf8')).trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error';
    throw new ConfigError([
      `the operator's key must be readable, as the hub has made it: got ${code} for ${JSON.stringify(file)}`,
    ]);
  }
}
