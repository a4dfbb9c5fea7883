/**
 * The PostgreSQL that all tests of one run share, as a process of its own: test files come and go in processes
 * of theirs, and none of them can know that it is the last. It starts the server in the folder of its first
 * argument, writes `ready.json` there, and when the process of its second argument (the test runner) has
 * ended, however it ended, it stops the server and removes the folder.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { startEmbedded } from '../embedded/embedded.ts';

const watchMs = 100;
const [folder = '', runner = ''] = process.argv.slice(2);

function report(value: object): void {
  writeFileSync(join(folder, 'ready.json.new'), JSON.stringify(value), { mode: 0o600 });
  renameSync(join(folder, 'ready.json.new'), join(folder, 'ready.json'));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

try {
  const log = pino({ level: 'silent' });
  const embedded = await startEmbedded({ dataFolder: join(folder, 'data'), log });
  report({ superuser: embedded.superuserConnection, application: embedded.connection, hub: embedded.hubConnection });
  const watch = setInterval(async () => {
    if (isAlive(Number(runner))) return;
    clearInterval(watch);
    await embedded.stop();
    rmSync(folder, { recursive: true, force: true });
  }, watchMs);
} catch (error) {
  report({ error: error instanceof Error ? error.message : String(error) });
}
