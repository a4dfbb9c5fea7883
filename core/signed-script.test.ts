import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBase64url } from './base64url.ts';
import {
  formatManifest,
  formatSignedText,
  interpreters,
  isTargeted,
  parseManifest,
  parseSignedText,
  type RevocationManifest,
  type ScriptManifest,
  signedBytesOf,
  targetProblem,
} from './signed-script.ts';
import { encodeUtf8 } from './utf8.ts';

const key = encodeBase64url(Uint8Array.from({ length: 32 }, (_, index) => index));
const signature = Uint8Array.from({ length: 64 }, (_, index) => 255 - index);

const manifest: ScriptManifest = {
  kind: 'script',
  name: 'queue-depth',
  version: 7,
  key,
  sha256: 'ab'.repeat(32),
  interpreter: 'python3',
  intervalMs: 10_000,
  limits: { wallMs: 5_000, cpuSeconds: 5, memoryBytes: 134_217_728, processes: 16, outputBytes: 65_536 },
  hasNetwork: false,
  unit: '',
  targets: ['tag:role=web', 'host:db-*'],
  notBeforeMs: 1_700_000_000_000,
  notAfterMs: 1_731_536_000_000,
};
const revocation: RevocationManifest = { kind: 'revocation', name: 'queue-depth', version: 7, key };

/** As `docs/scripts.md` shows it. Another text is another version of the format. */
const goldenManifest =
  '{"kind":"script","name":"queue-depth","version":7,"key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",' +
  '"sha256":"abababababababababababababababababababababababababababababababab","interpreter":"python3","intervalMs":10000,' +
  '"limits":{"wallMs":5000,"cpuSeconds":5,"memoryBytes":134217728,"processes":16,"outputBytes":65536},' +
  '"hasNetwork":false,"unit":"","targets":["tag:role=web","host:db-*"],"notBeforeMs":1700000000000,"notAfterMs":1731536000000}';

function withManifest(json: string, code = 'print(1)\n'): string {
  return `# pulsewire-script v1 ${encodeBase64url(encodeUtf8(json))} ${encodeBase64url(signature)}\n${code}`;
}

describe('the form that is signed', () => {
  test('is these bytes and no others', () => {
    expect(formatManifest(manifest)).toBe(goldenManifest);
    expect(Buffer.from(signedBytesOf(manifest)).toString()).toBe(`# pulsewire-script v1\n${goldenManifest}`);
    expect(formatManifest(revocation)).toBe(
      `{"kind":"revocation","name":"queue-depth","version":7,"key":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}`,
    );
  });

  test('does not depend on the order in which the fields were given', () => {
    const { kind, limits, ...rest } = manifest;
    const { wallMs, ...more } = limits;
    expect(formatManifest({ ...rest, limits: { ...more, wallMs }, kind })).toBe(goldenManifest);
  });

  test.each([
    ['white space', goldenManifest.replace(',', ', ')],
    ['another order', goldenManifest.replace('"name":"queue-depth","version":7', '"version":7,"name":"queue-depth"')],
    ['a field that is not known', goldenManifest.replace('"unit":""', '"unit":"","x":1')],
    ['a name that stands twice', goldenManifest.replace('"version":7', '"version":6,"version":7')],
    ['a number in another form', goldenManifest.replace('"version":7', '"version":7.0')],
    ['an escape that need not be', goldenManifest.replace('queue', '\\u0071ueue')],
    ['__proto__', goldenManifest.replace('"unit":""', '"unit":"","__proto__":{}')],
  ])('has no second one: %s is refused', (_, json) => {
    expect(parseManifest(json)).toEqual({
      kind: 'wrong',
      problem: 'its manifest must be in the one form that is signed',
    });
  });

  test.each([
    ['', 'its manifest must be JSON'],
    ['[]', 'its manifest must be a JSON object'],
    ['null', 'its manifest must be a JSON object'],
    [goldenManifest.replace('"script"', '"code"'), '"kind" must be'],
    [goldenManifest.replace('queue-depth', '../../x'), '"name" must be'],
    [goldenManifest.replace('queue-depth', ''), '"name" must be'],
    [goldenManifest.replace('"version":7', '"version":0'), '"version" must be'],
    [goldenManifest.replace('"version":7', '"version":1e300'), '"version" must be'],
    [goldenManifest.replace('"version":7', '"version":"7"'), '"version" must be'],
    [goldenManifest.replace(key, 'AAAA'), '"key" must be'],
    [goldenManifest.replace('abab', 'ABAB'), '"sha256" must be'],
    [goldenManifest.replace('python3', 'ruby'), '"interpreter" must be one of'],
    [goldenManifest.replace('python3', '/bin/sh'), '"interpreter" must be one of'],
    [goldenManifest.replace('"intervalMs":10000', '"intervalMs":0'), '"intervalMs" must be'],
    [goldenManifest.replace('"processes":16', '"processes":100000'), '"limits.processes" must be'],
    [goldenManifest.replace('"processes":16,', ''), '"limits.processes" must be'],
    [goldenManifest.replace('"hasNetwork":false', '"hasNetwork":0'), '"hasNetwork" must be'],
    [goldenManifest.replace('"tag:role=web","host:db-*"', ''), '"targets" must be'],
    [goldenManifest.replace('tag:role=web', 'everything'), 'a target must be'],
    [goldenManifest.replace('1731536000000', '1'), '"notAfterMs" must be after'],
  ])('is refused when it says something else: %s', (json, problem) => {
    expect(parseManifest(json)).toMatchObject({ kind: 'wrong', problem: expect.stringContaining(problem) });
  });
});

