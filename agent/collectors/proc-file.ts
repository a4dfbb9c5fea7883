/**
 * One file of /proc or /sys that is read again and again: kept open, read from position 0 into one buffer that all
 * of them share. A kept descriptor costs a third of opening anew (3 µs against 11 µs for /proc/loadavg, Node 20).
 *
 * The files vanish (devices), are absent (kernel options) or unreadable (containers): that is a value, not an
 * exception. A file that failed is closed and tried anew at the next read.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Where the host's own folders are: elsewhere in tests, and where a container has the host's mounted. */
export interface HostFolders {
  readonly proc: string;
  readonly sys: string;
  readonly run: string;
  readonly etc: string;
}

/** The folders of the host under `root`. */
export function hostFolders(root = '/'): HostFolders {
  return { proc: join(root, 'proc'), sys: join(root, 'sys'), run: join(root, 'run'), etc: join(root, 'etc') };
}

/** Beyond this a file is cut: /proc/stat with 1,024 cores and /proc/net/dev with 10,000 interfaces stay below. */
const fileBytesMax = 4 * 1_024 * 1_024;
/** The kernel fills at least a page at a time, so that a read that leaves this much of it free, and more than a record, was the last. */
const pageBytes = 4_096;

let buffer: Buffer = Buffer.allocUnsafeSlow(64 * 1_024);

export class ProcFile {
  readonly path: string;
  readonly #recordBytesMax: number;
  #descriptor = -1;
  #problem = '';

  /**
   * `recordBytesMax` promises that no line is longer, so that the end is seen without another read. It matters where
   * the read itself is dear: the kernel walks all its hash buckets for each read of /proc/net/tcp.
   */
  constructor(path: string, { recordBytesMax = pageBytes }: { readonly recordBytesMax?: number } = {}) {
    this.path = path;
    this.#recordBytesMax = recordBytesMax;
  }

  /** The whole text, or null when the file cannot be read. */
  read(): string | null {
    try {
      if (this.#descriptor < 0) this.#descriptor = openSync(this.path, 'r');
      const bytes = this.#fillBuffer(); // which may make another buffer
      return buffer.toString('utf8', 0, bytes);
    } catch (error) {
      this.#problem = errnoOf(error);
      this.close();
      return null;
    }
  }

  /** The whole text of a file that every Linux has. Throws when it cannot be read. */
  readRequired(): string {
    const text = this.read();
    if (text === null) throw new Error(`Cannot read "${this.path}": the file must be readable: got ${this.#problem}`);
    return text;
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  #fillBuffer(): number {
    let bytes = 0;
    for (;;) {
      // Room for a page at least: else a read would be short because of the buffer, and look like the end.
      if (buffer.length - bytes < pageBytes) {
        if (buffer.length >= fileBytesMax) return bytes;
        buffer = Buffer.concat([buffer], buffer.length * 2);
      }
      const count = readSync(this.#descriptor, buffer, bytes, buffer.length - bytes, bytes);
      bytes += count;
      if (count === 0 || count < pageBytes - this.#recordBytesMax) return bytes;
    }
  }
}

/** The code of a system call that failed, such as `ENOENT`. Anything else is our bug and is thrown on. */
export function errnoOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string') {
    return error.code;
  }
  throw error;
}
