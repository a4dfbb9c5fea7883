/**
 * Builds the dashboard into `dist/ui`: `index.html` and hashed files under `assets/`, all under `/dashboard/`.
 *
 * The pages run under `default-src 'self'`: no inline script, no inline style, no `data:` address. So nothing
 * is inlined by size, and the preload helper, which writes links at run time, is left out.
 */
import { defineConfig } from 'vite';

// biome-ignore lint/style/noDefaultExport: vite reads the default export
export default defineConfig({
  base: '/dashboard/',
  build: {
    outDir: '../dist/ui',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
});
