/** Builds the dashboard into `dist/ui`, so that browser tests see what people get. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export async function buildDashboard(): Promise<void> {
  // vite takes the mode from here, and the test runner says "test": that would be the development build of Lit.
  process.env['NODE_ENV'] = 'production';
  await build({ mode: 'production', root: fileURLToPath(new URL('..', import.meta.url)), logLevel: 'error' });
}
