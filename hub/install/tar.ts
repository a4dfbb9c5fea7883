/**
 * Writes tar archives (POSIX.1-2017, pax: "ustar Interchange Format") of files that are in memory: owned by root, of no time, so
 * that the same files are the same bytes.
 */

export interface TarFile {
  /** Relative, with `/`: at most 100 bytes of ASCII. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly isExecutable?: boolean;
}

const blockBytes = 512;
const pathBytesMax = 100;

/** Folders are not written: whoever unpacks makes them. Throws RangeError for a path that has no place in a header. */
export function tarOf(files: readonly TarFile[]): Uint8Array {
  const parts = files.flatMap((file) => [headerOf(file), file.bytes, Buffer.alloc(paddingOf(file.bytes.byteLength))]);
  // Two empty blocks are the end.
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

function paddingOf(byteCount: number): number {
  return (blockBytes - (byteCount % blockBytes)) % blockBytes;
}

function headerOf({ path, bytes, isExecutable = false }: TarFile): Uint8Array {
  if (!/^[\x21-\x7e]+$/.test(path) || path.length > pathBytesMax || /^\/|(^|\/)\.\.(\/|$)/.test(path))
    throw new RangeError(
      `Cannot write archive: a path must be relative and of 1..${pathBytesMax} visible ASCII characters: got ${JSON.stringify(path.slice(0, 200))}`,
    );
  const header = Buffer.alloc(blockBytes);
  header.write(path, 0, 'latin1');
  header.write(octal(isExecutable ? 0o755 : 0o644, 8), 100, 'latin1');
  header.write(octal(0, 8), 108, 'latin1');
  header.write(octal(0, 8), 116, 'latin1');
  header.write(octal(bytes.byteLength, 12), 124, 'latin1');
  header.write(octal(0, 12), 136, 'latin1');
  // The checksum is counted with spaces in its own place.
  header.write(' '.repeat(8), 148, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000root', 257, 'latin1');
  header.write('root', 297, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** A number that fills its field, with the zero byte at its end. */
function octal(value: number, fieldBytes: number): string {
  return `${value.toString(8).padStart(fieldBytes - 1, '0')}\0`;
}
