/**
 * Where a hub can be reached from its own machine, in a file of its data folder while it runs: how a command finds the
 * hub of a data folder, whatever port it has got. A hub that was killed leaves it; the next one writes it anew.
 */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseUrl } from './url-text.ts';

const fileName = 'hub-address';

export function writeHubAddress(dataFolder: string, url: string): void {
  writeFileSync(join(dataFolder, fileName), `${url}\n`, { mode: 0o600 });
}

/** null when there is none, or nothing that looks like one. */
export function readHubAddress(dataFolder: string): string | null {
  try {
    const text = readFileSync(join(dataFolder, fileName), 'utf8').trim();
    return /^https?:\/\/\S+$/.test(text) && parseUrl(text) !== null ? text : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** As whom the hub ran that has written it; null when there is none. */
export function hubAddressUid(dataFolder: string): number | null {
  return statSync(join(dataFolder, fileName), { throwIfNoEntry: false })?.uid ?? null;
}

export function removeHubAddress(dataFolder: string): void {
  rmSync(join(dataFolder, fileName), { force: true });
}
