import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AddressGuard,
  internalTargetProblems,
  isPublicAddress,
  normaliseHost,
  parseTargetUrl,
  type Resolve,
  TargetError,
} from './address-guard.ts';

const nothing: Resolve = () => Promise.reject(new Error('no such name'));
const guardOf = (internalTargets: readonly string[], resolve: Resolve = nothing) =>
  new AddressGuard({ internalTargets, resolve });

describe('isPublicAddress()', () => {
  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.255.255.255',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::8.8.8.8',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:0:127.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::10.0.0.1',
    '64:ff9b:1:ffff::1',
    '100::1',
    '2001::1',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '2002:0808:0808::1',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd12:3456:789a::1',
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700::1111%eth0',
    'fec0::1',
    'ff02::1',
    '',
    'localhost',
    '8.8.8.8.8',
    '08.8.8.8',
  ])('refuses %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each(['1.1.1.1', '8.8.8.8', '9.255.255.255', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.1'])(
    'lets %s pass',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test.each(['2606:4700:4700::1111', '2a00:1450:4001::1', '2001:4860:4860::8888', '2400:cb00::1'])(
    'lets %s pass',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test('agrees with arithmetic on any IPv4 address, and refuses it inside of any IPv6 form', () => {
    const internal = (a: number, b: number) =>
      a === 0 ||
      a === 10 ||
      a === 127 ||
      a >= 224 ||
      (a === 100 && b >= 64 && b < 128) ||
      (a === 169 && b === 254) ||
      (a === 172 && b >= 16 && b < 32) ||
      (a === 192 && b === 168) ||
      (a === 198 && (b === 18 || b === 19));
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, byte, byte, (a, b, c, d) => {
        const address = `${a}.${b}.${c}.${d}`;
        if (internal(a, b)) expect(isPublicAddress(address)).toBe(false);
        const isSmallNet = [192, 198, 203].includes(a);
        if (!internal(a, b) && !isSmallNet) expect(isPublicAddress(address)).toBe(true);
        const hex = (high: number, low: number) => ((high << 8) | low).toString(16);
        for (const form of [
          `::${address}`,
          `::ffff:${address}`,
          `::ffff:${hex(a, b)}:${hex(c, d)}`,
          `64:ff9b::${address}`,
          `64:ff9b:1::${address}`,
          `2002:${hex(a, b)}:${hex(c, d)}::1`,
        ])
          expect(isPublicAddress(form)).toBe(false);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });
});

describe('normaliseHost()', () => {
  test.each([
    ['127.1', '127.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['017700000001', '127.0.0.1'],
    ['127.0.0.1.', '127.0.0.1'],
    ['①②⑦.⓪.⓪.①', '127.0.0.1'],
    ['EXAMPLE.com', 'example.com'],
    ['::FFFF:127.0.0.1', '::ffff:7f00:1'],
    ['[::1]', '::1'],
    ['bücher.example', 'xn--bcher-kva.example'],
  ])('reads %s as %s', (text, host) => {
    expect(normaliseHost(text)).toBe(host);
  });

  test.each(['', 'a b', 'a/b', 'a@b', 'a?b', 'a#b', 'a\\b', 'a:25', '1.2.3.4.5', 'fe80::1%eth0', 'a\r\nb', '[::1'])(
    'takes %j for no host',
    (text) => {
      expect(normaliseHost(text)).toBeNull();
    },
  );

  test('says the same of text beyond ASCII however often it is asked', () => {
    const answers = new Set<string | null>();
    for (let turn = 0; turn < 20_000; turn += 1) {
      answers.add(normaliseHost('b\u00fccher.example'));
      answers.add(normaliseHost('\u00c6\u008a*'));
    }
    expect([...answers]).toEqual(['xn--bcher-kva.example', null]);
  });
});

describe('check()', () => {
  test.each(['127.0.0.1', '127.1', '0x7f.1', '2130706433', '[::1]', '::ffff:127.0.0.1', '169.254.169.254', '0'])(
    'refuses the literal %s without asking for a name',
    async (host) => {
      const guard = guardOf([], () => expect.fail('no name to resolve'));
      await expect(guard.check(host, 80)).rejects.toThrow(TargetError);
    },
  );

  test('answers every address of a public name, resolved once', async () => {
    const asked: string[] = [];
    const guard = guardOf([], async (name) => {
      asked.push(name);
      return ['8.8.8.8', '2606:4700::1111'];
    });
    expect(await guard.check('Hooks.Example', 443)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
    expect(asked).toEqual(['hooks.example']);
  });

  test('refuses a name with one internal address among public ones', async () => {
    const guard = guardOf([], async () => ['8.8.8.8', '10.0.0.1']);
    await expect(guard.check('mixed.example', 443)).rejects.toThrow(
      'Cannot send: the target must be public or in "internalTargets": got "mixed.example", port 443, at an internal address',
    );
  });

  test('lets a name pass if all of its addresses are public, and only then', async () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('8.8.8.8', '2606:4700::1111', '127.0.0.1', '::1', '10.0.0.1', '64:ff9b::808:808', 'x', ''),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(address, { maxLength: 4 }), async (addresses) => {
        const passed = await guardOf([], async () => addresses)
          .check('name.example', 443)
          .then(
            () => true,
            (error: unknown) => {
              expect(error).toBeInstanceOf(TargetError);
              return false;
            },
          );
        expect(passed).toBe(addresses.length > 0 && addresses.every(isPublicAddress));
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });

  test('refuses a name without addresses, and what is no address', async () => {
    await expect(guardOf([]).check('gone.example', 443)).rejects.toThrow('must have an address: got none');
    await expect(guardOf([], async () => []).check('gone.example', 443)).rejects.toThrow('got none');
    await expect(guardOf([], async () => ['evil']).check('a.example', 443)).rejects.toThrow('got something else');
    await expect(guardOf([], async () => ['evil']).check('a b', 443)).rejects.toThrow('got neither');
  });

  test('lets what is listed pass, by name or by address, on its port only where one is given', async () => {
    const resolve = async () => ['10.0.0.5'];
    const guard = guardOf(['Mail.internal', '10.0.0.9:2525', '[fd00::1]:25', 'fd00::2'], resolve);
    expect(await guard.check('mail.INTERNAL', 25)).toEqual([{ address: '10.0.0.5', family: 4 }]);
    expect(await guard.check('10.0.0.9', 2525)).toHaveLength(1);
    await expect(guard.check('10.0.0.9', 25)).rejects.toThrow(TargetError);
    expect(await guard.check('[fd00::1]', 25)).toHaveLength(1);
    expect(await guard.check('fd00::2', 1)).toHaveLength(1);
    await expect(guard.check('other.internal', 25)).rejects.toThrow(TargetError);
    expect(await guardOf(['10.0.0.5'], resolve).check('other.internal', 25)).toHaveLength(1);
  });
});

describe('parseTargetUrl()', () => {
  test.each([
    ['file:///etc/passwd', 'http or https'],
    ['gopher://internal:70/', 'http or https'],
    ['ftp://a.example/', 'http or https'],
    ['javascript:alert(1)', 'http or https'],
    ['http://user:hunter2@a.example/', 'neither user nor password'],
    ['http://user@a.example/', 'neither user nor password'],
    ['hunter2', 'must be a URL'],
  ])('refuses %s without showing it', (text, why) => {
    expect(() => parseTargetUrl(text)).toThrow(why);
    expect(() => parseTargetUrl(text)).not.toThrow('hunter2');
  });

  test.each([
    ['http://127.1/x', '127.0.0.1', 80],
    ['https://[::1]/', '::1', 443],
    ['http://a.example:8080/', 'a.example', 8080],
  ])('reads %s', (text, host, port) => {
    expect(parseTargetUrl(text)).toMatchObject({ host, port });
    expect(isIP(host) === 0 || !isPublicAddress(host)).toBe(true);
  });
});

test('parseTargetUrl() and check() survive anything, and lead to public addresses or to an error of ours', async () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom(
      '127.0.0.1',
      '0x7f.1',
      '[::1]',
      '[::ffff:7f00:1]',
      'localhost',
      '8.8.8.8',
      '@',
      ':',
      '/',
      '\\',
      '#',
      '?',
      '%',
      '..',
    ),
  );
  const text = fc
    .tuple(
      fc.constantFrom('http://', 'https://', 'http:', '//', 'file://', ' http://', ''),
      fc.array(part, { maxLength: 5 }),
    )
    .map(([scheme, parts]) => scheme + parts.join(''));
  const guard = guardOf([], async () => ['127.0.0.1']);
  await fc.assert(
    fc.asyncProperty(text, async (given) => {
      try {
        const { url, host, port } = parseTargetUrl(given);
        expect([url.protocol, url.username, url.password]).toEqual([expect.stringMatching(/^https?:$/), '', '']);
        const addresses = await guard.check(host, port);
        // A name leads to ourselves here, so what has passed is an address.
        expect(addresses.map(({ address }) => address)).toEqual([host]);
        expect(isPublicAddress(host)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(TargetError);
      }
    }),
    { seed: 1, numRuns: 5_000 },
  );
});

test('internalTargetProblems() names what is neither host nor host and port', () => {
  const good = ['mail', 'mail.internal:25', '10.0.0.1', '[fd00::1]:25', 'fd00::1'];
  const bad = ['', 'http://mail', 'mail:', 'mail:0', 'mail:65536', 'mail/x', 'a@b', '10.0.0.0/8', 'a b'];
  expect(internalTargetProblems(good)).toEqual([]);
  expect(internalTargetProblems([...good, ...bad])).toHaveLength(bad.length);
  expect(internalTargetProblems(['http://mail'])).toEqual([
    '"internalTargets" must hold "host" or "host:port": got "http://mail"',
  ]);
});
