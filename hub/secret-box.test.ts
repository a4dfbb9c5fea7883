import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ChannelKind, type ChannelSettings, channelKinds, secretSettings } from './notices/channel.ts';
import { maskSettings, readSecretKey, SecretBox, secretMask } from './secret-box.ts';

const box = new SecretBox(new Uint8Array(32).fill(1));

let dataFolder = '';
beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'pulsewire-secret-'));
});
afterEach(() => rmSync(dataFolder, { recursive: true }));

/** Settings of each kind whose secrets hold the canary. */
function settingsWith(canary: string): { readonly [K in ChannelKind]: ChannelSettings<K> } {
  const url = `https://hooks.example/${canary}`;
  return {
    email: {
      host: 'mail.example',
      port: 587,
      security: 'starttls',
      username: 'hub',
      password: canary,
      from: 'hub@mail.example',
      to: ['ops@mail.example'],
    },
    webhook: { url, secret: canary },
    slack: { url },
    ntfy: { url: 'https://ntfy.example', topic: canary.slice(0, 64), token: canary },
    discord: { url },
    telegram: { token: `12345:${canary}`, chat: '@ops' },
    pagerduty: { routingKey: canary.replaceAll(/[^A-Za-z0-9]/g, 'x').slice(0, 32) },
    teams: { url },
  };
}

describe('SecretBox', () => {
  test('opens what it has sealed, which is another text each time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, purpose) => {
        const sealed = box.seal(text, purpose);
        expect(box.open(sealed, purpose)).toBe(text);
        expect(box.seal(text, purpose)).not.toBe(sealed);
      }),
      { seed: 1 },
    );
  });

  test('says so when the key is another one', () => {
    const other = new SecretBox(new Uint8Array(32).fill(2));
    expect(() => other.open(box.seal('hunter2'))).toThrow(
      /^Cannot open a secret: it must have been sealed with this hub's secret key: got one sealed with key "[\w-]{6}", not "[\w-]{6}"$/,
    );
  });

  test('refuses what has been changed in any place, cut, or sealed for another use', () => {
    const sealed = box.seal('hunter2', 'email.password');
    const head = sealed.lastIndexOf(':') + 1;
    const bytes = Buffer.from(sealed.slice(head), 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1;
      expect(() => box.open(sealed.slice(0, head) + changed.toString('base64url'), 'email.password')).toThrow('verify');
      const cut = bytes.subarray(0, index).toString('base64url');
      expect(() => box.open(sealed.slice(0, head) + cut, 'email.password')).toThrow('verify');
    }
    expect(() => box.open(sealed, 'webhook.url')).toThrow('for this use');
    expect(() => box.open('hunter2', 'email.password')).toThrow(/sealed text: got something else$/);
  });

  test.each(channelKinds)('seals, opens and masks the settings of %s, and shows nothing of a secret', (kind) => {
    const canary = randomBytes(24).toString('base64url');
    const settings = settingsWith(canary)[kind];
    const sealed = box.sealSettings(kind, settings);
    const masked = maskSettings(kind, sealed);
    const trouble = [
      errorOf(() => new SecretBox(new Uint8Array(32)).openSettings(kind, sealed)),
      errorOf(() => box.openSettings(kind, { ...sealed, port: -1 })),
      errorOf(() => box.openSettings(kind, box.sealSettings(kind, { ...settings, url: canary, chat: null } as never))),
    ];

    expect(box.openSettings(kind, sealed)).toEqual(settings);
    for (const member of secretSettings[kind]) expect(masked[member]).toBe(secretMask);
    const shown = inspect([sealed, masked, box, trouble], { depth: 9, showHidden: true }) + JSON.stringify(sealed);
    for (const piece of [canary.slice(0, 8), canary.slice(8, 16)]) expect(shown).not.toContain(piece);
  });

  test('leaves a secret that is not set as it is', () => {
    const sealed = box.sealSettings('webhook', { url: 'https://hooks.example/', secret: null });
    expect(maskSettings('webhook', sealed)).toEqual({ url: secretMask, secret: null });
  });

  test('masks a secret member of a row whatever it is', () => {
    expect(maskSettings('webhook', { url: { token: 'hunter2' }, secret: 7 })).toEqual({
      url: secretMask,
      secret: secretMask,
    });
  });
});

describe('readSecretKey()', () => {
  test('makes a file at the first start that only its owner can read, and finds it again', () => {
    const key = readSecretKey({ env: {}, dataFolder });
    const file = join(dataFolder, 'secret-key');

    expect(key).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^[\w-]{43}\n$/);
    expect(readSecretKey({ env: {}, dataFolder })).toEqual(key);
  });

  test('takes the environment first, and refuses a short key without showing it', () => {
    const env = { PULSEWIRE_SECRET_KEY: ' a phrase that somebody chose\n' };
    const key = readSecretKey({ env, dataFolder });

    expect(readSecretKey({ env: { PULSEWIRE_SECRET_KEY: env.PULSEWIRE_SECRET_KEY.trim() }, dataFolder })).toEqual(key);
    expect(() => readSecretKey({ env: { PULSEWIRE_SECRET_KEY: 'hunter2' }, dataFolder })).toThrow(
      /at least 16 characters: got 7$/,
    );
  });
});

function errorOf(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
