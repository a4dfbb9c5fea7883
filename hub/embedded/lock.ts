/**
 * One hub a data folder: a name in Linux's abstract socket namespace that the kernel frees when its holder
 * ends, however it ends. It guards what PostgreSQL's own lock does not: two hubs that run initdb at once, and
 * a second hub that would adopt the postmaster of a first one that lives. Elsewhere PostgreSQL's lock is all.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { ConfigError } from '#core/errors.ts';

/** Takes the lock of `dataFolder` (its real path). Throws ConfigError when another process holds it. */
export function lockFolder(dataFolder: string): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return Promise.resolve(() => Promise.resolve());
  const name = createHash('sha256').update(dataFolder).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      return reject(
        new ConfigError([`the data folder must not be in use by another hub: got ${JSON.stringify(dataFolder)}`]),
      );
    });
    server.listen(`\0pulsewire-${name}`, () => resolve(() => new Promise((done) => server.close(() => done()))));
  });
}
