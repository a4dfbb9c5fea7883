import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SnapshotPart } from '../store/backup/snapshot.ts';
import { readBackup, verifyBackup, writeBackup } from './backup-file.ts';

const about = { madeBy: '0.1.0', atMs: 1_764_000_000_000 };
const header: SnapshotPart = {
  kind: 'header',
  schemaVersion: 2,
  serverVersion: '18.4',
  tables: [
    { name: 'host', columns: [{ name: 'id', type: 'integer' }] },
    { name: 'gap', columns: [] },
  ],
};

function partsOf(
  rows: readonly string[],
  sequences = [{ name: 'host_id_seq', lastValue: '9007199254740993' }],
): SnapshotPart[] {
  return [
    header,
    { kind: 'table', name: 'host' },
    ...rows.map((text): SnapshotPart => ({ kind: 'rows', bytes: Buffer.from(text) })),
    { kind: 'tableEnd', rowCount: rows.join('').split('\n').length - 1 },
    { kind: 'table', name: 'gap' },
    { kind: 'tableEnd', rowCount: 0 },
    { kind: 'end', sequences },
  ];
}

async function* stream(parts: readonly SnapshotPart[]): AsyncGenerator<SnapshotPart> {
  yield* parts;
}

async function collect(file: string): Promise<SnapshotPart[]> {
  const parts: SnapshotPart[] = [];
  for await (const part of readBackup(file))
    parts.push(part.kind === 'rows' ? { kind: 'rows', bytes: Buffer.from(part.bytes) } : part);
  return parts;
}

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-backup-'));
  file = join(folder, 'a.backup');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a backup file', () => {
  test('gives back the parts that were written, and is closed to others', async () => {
    const parts = partsOf(['1\n2', '\n3\n']);
    const { byteCount } = await writeBackup(file, stream(parts), about);

    expect(await collect(file)).toEqual(parts);
    expect([statSync(file).mode & 0o777, statSync(file).size, readdirSync(folder)]).toEqual([
      0o600,
      byteCount,
      ['a.backup'],
    ]);
    expect(await verifyBackup(file)).toEqual({
      ...about,
      header,
      tables: [
        { name: 'host', rowCount: 3 },
        { name: 'gap', rowCount: 0 },
      ],
    });
  });

  test('rows of more than a frame come back in order', async () => {
    const text = `${'0123456789abcdef\n'.repeat(50_000)}`;
    await writeBackup(file, stream(partsOf([text])), about);

    const rows = (await collect(file)).flatMap((part) => (part.kind === 'rows' ? [Buffer.from(part.bytes)] : []));
    expect(rows.length).toBeGreaterThan(3);
    expect(Buffer.concat(rows).toString() === text).toBe(true);
  });

  test('a failure while it is written leaves the file that was there, and nothing else', async () => {
    await writeBackup(file, stream(partsOf(['1\n'])), about);
    const before = readFileSync(file);
    async function* failing(): AsyncGenerator<SnapshotPart> {
      yield header;
      throw new Error('the database went away');
    }

    await expect(writeBackup(file, failing(), about)).rejects.toThrow('the database went away');
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['a.backup']);
  });

  test('is refused when it is cut off anywhere', async () => {
    await writeBackup(file, stream(partsOf(['1\n2\n'])), about);
    const whole = readFileSync(file);
    const plain = gunzipSync(whole);
    for (let length = 0; length < whole.byteLength; length += 1) {
      writeFileSync(file, whole.subarray(0, length));
      await expect(verifyBackup(file), `${length} bytes`).rejects.toThrow('must be a whole and undamaged backup');
    }
    for (let length = 0; length < plain.byteLength; length += 1) {
      writeFileSync(file, gzipSync(plain.subarray(0, length), { level: 0 }));
      await expect(verifyBackup(file), `${length} plain bytes`).rejects.toThrow('must be a whole and undamaged backup');
    }
  });

  test('is refused when any byte of its content is another', async () => {
    await writeBackup(file, stream(partsOf(['1\n2\n'])), about);
    const plain = gunzipSync(readFileSync(file));
    for (let place = 0; place < plain.byteLength; place += 1) {
      const damaged = Buffer.from(plain);
      damaged[place]! ^= 1 << (place % 8);
      // As if gzip's own sum did not exist.
      writeFileSync(file, gzipSync(damaged, { level: 0 }));
      await expect(verifyBackup(file), `byte ${place}`).rejects.toThrow('must be a whole and undamaged backup');
    }
  });

  test('is refused when something follows its end, or a table is left out of the middle', async () => {
    await writeBackup(file, stream(partsOf(['1\n2\n'])), about);
    const plain = gunzipSync(readFileSync(file));
    writeFileSync(file, gzipSync(Buffer.concat([plain, Buffer.from([3, 0, 0, 0, 0])])));
    await expect(verifyBackup(file)).rejects.toThrow('in order');
    const cut = plain.indexOf('{"name":"gap"}');
    writeFileSync(
      file,
      gzipSync(
        Buffer.concat([plain.subarray(0, cut - 5), plain.subarray(plain.indexOf('[{"name":"host_id_seq"') - 5)]),
      ),
    );
    await expect(verifyBackup(file)).rejects.toThrow('checksum of all');
  });

  test('random bytes never do worse than being refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, isPacked) => {
        const content = Buffer.concat([Buffer.from('pulsewire backup\n'), bytes]);
        writeFileSync(file, isPacked ? gzipSync(content) : bytes);
        await expect(verifyBackup(file)).rejects.toThrow('must be a whole and undamaged backup');
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('a format of a later version is named', async () => {
    await writeBackup(file, stream(partsOf([])), about);
    const plain = gunzipSync(readFileSync(file));
    const text = plain.toString('latin1').replace('"format":1', '"format":2');
    writeFileSync(file, gzipSync(Buffer.from(text, 'latin1')));
    await expect(verifyBackup(file)).rejects.toThrow('its format must be 1');
  });

  test('a place that cannot be written to is named', async () => {
    const place = join(folder, 'none/a.backup');
    await expect(writeBackup(place, stream(partsOf([])), about)).rejects.toThrow(
      'must be one that can be written whole: got ENOENT',
    );
  });

  test('a file that is not there is named', async () => {
    await expect(verifyBackup(join(folder, 'none'))).rejects.toThrow('must be readable: got ENOENT');
  });
});
