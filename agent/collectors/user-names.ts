/** Names of user ids from /etc/passwd, read again when the file has changed. Users of a directory service stay numbers. */
import { readFileSync, statSync } from 'node:fs';
import { cleanLabelValue } from '#core/series.ts';
import { errnoOf, type HostFolders } from './proc-file.ts';

/** Names by user id; the first line of an id counts, as for getpwuid(3). */
export function parsePasswd(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    if (name !== '' && /^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), cleanLabelValue(name));
  }
  return names;
}

export class UserNames {
  readonly #path: string;
  #changedAtMs = Number.NaN;
  #names: ReadonlyMap<number, string> = new Map();

  constructor(folders: HostFolders) {
    this.#path = `${folders.etc}/passwd`;
  }

  /** Looks whether the file has changed. What was known stays when it cannot be read. */
  refresh(): void {
    try {
      const changedAtMs = statSync(this.#path).mtimeMs;
      if (changedAtMs !== this.#changedAtMs) this.#names = parsePasswd(readFileSync(this.#path, 'utf8'));
      this.#changedAtMs = changedAtMs;
    } catch (error) {
      errnoOf(error);
    }
  }

  nameOf(id: number): string {
    return this.#names.get(id) ?? String(id);
  }
}
