import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { formatSignedText, type ScriptManifest, signedBytesOf } from '#core/signed-script.ts';
import type { ScriptUpload, UploadAnswer } from '../store/scripts.ts';
import { ScriptBook } from './script-book.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const key = publicKey.export({ format: 'jwk' }).x!;

function signedText(code: string): string {
  const manifest: ScriptManifest = {
    ...{ kind: 'script', name: 'probe', version: 1, key, interpreter: 'sh', intervalMs: 1_000 },
    sha256: createHash('sha256').update(code).digest('hex'),
    limits: { wallMs: 1_000, cpuSeconds: 1, memoryBytes: 134_217_728, processes: 16, outputBytes: 65_536 },
    ...{ hasNetwork: false, unit: '', targets: ['all'], notBeforeMs: 0, notAfterMs: 4_000_000_000_000 },
  };
  return formatSignedText({ manifest, signature: sign(null, signedBytesOf(manifest), privateKey), code });
}

test('says 409 and why when all scripts together would be more than one agent can be given at once', async () => {
  const asked: ScriptUpload[] = [];
  let answer: UploadAnswer = { kind: 'heavy', bytes: 721_000 };
  const book = new ScriptBook({
    store: {
      scripts: async () => [],
      scriptMark: async () => '',
      removeScript: async () => false,
      scriptVersions: async () => [],
      uploadScript: async (upload) => {
        asked.push(upload);
        return answer;
      },
    },
    hostOf: () => undefined,
    publisherKeys: [],
  });
  await expect(book.upload(signedText('echo 1'), 'mira')).rejects.toMatchObject({
    status: 409,
    message: expect.stringMatching(/720896 bytes.*got 721000/),
  });
  answer = { kind: 'done' };
  expect(await book.upload(signedText('echo 1'), 'mira')).toMatchObject({ isNew: true });
  // With revocations beside, and far from the 1 MiB that may wait for one agent.
  expect(asked[0]!.bytesMax).toBeLessThan(768 * 1_024 - 48 * 1_024);
});
