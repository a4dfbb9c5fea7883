import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ScriptShelf } from './script-shelf.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-shelf-'));
  file = join(folder, 'signed-scripts.json');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mark = { version: 5, sha256: 'ab', revokedVersion: 3 };

async function reopened(): Promise<ScriptShelf> {
  const shelf = new ScriptShelf(file);
  await shelf.read();
  return shelf;
}

test('what was written is there after a restart, and closed to others', async () => {
  await new ScriptShelf(file).write({ marks: new Map([['probe', mark]]), texts: ['a'] });
  const shelf = await reopened();
  expect(shelf.markOf('probe')).toEqual(mark);
  expect(shelf.markOf('toString')).toBeNull();
  expect(shelf.texts).toEqual(['a']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('marks stay when the texts go', async () => {
  const shelf = new ScriptShelf(file);
  await shelf.write({ marks: new Map([['probe', mark]]), texts: ['a'] });
  await shelf.write({ marks: new Map(), texts: [] });
  expect((await reopened()).markOf('probe')).toEqual(mark);
});

test('no file is an empty one', async () => {
  expect((await reopened()).texts).toEqual([]);
});

test.each(['', '{', '[]', '{"marks":[]}', '{"marks":[{"name":"x","version":-1}],"texts":[]}'])(
  'a damaged file is not believed: %s',
  async (text) => {
    writeFileSync(file, text, { mode: 0o600 });
    await expect(reopened()).rejects.toThrow('it is damaged');
  },
);

test('a link is not followed, neither to read nor to write', async () => {
  const elsewhere = join(folder, 'elsewhere');
  writeFileSync(elsewhere, '{"marks":[],"texts":[]}', { mode: 0o600 });
  symlinkSync(elsewhere, file);
  await expect(reopened()).rejects.toThrow('it must be a file of the agent');
  symlinkSync(elsewhere, `${file}.new`);
  await expect(new ScriptShelf(file).write({ marks: new Map(), texts: ['x'] })).rejects.toThrow('Cannot write');
  expect(readFileSync(elsewhere, 'utf8')).toBe('{"marks":[],"texts":[]}');
});

test('a file that others may write is not believed', async () => {
  await new ScriptShelf(file).write({ marks: new Map(), texts: [] });
  chmodSync(file, 0o666);
  await expect(reopened()).rejects.toThrow('closed to others');
});

test('a folder that is not there refuses to remember', async () => {
  const shelf = new ScriptShelf(join(folder, 'none', 'x.json'));
  await expect(shelf.write({ marks: new Map(), texts: [] })).rejects.toThrow('there must be room');
});

test('a thousand names are remembered and no more', async () => {
  const shelf = new ScriptShelf(file);
  const marks = (count: number) => new Map(Array.from({ length: count }, (_, index) => [`n${index}`, mark]));
  await shelf.write({ marks: marks(1_000), texts: [] });
  await expect(shelf.write({ marks: marks(1_001), texts: [] })).rejects.toThrow('it may hold 1000 names');
});
