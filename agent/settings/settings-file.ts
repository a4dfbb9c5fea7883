/**
 * The hub's settings as the agent keeps them over restarts: one small file in its data folder, closed to others, put in
 * place whole. What cannot be read is as if there were none: the hub sends them again.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { settingsTextMax } from '#core/limits.ts';

/** Settings as a hub sent them. */
export interface KeptSettings {
  readonly version: number;
  /** JSON, see `core/agent-settings.ts`. */
  readonly text: string;
}

/** null when there are none; a sentence when there are some that cannot be used. */
export function readKeptSettings(file: string): KeptSettings | string | null {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8').slice(0, 2 * settingsTextMax));
    if (typeof content !== 'object' || content === null) return `Cannot use ${file}: an object is wanted`;
    const { version, text } = content as { version?: unknown; text?: unknown };
    if (typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 && typeof text === 'string')
      return { version, text };
    return `Cannot use ${file}: "version" and "text" are wanted`;
  } catch (error) {
    if (error instanceof SyntaxError) return `Cannot use ${file}: JSON is wanted`;
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return error.code === 'ENOENT' ? null : `Cannot read ${file}: ${error.message}`;
  }
}

/** Whether the disk took them; a sentence when it did not. After a crash the file is the old one or the new one. */
export function writeKeptSettings(file: string, { version, text }: KeptSettings): string | null {
  const next = `${file}.next`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const descriptor = openSync(next, 'w', 0o600);
    try {
      writeSync(descriptor, JSON.stringify({ version, text }));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(next, file);
    return null;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return `Cannot keep settings in ${file}: ${error.message}`;
  }
}
