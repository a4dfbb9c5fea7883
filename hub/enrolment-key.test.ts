import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readEnrolmentKey } from './enrolment-key.ts';

let dataFolder = '';
beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'pulsewire-key-'));
});
afterEach(() => rmSync(dataFolder, { recursive: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest();

describe('readEnrolmentKey()', () => {
  test('makes a key at the first start that only its owner can read, and finds it again', () => {
    const made = readEnrolmentKey({ env: {}, file: null, dataFolder });
    const file = join(dataFolder, 'enrolment-key');
    const key = readFileSync(file, 'utf8').trim();

    expect(made).toEqual({ hash: sha256(key), file, isLocal: true });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(key).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(readEnrolmentKey({ env: {}, file: null, dataFolder })).toEqual(made);
  });

  test('is not held up by a file that a crash has left unfinished', () => {
    writeFileSync(join(dataFolder, 'enrolment-key.new'), '');
    readEnrolmentKey({ env: {}, file: null, dataFolder });

    expect(readFileSync(join(dataFolder, 'enrolment-key'), 'utf8')).toHaveLength(33);
  });

  test('takes the environment first, then the file that is set, without space around', () => {
    const file = join(dataFolder, 'mine');
    writeFileSync(file, ' 0123456789abcdef\r\n');
    const options = { file, dataFolder };

    expect(readEnrolmentKey({ env: {}, ...options })).toEqual({
      ...{ hash: sha256('0123456789abcdef'), file, isLocal: false },
    });
    expect(readEnrolmentKey({ env: { PULSEWIRE_ENROLMENT_KEY: 'x'.repeat(16) }, ...options })).toEqual({
      hash: sha256('x'.repeat(16)),
      file: null,
      isLocal: false,
    });
  });

  test('refuses a key that is too short or too long without showing it, and a file that cannot be read', () => {
    expect(() => readEnrolmentKey({ env: { PULSEWIRE_ENROLMENT_KEY: 'hunter2' }, file: null, dataFolder })).toThrow(
      /16\.\.200 characters: got 7$/,
    );
    const env = { PULSEWIRE_ENROLMENT_KEY: 'x'.repeat(201) };
    expect(() => readEnrolmentKey({ env, file: null, dataFolder })).toThrow(/16\.\.200 characters: got 201$/);
    expect(() => readEnrolmentKey({ env: {}, file: join(dataFolder, 'absent'), dataFolder })).toThrow('ENOENT');
  });
});
