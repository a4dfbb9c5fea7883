import { describe, expect, test } from 'vitest';
import { isLoopback, listeningProblems, protectionOf } from './listening.ts';

const settings = { host: '0.0.0.0', allowPlain: false, tlsCertFile: null, tlsKeyFile: null, trustedProxies: [] };
const tls = { tlsCertFile: 'cert.pem', tlsKeyFile: 'key.pem' };

test.each(['127.0.0.1', '127.8.8.8', 'localhost', 'LOCALHOST', 'hub.localhost', '::1', '0:0:0:0:0:0:0:1'])(
  'isLoopback() says yes to %j',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each(['0.0.0.0', '::', '192.168.1.2', '1::1', '::2', '::11', 'localhost.example', 'hub', '128.0.0.1'])(
  'isLoopback() says no to %j',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

describe('listeningProblems()', () => {
  test('refuses an address beyond this machine without protection, and says the three ways', () => {
    const [problem] = listeningProblems(settings);
    expect(problem).toMatch(/"tlsCertFile".*"trustedProxies".*"allowPlain": true: got "0\.0\.0\.0"/);
  });

  test.each([
    ['loopback', { host: '127.0.0.1' }, 'loopback'],
    ['a certificate', tls, 'tls'],
    ['a certificate on loopback', { ...tls, host: '::1' }, 'tls'],
    ['a trusted proxy', { trustedProxies: ['10.0.0.1'] }, 'proxied'],
    ['the word of the operator', { allowPlain: true }, 'plain'],
    ['the word of the operator beside a proxy', { allowPlain: true, trustedProxies: ['10.0.0.1'] }, 'plain'],
  ])('allows %s', (_, change, protection) => {
    expect(listeningProblems({ ...settings, ...change })).toEqual([]);
    expect(protectionOf({ ...settings, ...change })).toBe(protection);
  });

  test.each([
    [{ ...tls, tlsKeyFile: null }, 'tlsKeyFile'],
    [{ ...tls, tlsCertFile: null }, 'tlsCertFile'],
  ])('refuses half of a pair', (half, missing) => {
    expect(listeningProblems({ ...settings, ...half })[0]).toContain(`got no "${missing}"`);
  });
});
