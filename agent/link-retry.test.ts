import { describe, expect, test } from 'vitest';
import { adviceOf, blamesCredential, type LinkEnd, parseRetryAfter, reasonOf, retryWaitMs } from './link-retry.ts';

const closed = (code: number): LinkEnd => ({ kind: 'closed', code, reason: '' });
const refused = (status: number, retryAfterMs: number | null = null): LinkEnd => ({
  kind: 'refused',
  status,
  retryAfterMs,
});

/** Bounds of the wait over all of `random`. */
function waitsOf(end: LinkEnd, attempt = 0, hasOtherCredential = false): [number, number] {
  const wait = (value: number) => retryWaitMs(end, { attempt, random: () => value, hasOtherCredential });
  return [wait(0), wait(0.9999999)];
}

describe('retryWaitMs()', () => {
  test.each<[string, LinkEnd, number, [number, number]]>([
    ['a lost connection, first', closed(1006), 0, [0, 999]],
    ['a lost connection, third', closed(1006), 2, [0, 3_999]],
    ['a lost connection, hundredth', closed(1006), 99, [0, 14_999]],
    ['no answer', { kind: 'failed', error: 'ECONNREFUSED' }, 99, [0, 14_999]],
    ['a clean close', closed(1000), 0, [0, 999]],
    ['a restart', closed(1012), 0, [0, 999]],
    ['a busy hub', closed(1013), 4, [0, 14_999]],
    ['a bad gateway', refused(502), 3, [0, 7_999]],
    ['a bad token', closed(4401), 0, [300_000, 330_000]],
    ['a bad token at the upgrade', refused(401), 0, [300_000, 330_000]],
    ['a removed host', closed(4403), 0, [300_000, 330_000]],
    ['a duplicate', closed(4409), 0, [60_000, 66_000]],
    ['an old version', closed(4426), 0, [300_000, 330_000]],
    ['the rate limit', closed(4429), 0, [30_000, 33_000]],
    ['the rate limit at the upgrade', refused(429), 0, [30_000, 33_000]],
    ['a foreign hub', { kind: 'foreign', hubId: 'f' }, 0, [300_000, 330_000]],
    ['a hub that cannot be trusted', { kind: 'untrusted', why: 'x' }, 0, [300_000, 330_000]],
    ['Retry-After', refused(503, 20_000), 0, [20_000, 20_999]],
    ['Retry-After of a year', refused(503, 31_536_000_000), 0, [3_600_000, 3_600_999]],
    ['no Retry-After', refused(503), 1, [0, 1_999]],
  ])('answers %s', (_, end, attempt, bounds) => {
    expect(waitsOf(end, attempt)).toEqual(bounds);
  });

  test.each([closed(4401), refused(401), refused(403), { kind: 'foreign', hubId: 'f' } as const])(
    'is short when another credential can be tried: %o',
    (end) => {
      expect(blamesCredential(end)).toBe(true);
      expect(waitsOf(end, 0, true)).toEqual([0, 999]);
    },
  );

  test('is not shortened by another credential when something else is wrong', () => {
    expect(waitsOf(closed(4403), 0, true)).toEqual([300_000, 330_000]);
  });
});

describe('adviceOf()', () => {
  test.each<[string, LinkEnd, string, RegExp]>([
    ['a missing token', refused(401), 'none', /neither a token nor an enrolment token: make an enrolment token/],
    ['an enrolment token that is used up', closed(4401), 'enrolmentKey', /^the enrolment token or key opens nothing/],
    [
      'an agent that has a token of its own and did not come with it',
      { kind: 'closed', code: 4401, reason: 'Cannot enrol agent: it has used a token of its own already' },
      'enrolmentKey',
      /"Revoke"\), then "Allow to enrol again" there, then restart it$/,
    ],
    ['a token that is not known', refused(401), 'token', /^the hub does not know the token/],
    ['a revocation', closed(4403), 'token', /^an admin has revoked this agent/],
    ['a revocation at the upgrade', refused(403), 'token', /^an admin has revoked this agent/],
    ['a duplicate', closed(4409), 'token', /copied from another one\?/],
    ['another hub', { kind: 'foreign', hubId: 'f' }, 'token', /^ticks stay here/],
    ['a hub that cannot be trusted', { kind: 'untrusted', why: 'x' }, 'token', /"caFile" and "hubKeyPin"/],
  ])('says what to do about %s', (_, end, credential, advice) => {
    expect(adviceOf(end, credential)).toMatch(advice);
  });

  test('says nothing where time heals it', () => {
    for (const end of [closed(1006), closed(1012), refused(503), { kind: 'failed', error: 'ECONNREFUSED' } as const])
      expect(adviceOf(end, 'token')).toBeNull();
  });
});

describe('parseRetryAfter()', () => {
  test.each<[string | undefined, number | null]>([
    [undefined, null],
    ['', null],
    ['soon', null],
    ['-5', null],
    ['0', 0],
    ['120', 120_000],
    ['Thu, 01 Jan 1970 00:00:30 GMT', 20_000],
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ])('reads %j', (text, expected) => {
    expect(parseRetryAfter(text, 10_000)).toBe(expected);
  });
});

describe('reasonOf()', () => {
  test.each<[LinkEnd, string]>([
    [{ kind: 'failed', error: 'ENOTFOUND' }, 'ENOTFOUND'],
    [{ kind: 'foreign', hubId: 'f' }, 'the hub is not the one that knows this agent'],
    [refused(401), 'the credential is not accepted'],
    [refused(502), 'HTTP status 502'],
    [
      { kind: 'closed', code: 4401, reason: 'Cannot enrol agent: it has used a token of its own already' },
      'the hub knows this agent by a token of its own, which it did not come with',
    ],
    [closed(4409), 'another agent with this identity is connected'],
    [closed(4999), 'close code 4999'],
  ])('says %o', (end, reason) => {
    expect(reasonOf(end)).toBe(reason);
  });
});
