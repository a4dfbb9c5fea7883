import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nativePackageFiles } from './agent-lock.mjs';

const root = resolve(import.meta.dirname, '..');
const read = (file: string) => JSON.parse(readFileSync(resolve(root, file), 'utf8'));

describe('nativePackageFiles()', () => {
  test("locks better-sqlite3 and all that it needs as this checkout does, and nothing of the hub's", () => {
    const packageLock = read('package-lock.json');
    const files = nativePackageFiles({ packageJson: read('package.json'), packageLock });
    const { '': self, ...packages } = files['package-lock.json'].packages;

    expect(self!.dependencies).toEqual(files['package.json'].dependencies);
    expect(Object.keys(packages)).toEqual(
      expect.arrayContaining(['node_modules/bindings', 'node_modules/better-sqlite3']),
    );
    expect(Object.keys(packages).filter((place) => /uWebSockets|postgres|vite/.test(place))).toEqual([]);
    for (const [place, { version, integrity }] of Object.entries(packages))
      expect({ version, integrity }).toEqual({
        version: packageLock.packages[place].version,
        integrity: packageLock.packages[place].integrity,
      });
    const needed = new Set(Object.values(packages).flatMap(({ dependencies }) => Object.keys(dependencies ?? {})));
    expect(
      [...needed].filter((name) => !Object.keys(packages).some((place) => place.endsWith(`node_modules/${name}`))),
    ).toEqual([]);
  });

  test('takes the package that Node would find: the nearest', () => {
    const entry = (version: string, dependencies = {}) => ({ version, integrity: `sha512-${version}`, dependencies });
    const packages = {
      'node_modules/better-sqlite3': entry('1.0.0', { a: '*' }),
      'node_modules/a': entry('1.0.0', { b: '*' }),
      'node_modules/a/node_modules/b': entry('2.0.0', { c: '*' }),
      'node_modules/b': entry('1.0.0'),
      'node_modules/c': entry('1.0.0'),
    };
    const files = nativePackageFiles({ packageJson: { version: '1.2.3', license: 'MIT' }, packageLock: { packages } });
    expect(Object.keys(files['package-lock.json'].packages)).toEqual([
      ...['', 'node_modules/a', 'node_modules/a/node_modules/b', 'node_modules/better-sqlite3', 'node_modules/c'],
    ]);
  });

  test('wants a checksum of everything', () => {
    const packages = { 'node_modules/better-sqlite3': { version: '1.0.0' } };
    expect(() =>
      nativePackageFiles({ packageJson: { version: '1.2.3', license: 'MIT' }, packageLock: { packages } }),
    ).toThrow(/node_modules\/better-sqlite3 must have a version and a checksum/);
  });
});
