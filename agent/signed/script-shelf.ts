/**
 * What the agent remembers of signed scripts, in one file of its data folder: the newest version seen under each name, so
 * that an older one cannot come back, and the texts, so that they run while the hub is away.
 *
 * The file is closed to others, and a file that is not as it was left (a link, another owner, damaged) is not believed:
 * then nothing runs until somebody has looked. It is written whole, to a new file that takes its place.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { seqMax, signedScriptsMax, signedTextBytesMax } from '#core/limits.ts';
import type { VersionMark } from './script-check.ts';

/** Names that a publisher has used in all the years; beyond that no new one is taken. */
const marksMax = 1_000;
/** Texts and marks with reserve for the escapes of JSON. */
const fileBytesMax = 32 * 1024 * 1024;

const version = z.number().int().min(0).max(seqMax);
const shelfSchema = z.strictObject({
  marks: z
    .array(z.strictObject({ name: z.string().max(64), version, sha256: z.string().max(64), revokedVersion: version }))
    .max(marksMax),
  texts: z.array(z.string().max(signedTextBytesMax)).max(signedScriptsMax),
});

/** Cannot be read or written: nothing may run. The message is a full sentence. */
export class ShelfError extends Error {
  override readonly name = 'ShelfError';
}

export class ScriptShelf {
  readonly #file: string;
  #marks: ReadonlyMap<string, VersionMark> = new Map();
  #texts: readonly string[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  get texts(): readonly string[] {
    return this.#texts;
  }

  markOf(name: string): VersionMark | null {
    return this.#marks.get(name) ?? null;
  }

  /** Reads the file; one that is not there is an empty one. Throws ShelfError. */
  async read(): Promise<void> {
    const text = await this.#readText();
    if (text === null) return;
    const parsed = shelfSchema.safeParse(parseJson(text));
    if (!parsed.success) throw this.#wrong('read', 'it must be what the agent has written: it is damaged');
    this.#marks = new Map(parsed.data.marks.map(({ name, ...mark }) => [name, mark]));
    this.#texts = parsed.data.texts;
  }

  /** Takes texts and marks, and settles when they are on the disk. Throws ShelfError; then they are not taken. */
  async write(change: {
    readonly marks: ReadonlyMap<string, VersionMark>;
    readonly texts: readonly string[];
  }): Promise<void> {
    const marks = new Map([...this.#marks, ...change.marks]);
    if (marks.size > marksMax) throw this.#wrong('write', `it may hold ${marksMax} names: got more`);
    const content = { marks: [...marks].map(([name, mark]) => ({ name, ...mark })), texts: change.texts };
    await this.#writeText(JSON.stringify(content));
    this.#marks = marks;
    this.#texts = change.texts;
  }

  async #readText(): Promise<string | null> {
    let handle: FileHandle;
    try {
      handle = await open(this.#file, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw this.#wrong('read', `it must be a file of the agent's own: got ${codeOf(error)}`);
    }
    try {
      const stats = await handle.stat();
      const isOurs = stats.isFile() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
      if (!isOurs) throw this.#wrong('read', "it must be the agent's own, and closed to others");
      if (stats.size > fileBytesMax) throw this.#wrong('read', `it must have at most ${fileBytesMax} bytes`);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  }

  async #writeText(text: string): Promise<void> {
    const next = `${this.#file}.new`;
    try {
      // O_NOFOLLOW: what somebody has put in its place is not written to.
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
      const handle = await open(next, flags, 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(next, this.#file);
      const folder = await open(dirname(this.#file), 'r');
      await folder.sync().finally(() => folder.close());
    } catch (error) {
      if (codeOf(error) === '') throw error;
      throw this.#wrong('write', `there must be room for it on the disk: got ${codeOf(error)}`);
    }
  }

  #wrong(act: 'read' | 'write', must: string): ShelfError {
    return new ShelfError(`Cannot ${act} "${this.#file}", where versions of scripts are remembered: ${must}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
