/** Builds the dashboard into `dist/ui`, so that browser tests see what people get. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export async function buildDashboard(): Promise<void> {
  await build({ root: fileURLToPath(new URL('..', import.meta.url)), logLevel: 'error' });
}
