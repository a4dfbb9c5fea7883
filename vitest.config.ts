import { defineConfig } from 'vitest/config';

// One project a kind of test, so that `vitest run --project unit` gives an answer in seconds.
// The kinds that start processes run one file at a time: this is built for machines with two cores.
// What is waited for comes within a moment, unless the machine is busy with something else.
const patience = { expect: { poll: { timeout: 15_000 } } };
const slow = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 60_000, ...patience };
// Where others use the machine too, what starts processes may be tried once more; the report says which were.
const retry = process.env['CI'] === undefined ? 0 : 1;

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
      { test: { name: 'e2e', include: ['**/*.e2e.test.ts'], ...slow, testTimeout: 120_000, retry } },
      {
        test: {
          name: 'browser',
          include: ['**/*.browser.test.ts'],
          ...slow,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          retry,
        },
      },
    ],
  },
});
