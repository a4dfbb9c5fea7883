import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  renewedCertificate,
  renewedCertificateKey,
  testCertificate,
  testCertificateKey,
} from '../testing/tls-certificate.ts';
import { type Certificate, certificateWarning, readCertificate } from './certificate.ts';
import { CertificateKeeper } from './certificate-keeper.ts';

const dayMs = 86_400_000;
const nowMs = Date.parse('2030-01-01');
let folder: string;
let files: { readonly certFile: string; readonly keyFile: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-certificate-'));
  files = { certFile: join(folder, 'hub.pem'), keyFile: join(folder, 'hub.key') };
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(cert: string, key: string): void {
  writeFileSync(files.certFile, cert);
  writeFileSync(files.keyFile, key, { mode: 0o600 });
}

function readGood(): Certificate {
  put(testCertificate, testCertificateKey);
  const answer = readCertificate(files, nowMs);
  if (answer.kind === 'refused') throw new Error(answer.problems.join('\n'));
  return answer.certificate;
}

function problemsAt(atMs = nowMs): readonly string[] {
  const answer = readCertificate(files, atMs);
  return answer.kind === 'refused' ? answer.problems : [];
}

describe('readCertificate()', () => {
  test('says when a pair ends, and what it is for', () => {
    expect(readGood()).toMatchObject({
      endsMs: Date.parse('2126-11-03T02:39:22Z'),
      names: ['hooks.test', 'mail.test', 'localhost'],
      isSelfSigned: true,
    });
  });

  test('takes a chain, the first certificate being its own', () => {
    put(testCertificate + renewedCertificate, testCertificateKey);
    expect(problemsAt()).toEqual([]);
  });

  test('says which file was looked for, where its name alone does not', () => {
    const answer = readCertificate({ certFile: 'certs/hub.crt', keyFile: files.keyFile }, nowMs);
    expect(answer).toMatchObject({
      problems: expect.arrayContaining([expect.stringContaining(`ENOENT for "${resolve('certs/hub.crt')}"`)]),
    });
  });

  test.each([
    ['no files', () => {}, [/"tlsCertFile" .*ENOENT/, /"tlsKeyFile" .*ENOENT/]],
    ['text', () => put('hello', 'hello'), [/"tlsCertFile" .*PEM/, /"tlsKeyFile" .*PEM/]],
    ['the key of another', () => put(testCertificate, renewedCertificateKey), [/key of the first certificate/]],
    [
      'the chain upside down',
      () => put(renewedCertificate + testCertificate, testCertificateKey),
      [/first certificate/],
    ],
    [
      'half a chain that is broken',
      () => put(`${testCertificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`, testCertificateKey),
      [/pair that TLS can use/],
    ],
  ] as const)('refuses %s', (_, prepare, problems) => {
    prepare();
    expect(problemsAt()).toEqual(problems.map((pattern) => expect.stringMatching(pattern)));
  });

  test('refuses a certificate that has ended', () => {
    readGood();
    expect(problemsAt(Date.parse('2127-01-01'))).toEqual([expect.stringMatching(/not ended: got one that ended on/)]);
  });

  test.each([
    [0o600, true],
    [0o400, true],
    [0o640, true],
    [0o644, false],
    [0o604, false],
    [0o660, false],
    [0o602, false],
  ])('a key with the mode %o is taken: %s', (mode, isTaken) => {
    readGood();
    chmodSync(files.keyFile, mode);
    expect(problemsAt()).toEqual(isTaken ? [] : [expect.stringMatching(/chmod 600 .*got mode 0\d{3}$/)]);
  });
});

test.each([
  [15 * dayMs, null],
  [14 * dayMs - 1, /ends on 2030-01-01: renew it/],
  [0, /ended on 2030-01-01/],
  [-dayMs, /ended on 2030-01-01/],
])('certificateWarning() %i ms before the end', (leftMs, wanted) => {
  const warning = certificateWarning(
    { fingerprint: '', names: [], isSelfSigned: false, endsMs: nowMs },
    nowMs - leftMs,
  );
  if (wanted === null) expect(warning).toBe(null);
  else expect(warning).toMatch(wanted);
});

describe('CertificateKeeper', () => {
  function keeperOf(renew: () => boolean = () => true) {
    const lines: { msg: string }[] = [];
    const warnings: (string | null)[] = [];
    const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
    const keeper = new CertificateKeeper({
      ...{ files, first: readGood(), log, nowMs: () => nowMs, renew },
      onWarning: (text) => warnings.push(text),
    });
    return { keeper, lines, warnings, events: () => lines.map(({ msg }) => msg) };
  }

  test('takes a new pair into use, once', () => {
    let renewedCount = 0;
    const { keeper, events } = keeperOf(() => {
      renewedCount += 1;
      return true;
    });
    keeper.look();
    put(renewedCertificate, renewedCertificateKey);
    keeper.look();
    keeper.look();
    keeper.close();
    expect([renewedCount, keeper.renewedCount, keeper.refusedCount]).toEqual([1, 1, 0]);
    expect(keeper.certificate.names).toEqual(['hub.test', 'localhost']);
    expect(events()).toEqual(['certificate.renewed']);
  });

  test('goes on with the old pair while the new one cannot be used, and says so once', () => {
    const { keeper, lines } = keeperOf();
    put(renewedCertificate, testCertificateKey);
    // The first look may have come between the two files.
    keeper.look();
    expect(lines).toEqual([]);
    for (let index = 0; index < 3; index += 1) keeper.look({ isLast: true });
    expect(lines).toMatchObject([
      { msg: 'certificate.refused', problems: [expect.stringMatching(/key of the first/)] },
    ]);
    expect(keeper.certificate.names).toContain('hooks.test');
    put(renewedCertificate, renewedCertificateKey);
    keeper.look();
    keeper.close();
    expect(keeper.certificate.names).toContain('hub.test');
  });

  test('keeps the old pair when the sockets cannot take the new one', () => {
    const { keeper, events } = keeperOf(() => false);
    put(renewedCertificate, renewedCertificateKey);
    keeper.look();
    keeper.close();
    expect([keeper.certificate.names[0], events()]).toEqual(['hooks.test', ['certificate.refused']]);
  });
});
