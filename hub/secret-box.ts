/**
 * Secrets of channels at rest: AES-256-GCM with a key that is not in the database. What is sealed can be stored, logged
 * and backed up; only the sender that needs it opens it.
 *
 * Sealed text: "sealed:1:" key id ":" base64url(nonce 12, tag 16, ciphertext). The key id tells a wrong key from damage. A
 * secret is bound to what it is for, so that swapped rows do not send a password to somebody else's address.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync } from 'node:crypto';
import { ConfigError } from '#core/errors.ts';
import { readOrMakeKey } from './key-file.ts';
import { type ChannelKind, type ChannelSettings, channelSettings, secretSettings } from './notices/channel.ts';

/** What is shown in place of a secret; given back to the hub it means "as it was". */
export const secretMask = '(secret)';

const keyCharactersMin = 16;
const nonceBytes = 12;
const tagBytes = 16;
const prefix = 'sealed:1:';

/** A secret cannot be opened: sealed with another key, or damaged. The message holds nothing of it. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

/**
 * 32 bytes from PULSEWIRE_SECRET_KEY, or from the file `secret-key` in the data folder, which is made at the first start.
 * Throws ConfigError for a key that is too short.
 */
export function readSecretKey(places: { readonly env: NodeJS.ProcessEnv; readonly dataFolder: string }): Uint8Array {
  const given =
    places.env['PULSEWIRE_SECRET_KEY'] ?? readOrMakeKey({ dataFolder: places.dataFolder, name: 'secret-key' }, 32);
  const text = given.trim();
  if (text.length < keyCharactersMin)
    throw new ConfigError([`the secret key must have at least ${keyCharactersMin} characters: got ${text.length}`]);
  // 16 MiB and some 50 ms, once: a phrase that a person has chosen must not be guessed from a stolen dump at full speed.
  return scryptSync(text, 'pulsewire secret key', 32, { N: 2 ** 14, r: 8, p: 1 });
}

export class SecretBox {
  readonly #key: Uint8Array;
  readonly #keyId: string;

  constructor(key: Uint8Array) {
    this.#key = key;
    this.#keyId = createHash('sha256').update('id').update(key).digest('base64url').slice(0, 6);
  }

  /** Another text each time. `purpose` must be the same when it is opened. */
  seal(text: string, purpose = ''): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(purpose));
    const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return `${prefix}${this.#keyId}:${Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')}`;
  }

  /** Throws SecretError. */
  open(sealed: string, purpose = ''): string {
    const [keyId, body, ...rest] = sealed.startsWith(prefix) ? sealed.slice(prefix.length).split(':') : [];
    if (keyId === undefined || body === undefined || rest.length > 0)
      throw new SecretError('Cannot open a secret: it must be sealed text: got something else');
    if (keyId !== this.#keyId)
      throw new SecretError(
        `Cannot open a secret: it must have been sealed with this hub's secret key: got one sealed with key "${printable(keyId)}", not "${this.#keyId}"`,
      );
    const bytes = Buffer.from(body, 'base64url');
    try {
      const nonce = bytes.subarray(0, nonceBytes);
      const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(tag);
      const text = decipher.update(bytes.subarray(nonceBytes + tagBytes));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      throw new SecretError(
        'Cannot open a secret: it must be unchanged and for this use: got one that does not verify',
      );
    }
  }

  /** A copy whose secret members are sealed; null stays null. */
  sealSettings<K extends ChannelKind>(kind: K, settings: ChannelSettings<K>): Record<string, unknown> {
    return mapSecrets(kind, settings, (text, member) => this.seal(text, `${kind}.${member}`));
  }

  /** Throws SecretError, also for settings that this version does not understand. */
  openSettings<K extends ChannelKind>(kind: K, sealed: Readonly<Record<string, unknown>>): ChannelSettings<K> {
    const opened = mapSecrets(kind, sealed, (text, member) => this.open(text, `${kind}.${member}`));
    const parsed = channelSettings[kind].safeParse(opened);
    if (parsed.success) return parsed.data as ChannelSettings<K>;
    const members = parsed.error.issues.map(({ path }) => path.join('.') || 'an unknown member');
    throw new SecretError(
      `Cannot open settings of kind "${kind}": each must be as this version wants it: got trouble with ${members.join(', ')}`,
    );
  }
}

/** For people: secret members read "(secret)"; null, which is no secret, stays. Needs no key. */
export function maskSettings(kind: ChannelKind, sealed: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return mapSecrets(kind, sealed, () => secretMask);
}

/** A secret member is text; whatever else a row may hold is no more shown than that. */
function mapSecrets(
  kind: ChannelKind,
  settings: Readonly<Record<string, unknown>>,
  change: (text: string, member: string) => string,
): Record<string, unknown> {
  const secrets = secretSettings[kind];
  return Object.fromEntries(
    Object.entries(settings).map(([member, value]) => {
      if (!secrets.includes(member) || value === null || value === undefined) return [member, value];
      return [member, change(typeof value === 'string' ? value : JSON.stringify(value), member)];
    }),
  );
}

function printable(text: string): string {
  return text.replace(/[^\w-]/g, '?').slice(0, 12);
}
