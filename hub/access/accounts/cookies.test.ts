import { describe, expect, test } from 'vitest';
import { cookieSecretOf, noSessionCookie, sessionCookie } from './cookies.ts';

const secret = 'S'.repeat(43);

describe('the cookie of a session', () => {
  test('over TLS is for this host and TLS alone', () => {
    expect(sessionCookie(secret, { isSecure: true, hours: 1 })).toBe(
      `__Host-pulsewire=${secret}; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=3600`,
    );
    expect(noSessionCookie(true)).toBe('__Host-pulsewire=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0');
  });

  test('on this machine has no prefix, which browsers take over TLS only', () => {
    expect(sessionCookie(secret, { isSecure: false, hours: 720 })).toBe(
      `pulsewire=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000`,
    );
  });
});

describe('cookieSecretOf()', () => {
  test.each<[string, boolean, string | null]>([
    [`pulsewire=${secret}`, false, secret],
    [`a=b; pulsewire=${secret} ; c=d`, false, secret],
    [`__Host-pulsewire=${secret}`, true, secret],
    // What a page over plain HTTP has set must not pass for what TLS has brought.
    [`pulsewire=${secret}`, true, null],
    [`__Host-pulsewire=${secret}`, false, null],
    [`xpulsewire=${secret}`, false, null],
    [`Pulsewire=${secret}`, false, null],
    [`pulsewire=${secret}x`, false, null],
    [`pulsewire="${secret}"`, false, null],
    [`pulsewire=${'%00'.repeat(14)}x`, false, null],
    [`pulsewire=; pulsewire=${secret}`, false, null],
    [';'.repeat(10_000), false, null],
    ['', false, null],
  ])('of %j', (header, isSecure, found) => {
    expect(cookieSecretOf(header, isSecure)).toBe(found);
  });
});
