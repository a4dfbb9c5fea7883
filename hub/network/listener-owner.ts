/**
 * Whose program listens at an address of this machine, as Linux tells (/proc/net/tcp): before a command sends the operator's key
 * to a hub without TLS. A hub that was killed leaves its address behind, at which anybody may listen then.
 */
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { endianness } from 'node:os';

const listening = '0A';
const everywhere = /^0+$/;

/** User ids of those who listen there; empty where nobody does, or the system does not tell. */
export function listenerUids(url: URL): readonly number[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => uidsIn(tableOf(file), url));
}

/** Of one table. Pure. */
export function uidsIn(table: string, url: URL): readonly number[] {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const wanted = hexOf(url.hostname);
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => {
      const [address = '', hexPort = ''] = local.split(':');
      if (state !== listening || Number.parseInt(hexPort, 16) !== port) return false;
      return wanted === null || everywhere.test(address) || wanted.includes(address);
    })
    .map((fields) => Number(fields[7]));
}

/** An address as the tables have it; null for one that may be any. */
function hexOf(hostname: string): readonly string[] | null {
  if (hostname === '[::1]') return [`${'0'.repeat(24)}${wordOf([0, 0, 0, 1])}`];
  if (!isIPv4(hostname)) return null;
  const word = wordOf(hostname.split('.').map(Number));
  return [word, `${'0'.repeat(16)}${wordOf([0, 0, 255, 255])}${word}`];
}

/** Four bytes as the machine's own number. */
function wordOf(bytes: readonly number[]): string {
  const ordered = endianness() === 'LE' ? bytes.toReversed() : bytes;
  return ordered.map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
}

function tableOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
