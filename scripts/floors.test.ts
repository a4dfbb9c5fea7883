import { expect, test } from 'vitest';
import { floorProblems } from './floors.mjs';

const floors = { ws: { from: '8.21.1', because: 'of an advisory' } };
const integrity = 'sha512-x';
const problemsOf = (packages: Parameters<typeof floorProblems>[0]['packages']) => floorProblems({ packages }, floors);

test.each(['8.21.1', '8.21.2', '8.22.0', '9.0.0', '10.0.0'])('floorProblems() takes version %s', (version) => {
  expect(problemsOf({ '': { version: '0.0.1' }, 'node_modules/ws': { version, integrity } })).toEqual([]);
});

test.each(['8.21.0', '8.9.9', '7.99.99'])(
  'floorProblems() refuses version %s, also within another package',
  (version) => {
    expect(
      problemsOf({
        'node_modules/ws': { version: '8.21.1', integrity },
        'node_modules/other/node_modules/ws': { version, integrity },
      }),
    ).toEqual([`node_modules/other/node_modules/ws must be at least 8.21.1 (of an advisory): got ${version}`]);
  },
);

test('floorProblems() wants checksums, the registry, and no floor for what is not there', () => {
  expect(
    problemsOf({
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '1.0.0', optional: true },
      'node_modules/c': { version: '1.0.0', integrity: 'sha1-x' },
      'node_modules/d': { version: '1.0.0', integrity, resolved: 'git+ssh://git@github.com/d/d.git#1' },
      'node_modules/e': { version: '1.0.0', integrity, resolved: 'https://registry.npmjs.org/e/-/e-1.0.0.tgz' },
    }),
  ).toEqual([
    'node_modules/a must have a checksum: got none',
    'node_modules/c must have a checksum of SHA-512: got sha1-x',
    'node_modules/d must come from the registry: got git+ssh://git@github.com/d/d.git#1',
    'ws has a floor and must be installed: got nothing; take its floor out',
  ]);
});