describe('parseSignedText()', () => {
  test('takes apart what formatSignedText() put together, whatever the code is', () => {
    const code = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).filter((text) => !text.includes('\0'));
    const any = fc.record({
      ...{ name: fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/), version: fc.integer({ min: 1 }), code },
      interpreter: fc.constantFrom(...interpreters),
      hasNetwork: fc.boolean(),
      host: fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(any, ({ code, host, ...fields }) => {
        const signed = { manifest: { ...manifest, ...fields, targets: [`host:${host}`] }, signature, code };
        expect(parseSignedText(formatSignedText(signed))).toEqual(signed);
      }),
      { seed: 6 },
    );
  });

  test('never throws, whatever it is given, and takes nothing that it would write otherwise', () => {
    const good = withManifest(goldenManifest);
    const mutated = fc
      .tuple(fc.nat(good.length - 1), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([at, text]) => good.slice(0, at) + text + good.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: 'binary', maxLength: 100 })), (text) => {
        const parsed = parseSignedText(text);
        if ('signature' in parsed) expect(formatSignedText(parsed)).toBe(text);
      }),
      { seed: 6, numRuns: 400 },
    );
  });

  test.each([
    ['nothing', '', 'its first line must begin with "# pulsewire-script v1"'],
    ['code that nobody signed', 'print(1)\n', 'its first line must begin with'],
    ['another version', withManifest(goldenManifest).replace('v1', 'v2'), 'its first line must begin with'],
    ['no line end', withManifest(goldenManifest, '').trimEnd(), 'its first line must end'],
    ['a first line without end', `# pulsewire-script v1 ${'A'.repeat(40_000)}\nx`, 'its first line must end'],
    [
      'no signature',
      `# pulsewire-script v1 ${encodeBase64url(encodeUtf8(goldenManifest))}\nx`,
      'must hold the manifest',
    ],
    ['three words', withManifest(goldenManifest).replace('\n', ' x\n'), 'must hold the manifest'],
    ['a short signature', '# pulsewire-script v1 AAAA AAAA\nx', 'its signature must have 64 bytes'],
    ['no code', withManifest(goldenManifest, ''), 'a script must have code'],
    ['NUL in the code', withManifest(goldenManifest, 'a\0b'), 'must hold no NUL'],
    ['a revocation with code', withManifest(formatManifest(revocation), 'x'), 'and a revocation none'],
    ['a text too large', withManifest(goldenManifest, 'x'.repeat(70_000)), 'must have at most 65536 bytes'],
  ])('refuses %s', (_, text, problem) => {
    expect(parseSignedText(text)).toMatchObject({ kind: 'wrong', problem: expect.stringContaining(problem) });
  });

  test('refuses a manifest that is not UTF-8', () => {
    const text = `# pulsewire-script v1 ${encodeBase64url(Uint8Array.of(0xff))} ${encodeBase64url(signature)}\nx`;
    expect(parseSignedText(text)).toEqual({ kind: 'wrong', problem: 'its manifest must be UTF-8' });
  });
});

describe('isTargeted()', () => {
  const web = { names: ['web-1'], tags: [{ role: 'web', site: 'a=b' }] };

  test.each([
    ['all', true],
    ['host:web-1', true],
    ['host:web-*', true],
    ['host:web', false],
    ['host:all', false],
    ['tag:role=web', true],
    ['tag:role=*', true],
    ['tag:role=db', false],
    ['tag:site=a=b', true],
    ['tag:constructor=*', false],
  ])('%s: %s', (target, isMeant) => {
    expect(isTargeted([target], web)).toBe(isMeant);
  });

  test('one of several is enough, and none of none', () => {
    expect(isTargeted(['host:x', 'tag:role=web'], web)).toBe(true);
    expect(isTargeted([], web)).toBe(false);
    expect(isTargeted(['tag:role=web'], { names: ['web-1'], tags: [] })).toBe(false);
  });

  test.each([
    '',
    'ALL',
    'host:',
    'tag:role',
    'tag:role=',
    'tag:=x',
    'host:a\nb',
    'host:\u202a\u2028',
    `host:${'x'.repeat(300)}`,
    7,
  ])('%j is no target', (target) => {
    expect(targetProblem(target)).toMatch(/^a target must be/);
  });
});
