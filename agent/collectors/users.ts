/**
 * Logged-in users, one for each session, as `who` counts them: the utmp file where there is one (utmp(5)), else
 * the sessions of systemd-logind, which has replaced it on newer systems. Neither: no series.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import type { Collector } from '../readings.ts';
import { errnoOf, type HostFolders } from './proc-file.ts';
import { SeriesGroup } from './series-group.ts';

const userProcess = 7;
/** A record with 64-bit times (arm64, riscv64) is longer; the C library of the others keeps 32 bits there. */
const recordBytes = process.arch === 'x64' || process.arch === 'ia32' || process.arch === 'arm' ? 384 : 400;
/** 400 bytes each: more sessions are not counted. */
const utmpBytesMax = 4 * 1_024 * 1_024;
const sessionsMax = 10_000;

/** Records of people in the bytes of a utmp file. */
export function countUtmpUsers(bytes: Uint8Array, length = recordBytes): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = endianness() === 'LE';
  let count = 0;
  for (let at = 0; at + length <= Math.min(bytes.byteLength, utmpBytesMax); at += length) {
    // The type is a short; the name starts at 44 and is empty in a record that was cleared.
    if (view.getInt16(at, isLittle) === userProcess && bytes[at + 44] !== 0) count += 1;
  }
  return count;
}

/** Whether the text of a session file of logind is that of a person who has not logged out. */
export function isUserSession(text: string): boolean {
  return /^CLASS=user(-early)?$/m.test(text) && !/^STATE=closing$/m.test(text);
}

export function usersCollector(folders: HostFolders): Collector {
  const series = new SeriesGroup({ users: { name: 'logged_in_users', unit: '1' } });
  return {
    name: 'users',
    everyMs: 10_000,
    collect(readings) {
      const count = orNull(() => countUtmpUsers(readFileSync(`${folders.run}/utmp`))) ?? countSessions(folders);
      if (count !== null) series.write(readings, 'users', count);
    },
  };
}

function countSessions(folders: HostFolders): number | null {
  const folder = `${folders.run}/systemd/sessions`;
  // Beside each session lies a pipe "n.ref", which must not be opened.
  const names = orNull(() => readdirSync(folder))?.filter((name) => /^[a-z]?\d+$/.test(name));
  if (names === undefined) return null;
  const texts = names.slice(0, sessionsMax).map((name) => orNull(() => readFileSync(`${folder}/${name}`, 'utf8')));
  return texts.filter((text) => text !== null && isUserSession(text)).length;
}

/** Null when a system call of `read` fails: the file is absent or has just gone. */
function orNull<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    errnoOf(error);
    return null;
  }
}
