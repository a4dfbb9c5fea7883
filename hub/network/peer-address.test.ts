import { describe, expect, test } from 'vitest';
import { addressGroup, proxyProblems, shortAddress, TrustedProxies } from './peer-address.ts';

const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', '2001:db8:1::/48']);

const peerOf = (address: string, forwardedFor: string, proto = '') =>
  proxies.peerOf(address, { isSecure: false, forwarded: () => ({ for: forwardedFor, proto }), isPassedOn: () => true });

describe('peerOf()', () => {
  test('believes nothing of what a stranger says, and does not even ask', () => {
    const asked = proxies.peerOf('203.0.113.9', {
      isSecure: false,
      forwarded: () => {
        throw new Error('It must not be asked');
      },
      isPassedOn: () => false,
    });
    expect(asked).toEqual({ address: '203.0.113.9', isSecure: false, scheme: 'http', isProxied: false });
  });

  test.each([
    ['a connection of its own', { isSecure: false, isPassedOn: false }, 'http'],
    ['TLS that ends here', { isSecure: true, isPassedOn: false }, 'https'],
    ['TLS that ends here, whoever passed it on', { isSecure: true, isPassedOn: true }, 'https'],
    ['a proxy that is not named: it may have ended TLS', { isSecure: false, isPassedOn: true }, null],
  ])('of a stranger, knows the scheme by %s', (_, { isSecure, isPassedOn }, scheme) => {
    const forwarded = () => ({ for: '', proto: 'https' });
    expect(proxies.peerOf('203.0.113.9', { isSecure, forwarded, isPassedOn: () => isPassedOn }).scheme).toBe(scheme);
  });

  test.each([
    ['one proxy', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['two proxies', '127.0.0.1', '203.0.113.9, 10.1.2.3', '203.0.113.9'],
    ['a forged one before the real one', '10.0.0.1', '127.0.0.1, 198.51.100.1, 203.0.113.9', '203.0.113.9'],
    ['a forged one that looks like a proxy', '10.0.0.1', '10.0.0.7, 203.0.113.9', '203.0.113.9'],
    ['nothing', '127.0.0.1', '', '127.0.0.1'],
    ['proxies alone', '127.0.0.1', '10.0.0.7, 10.0.0.8', '10.0.0.7'],
    ['what is no address', '127.0.0.1', '203.0.113.9, unknown', '127.0.0.1'],
    ['what is no address before one', '127.0.0.1', '<script>, 203.0.113.9', '203.0.113.9'],
    ['an address with a port', '127.0.0.1', '203.0.113.9:51234', '203.0.113.9'],
    ['IPv6 in brackets', '127.0.0.1', '[2001:DB8:2:0::1]:443', '2001:db8:2::1'],
    ['IPv6', '2001:db8:1::5', '2001:db8:2::1', '2001:db8:2::1'],
    ['IPv4 inside IPv6', '127.0.0.1', '::ffff:203.0.113.9', '203.0.113.9'],
    ['too many hops', '127.0.0.1', `203.0.113.9,${'10.0.0.1,'.repeat(50)}10.0.0.2`, '10.0.0.1'],
  ])('finds the client behind %s', (_, address, forwardedFor, client) => {
    expect(peerOf(address, forwardedFor).address).toBe(client);
  });

  test.each([
    ['https', true, 'https'],
    ['HTTPS', true, 'https'],
    ['http', false, 'http'],
    ['', false, null],
    ['https, http', false, 'http'],
    ['http, https', true, 'https'],
    ['wss', false, null],
  ])('takes the scheme %j of the nearest proxy', (proto, isSecure, scheme) => {
    expect(peerOf('127.0.0.1', '203.0.113.9', proto)).toEqual({
      ...{ address: '203.0.113.9', isSecure, scheme, isProxied: true },
    });
  });
});

test('proxyProblems() names what is no range', () => {
  expect(proxyProblems(['10.0.0.5', '10.0.0.0/24', '::1', 'fd00::/8'])).toEqual([]);
  const wrong = ['proxy.example', '10.0.0.0/33', '::/129', '0.0.0.0/0', '::/0', '', '10.0.0.5/', '10.0.0'];
  expect(proxyProblems(wrong)).toHaveLength(wrong.length);
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0000:0000:0000:0000:0000:ffff:cb00:7109', '203.0.113.9'],
  ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
  ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
  ['', ''],
])('shortAddress() makes %j %j', (long, short) => {
  expect(shortAddress(long)).toBe(short);
});

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
])('addressGroup() counts %j as %j', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});
