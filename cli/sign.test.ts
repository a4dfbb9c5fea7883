import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseSignedText } from '#core/signed-script.ts';
import { addTarget, parseDuration, runSign, type SignOptions } from './sign.ts';

const defaults: SignOptions = {
  ...{ every: 10_000, validDays: 365, unit: '', network: false, timeout: 10_000, cpu: 5 },
  ...{ memory: 128, processes: 16, output: 65_536 },
};
const nowMs = 1_800_000_000_000;

let folder: string;
let keyFile: string;
let script: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-sign-'));
  keyFile = join(folder, 'publisher.key');
  script = join(folder, 'queue.py');
  writeFileSync(script, 'print(1)\n');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function sign(
  file: string | undefined,
  options: Partial<SignOptions>,
): { readonly printed: string; readonly said: string } {
  let printed = '';
  let said = '';
  runSign(
    file,
    { ...defaults, ...options },
    {
      print: (text) => void (printed += text),
      say: (line) => void (said += `${line}\n`),
      nowMs,
    },
  );
  return { printed, said };
}

describe('pulsewire sign', () => {
  test('makes a key that is closed to others, prints the public one, and replaces none', () => {
    const { printed, said } = sign(undefined, { newKey: keyFile });
    expect(printed).toMatch(/^ed25519:[A-Za-z0-9_-]{43}\n$/);
    expect(said).toContain(printed.trim());
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const before = readFileSync(keyFile, 'utf8');
    expect(() => sign(undefined, { newKey: keyFile })).toThrow('must be a new file: got EEXIST');
    expect(readFileSync(keyFile, 'utf8')).toBe(before);
    expect(printed + said).not.toContain(before.split('\n')[1]);
  });

  test('signs a script; what it prints is the text and nothing else', () => {
    const key = sign(undefined, { newKey: keyFile }).printed.trim();
    const { printed } = sign(script, { key: keyFile, name: 'queue', target: ['tag:role=web'] });
    expect(parseSignedText(printed)).toMatchObject({
      manifest: {
        ...{ name: 'queue', version: 1_800_000_000, key: key.slice('ed25519:'.length), interpreter: 'python3' },
        ...{ intervalMs: 10_000, targets: ['tag:role=web'], notBeforeMs: 0, notAfterMs: nowMs + 365 * 86_400_000 },
      },
      code: 'print(1)\n',
    });
  });

  test('signs a revocation', () => {
    sign(undefined, { newKey: keyFile });
    expect(parseSignedText(sign(undefined, { key: keyFile, revoke: 'queue', signVersion: 7 }).printed)).toMatchObject({
      manifest: { kind: 'revocation', name: 'queue', version: 7 },
      code: '',
    });
  });

  test('says everything that is missing', () => {
    sign(undefined, { newKey: keyFile });
    writeFileSync(join(folder, 'thing'), 'x');
    expect(() => sign(join(folder, 'thing'), { key: keyFile })).toThrow(
      /--name NAME is wanted[\s\S]*--target is wanted[\s\S]*--interpreter is wanted/,
    );
    expect(() => sign(script, {})).toThrow('--key FILE or --new-key FILE is wanted');
    expect(() => sign(undefined, { key: keyFile })).toThrow('a file with the script is wanted');
    expect(() => sign(join(folder, 'none.py'), { key: keyFile })).toThrow('must be readable, in UTF-8: got ENOENT');
    expect(() => sign(script, { key: keyFile, name: '../x', target: ['all'] })).toThrow('"name" must be');
    expect(() => sign(script, { key: keyFile, name: 'x', target: ['all'], every: 1 })).toThrow('"intervalMs" must be');
    writeFileSync(script, 'x'.repeat(70_000));
    expect(() => sign(script, { key: keyFile, name: 'x', target: ['all'] })).toThrow('at most 65536 bytes');
  });

  test('uses no key that others can read, or that is none', () => {
    sign(undefined, { newKey: keyFile });
    chmodSync(keyFile, 0o644);
    expect(() => sign(script, { key: keyFile })).toThrow(/closed to others \(chmod 600\): got mode 0\d{3}$/);
    writeFileSync(keyFile, 'hello');
    chmodSync(keyFile, 0o600);
    expect(() => sign(script, { key: keyFile })).toThrow('must be an Ed25519 private key');
  });
});

test.each([
  ['10s', 10_000],
  ['500ms', 500],
  ['2m', 120_000],
  ['1d', 86_400_000],
])('parseDuration(%s) is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test('options that cannot be meant are refused', () => {
  expect(() => parseDuration('10')).toThrow('It must be a number with');
  expect(() => addTarget('everything')).toThrow('A target must be');
  expect(addTarget('all', ['host:a'])).toEqual(['host:a', 'all']);
});
