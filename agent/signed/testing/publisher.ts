/**
 * A publisher for tests: a key pair of its own, and texts as `pulsewire sign` makes them.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { formatSignedText, type ScriptManifest, type SignedManifest, signedBytesOf } from '#core/signed-script.ts';

const MiB = 1024 * 1024;

export class Publisher {
  /** base64url, as it stands in manifests. */
  readonly key: string;
  readonly #privateKey: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.key = publicKey.export({ format: 'jwk' }).x!;
    this.#privateKey = privateKey;
  }

  /** As it stands in settings. */
  get publicKey(): string {
    return `ed25519:${this.key}`;
  }

  script(code: string, fields: Partial<ScriptManifest> = {}): string {
    return this.sign(
      {
        kind: 'script',
        name: 'probe',
        version: 1,
        key: this.key,
        sha256: createHash('sha256').update(code, 'utf8').digest('hex'),
        interpreter: 'sh',
        intervalMs: 1_000,
        limits: { wallMs: 20_000, cpuSeconds: 10, memoryBytes: 128 * MiB, processes: 32, outputBytes: 64 * 1024 },
        hasNetwork: false,
        unit: '',
        targets: ['all'],
        notBeforeMs: 0,
        notAfterMs: 4_000_000_000_000,
        ...fields,
      },
      code,
    );
  }

  revocation(version: number, name = 'probe'): string {
    return this.sign({ kind: 'revocation', name, version, key: this.key }, '');
  }

  sign(manifest: SignedManifest, code: string): string {
    return formatSignedText({ manifest, signature: sign(null, signedBytesOf(manifest), this.#privateKey), code });
  }
}
