/**
 * How a client reaches the embedded server: the path of its socket, of which the kernel takes 107 bytes.
 *
 * The server binds `.s.PGSQL.5432` relative to its own folder, so its side has no limit. A client in this
 * process names the folder by its path while that fits, else by a descriptor of the folder that this process
 * keeps open: `/proc/self/fd/N` is short, and is the same in every thread of the process. Another process
 * needs a descriptor of its own.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '#core/errors.ts';

/** Options that postgres.js takes as they are. */
export interface PostgresConnection {
  /** The socket file itself, not its folder. */
  readonly path: string;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

/** sizeof(sun_path) less the closing zero: unix(7) on Linux, 104 bytes on macOS. */
const socketPathBytesMax = { linux: 107, other: 103 } as const;
export const socketName = '.s.PGSQL.5432';

/** `direct`: the path fits. `descriptor`: it must go through a descriptor of the folder. `none`: there is no way. */
export function socketRoute(clusterFolder: string, platform: NodeJS.Platform): 'direct' | 'descriptor' | 'none' {
  const max = platform === 'linux' ? socketPathBytesMax.linux : socketPathBytesMax.other;
  if (Buffer.byteLength(join(clusterFolder, socketName)) <= max) return 'direct';
  return platform === 'linux' ? 'descriptor' : 'none';
}

/** A socket path, and what has to be given back when no client needs it any more. */
export interface Socket {
  readonly path: string;
  close(): void;
}

/** Opens the way to the socket in `clusterFolder`. Throws ConfigError when the path is too long for this platform. */
export function openSocket(clusterFolder: string): Socket {
  const route = socketRoute(clusterFolder, process.platform);
  switch (route) {
    case 'direct':
      return { path: join(clusterFolder, socketName), close: () => undefined };
    case 'descriptor': {
      const descriptor = openSync(clusterFolder, 'r');
      return { path: `/proc/self/fd/${descriptor}/${socketName}`, close: () => closeSync(descriptor) };
    }
    case 'none':
      throw new ConfigError([
        `the path of the PostgreSQL socket must have at most ${socketPathBytesMax.other} bytes on this platform; choose a shorter data folder: got ${JSON.stringify(join(clusterFolder, socketName))}`,
      ]);
  }
}
