/**
 * Builds `dist/`, so that browser tests see what people get: the dashboard, and the hub and agent that serve and feed it.
 * It costs a tenth of a second where nothing has changed since the last time.
 */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';

/** The folder of package.json. */
export const packageFolder = resolve(import.meta.dirname, '../..');

export async function buildDashboard(): Promise<void> {
  execFileSync(process.execPath, [join(packageFolder, 'scripts/build.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // vite takes the mode from here, and the test runner says "test": that would be the development build of Lit.
    env: { ...process.env, NODE_ENV: 'production' },
  });
}
