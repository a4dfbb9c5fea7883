import { defineConfig } from 'vitest/config';

// One project a kind of test, so that `vitest run --project unit` gives an answer in seconds.
// The kinds that start processes run one file at a time: this is built for machines with two cores.
const slow = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000 };

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{core,hub,agent,ui,bench,cli,config,scripts}/**/*.test.ts'],
          exclude: ['**/*.{sim,pg,e2e,browser}.test.ts'],
          // Some write to a disk that others keep busy; how long that takes says nothing about them.
          testTimeout: 60_000,
        },
      },
      { test: { name: 'sim', include: ['**/*.sim.test.ts'], testTimeout: 120_000 } },
      { test: { name: 'pg', include: ['**/*.pg.test.ts'], ...slow } },
      { test: { name: 'e2e', include: ['**/*.e2e.test.ts'], ...slow, testTimeout: 120_000 } },
      { test: { name: 'browser', include: ['**/*.browser.test.ts'], ...slow, testTimeout: 120_000 } },
    ],
  },
});
