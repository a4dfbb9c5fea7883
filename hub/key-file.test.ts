import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '#core/errors.ts';
import { readOperatorKeyHash } from './access/operator-key.ts';
import { readEnrolmentKey } from './enrolment-key.ts';
import { keyFileNames, readOrMakeKey, sharedKeys } from './key-file.ts';
import { readSecretKey } from './secret-box.ts';

let dataFolder = '';
beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'pulsewire-key-'));
});
afterEach(() => rmSync(dataFolder, { recursive: true }));

const readers = {
  'enrolment-key': () => readEnrolmentKey({ env: {}, file: null, dataFolder }),
  'operator-key': () => readOperatorKeyHash({ env: {}, dataFolder }),
  'secret-key': () => readSecretKey({ env: {}, dataFolder }),
};

describe.each(keyFileNames)('the file %s', (name) => {
  const read = readers[name];
  const file = () => join(dataFolder, name);

  test('is made for its owner alone, and is not warned of', () => {
    read();
    expect([statSync(file()).mode & 0o777, sharedKeys(dataFolder)]).toEqual([0o600, []]);
  });

  test.each([0o604, 0o602, 0o644, 0o666, 0o777])('is not used once others may do with it what mode %o says', (mode) => {
    read();
    chmodSync(file(), mode);
    expect(read).toThrow(ConfigError);
    const shown = mode.toString(8).padStart(4, '0');
    expect(read).toThrow(
      `must be closed to others (chmod 600), and replaced by a new one if somebody may have read it: got mode ${shown}`,
    );
    chmodSync(file(), 0o600);
    read();
  });

  test.each([0o640, 0o660])('is used and warned of where a group may do with it what mode %o says', (mode) => {
    const key = read();
    chmodSync(file(), mode);
    expect(read()).toEqual(key);
    expect(sharedKeys(dataFolder)).toEqual([`${name} (0${mode.toString(8)})`]);
  });
});

test('a key that is there is not made anew, whatever is asked for', () => {
  const key = readOrMakeKey({ dataFolder, name: 'secret-key' }, 32);
  expect(readOrMakeKey({ dataFolder, name: 'secret-key' }, 8).trim()).toBe(key);
});
