/** Every reason why a text must not run, one by one: from the same good text, one thing changed. */
import { describe, expect, test } from 'vitest';
import { decodeBase64url, encodeBase64url } from '#core/base64url.ts';
import { formatSignedText, parseSignedText, type SignedText } from '#core/signed-script.ts';
import { type CheckContext, checkText, markAfter, type VersionMark } from './script-check.ts';
import { closedPolicy, type ScriptPolicy } from './script-policy.ts';
import { Publisher } from './testing/publisher.ts';

const publisher = new Publisher();
const stranger = new Publisher();
const nowMs = 1_800_000_000_000;

function context(change: Partial<CheckContext> = {}, policy: Partial<ScriptPolicy> = {}): CheckContext {
  return {
    policy: { ...closedPolicy, isEnabled: true, publisherKeys: [publisher.key], ...policy },
    self: { name: 'web-1', tags: { role: 'web' } },
    markOf: () => null,
    nowMs,
    ...change,
  };
}

function seen(mark: Partial<VersionMark>): Pick<CheckContext, 'markOf'> {
  return { markOf: (name) => (name === 'probe' ? { version: 0, sha256: '', revokedVersion: 0, ...mark } : null) };
}

function taken(text: string): SignedText {
  const parsed = parseSignedText(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

const good = publisher.script('echo 1\n', { version: 5 });

describe('checkText()', () => {
  test('lets through what a trusted key has signed for this host', () => {
    expect(checkText(good, context())).toMatchObject({
      kind: 'fit',
      manifest: { name: 'probe', version: 5 },
      code: Buffer.from('echo 1\n'),
    });
  });

  const changes: readonly (readonly [string, string, Partial<CheckContext>, Partial<ScriptPolicy>, string])[] = [
    ['code that is not signed', 'echo 1\n', {}, {}, 'its first line must begin with'],
    ['nothing', '', {}, {}, 'its first line must begin with'],
    ['100 MB', `${good}${'#'.repeat(100_000_000)}`, {}, {}, 'at most 65536 bytes'],
    ['a key that is not trusted', stranger.script('echo 1\n'), {}, {}, 'its key must be one that'],
    ['no key is trusted', good, {}, { publisherKeys: [] }, 'its key must be one that'],
    [
      "the publisher's name on a stranger's signature",
      stranger.script('echo 1\n', { key: publisher.key }),
      {},
      {},
      'its signature must be that of its key',
    ],
    ['other code under a good first line', good.replace('echo 1', 'echo 2'), {}, {}, 'its code must be the one'],
    ['more code', `${good}echo 2\n`, {}, {}, 'its code must be the one'],
    [
      'another manifest under a good signature',
      formatSignedText({ ...taken(good), manifest: { ...taken(good).manifest, version: 6 } }),
      {},
      {},
      'its signature must be that of its key',
    ],
    ['an older version', good, seen({ version: 6 }), {}, 'it must not be older than version 6'],
    ['other code as the same version', good, seen({ version: 5, sha256: 'ab' }), {}, 'it must be the code that came'],
    ['too early', publisher.script('x', { notBeforeMs: nowMs + 1 }), {}, {}, 'it is not valid before 2027-01-15'],
    ['expired', publisher.script('x', { notAfterMs: nowMs }), {}, {}, 'it is not valid from 2027-01-15'],
    ['another host', publisher.script('x', { targets: ['host:web-2'] }), {}, {}, 'its targets must mean this host'],
    ['another tag', publisher.script('x', { targets: ['tag:role=db'] }), {}, {}, 'its targets must mean this host'],
    ['a name that is not allowed', good, {}, { allow: ['other'] }, '"scripts.allow" of this agent'],
    ['no name is allowed', good, {}, { allow: [] }, '"scripts.allow" of this agent'],
    ['the network', publisher.script('x', { hasNetwork: true }), {}, { network: false }, 'it asks for the network'],
  ];

  test.each(changes)('refuses %s', (_, text, change, policy, problem) => {
    expect(checkText(text, context(change, policy))).toMatchObject({
      kind: 'refused',
      problem: expect.stringContaining(problem),
    });
  });

  test('refuses a signed text with any byte of its signature or its manifest changed', () => {
    const { signature } = taken(good);
    for (let index = 0; index < signature.length; index += 1) {
      const changed = signature.map((byte, at) => (at === index ? byte ^ 1 : byte));
      expect(checkText(formatSignedText({ ...taken(good), signature: changed }), context()).kind).toBe('refused');
    }
    const [, , , manifest = ''] = good.split('\n', 1)[0]!.split(' ');
    const bytes = decodeBase64url(manifest)!;
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = encodeBase64url(bytes.map((byte, at) => (at === index ? byte ^ 1 : byte)));
      expect(checkText(good.replace(manifest, changed), context()).kind).toBe('refused');
    }
  });

  test("a tag or a name that only the hub knows opens nothing: the agent's own settings count", () => {
    const text = publisher.script('x', { targets: ['tag:role=web'] });
    expect(checkText(text, context()).kind).toBe('fit');
    expect(checkText(text, context({ self: { name: 'web-1', tags: {} } })).kind).toBe('refused');
  });

  test('a revoked version stays revoked, a later one may run', () => {
    const revoked = context(seen({ version: 5, revokedVersion: 5 }));
    expect(checkText(good, revoked)).toMatchObject({ kind: 'revoked', problem: expect.stringContaining('up to 5') });
    expect(checkText(publisher.script('x', { version: 6 }), revoked).kind).toBe('fit');
  });

  test('a stranger revokes nothing', () => {
    expect(checkText(stranger.revocation(9), context()).kind).toBe('refused');
    expect(checkText(publisher.revocation(9), context()).kind).toBe('revocation');
  });
});

describe('markAfter()', () => {
  const markOf = (text: string, change: Partial<CheckContext> = {}) =>
    markAfter(checkText(text, context(change)), context(change));

  test('a newer version is remembered, also one that is not for this host or has expired', () => {
    expect(markOf(good)).toMatchObject({ version: 5, revokedVersion: 0 });
    expect(markOf(publisher.script('x', { version: 6, targets: ['host:x'] }), seen({ version: 5 }))).toMatchObject({
      version: 6,
    });
    expect(markOf(publisher.script('x', { version: 6, notAfterMs: 1 }))).toMatchObject({ version: 6 });
  });

  test('what is known adds nothing, and what is not signed by a trusted key neither', () => {
    expect(markOf(good, seen({ version: 5, sha256: taken(good).manifest.kind === 'script' ? 'x' : '' }))).toBeNull();
    expect(markOf(stranger.script('x', { version: 99 }))).toBeNull();
    expect(markOf(good.replace('echo 1', 'echo 2'))).toBeNull();
  });

  test('a version that begins later does not end the one before', () => {
    expect(markOf(publisher.script('x', { version: 6, notBeforeMs: nowMs + 1 }), seen({ version: 5 }))).toBeNull();
  });

  test('a revocation is remembered beside the version, and never taken back', () => {
    expect(markOf(publisher.revocation(5), seen({ version: 7, sha256: 'ab' }))).toEqual({
      version: 7,
      sha256: 'ab',
      revokedVersion: 5,
    });
    expect(markOf(publisher.revocation(4), seen({ revokedVersion: 5 }))).toBeNull();
  });
});
