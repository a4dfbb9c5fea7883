/** What the kernel tells each program at its start: the units of /proc/<pid>/stat. See getauxval(3). */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { errnoOf, type HostFolders } from './proc-file.ts';

export interface KernelUnits {
  /** Bytes of a page: 4,096 on x86, up to 65,536 on arm64. */
  readonly pageBytes: number;
  /** Clock ticks per second (USER_HZ). */
  readonly clockHz: number;
}

const pageBytesType = 6; // AT_PAGESZ
const clockHzType = 17; // AT_CLKTCK
const wordBytesHere = process.arch === 'arm' || process.arch === 'ia32' ? 4 : 8;

/** Pairs of type and value, each a machine word. What is missing gets the value that x86 has. */
export function parseAuxiliary(bytes: Uint8Array, wordBytes: 4 | 8 = wordBytesHere): KernelUnits {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = endianness() === 'LE';
  const wordAt = (at: number) =>
    wordBytes === 4 ? view.getUint32(at, isLittle) : Number(view.getBigUint64(at, isLittle));

  let pageBytes = 4_096;
  let clockHz = 100;
  for (let at = 0; at + 2 * wordBytes <= bytes.byteLength; at += 2 * wordBytes) {
    const value = wordAt(at + wordBytes);
    if (wordAt(at) === pageBytesType && value > 0) pageBytes = value;
    if (wordAt(at) === clockHzType && value > 0) clockHz = value;
  }
  return { pageBytes, clockHz };
}

export function readKernelUnits(folders: HostFolders): KernelUnits {
  try {
    return parseAuxiliary(readFileSync(`${folders.proc}/self/auxv`));
  } catch (error) {
    errnoOf(error);
    return parseAuxiliary(new Uint8Array(0));
  }
}
