import { beforeEach, describe, expect, test } from 'vitest';
import { HttpError } from '../../http.ts';
import type { KnownApiToken, KnownPerson, KnownSession } from '../../store/access/access-state.ts';
import type { AccessMethods } from '../../store/access/methods.ts';
import type { Actor, TokenScope } from '../actor.ts';
import { AccessBook, type AccessBookStore } from './access-book.ts';
import { Accounts, accountLimits, addressLimits, type PersonActor, shareLimits } from './accounts.ts';
import { Passwords } from './passwords.ts';

const password = 'correct horse battery';
const passwords = new Passwords({ costLog2: 4, blockSize: 1, parallelism: 1 });
const passwordHash = await passwords.hash(password, '');
const ann: KnownPerson = { personId: 1, name: 'Ann', key: 'ann', role: 'admin', isDisabled: false, passwordHash };
const session: KnownSession = {
  sessionId: 3,
  personId: 1,
  hash: 'a',
  usedMs: 0,
  expiresMs: 1e12,
  address: '198.51.100.7',
};
const token: KnownApiToken = {
  ...{ tokenId: 7, name: 'ci', hash: 'b', scope: 'admin', clientId: null, personId: 1, expiresMs: null },
};
const asPerson: PersonActor = { kind: 'person', personId: 1, name: 'Ann', role: 'admin', sessionId: 3 };
const asToken: Actor = { kind: 'token', tokenId: 7, name: 'ci', scope: 'admin', clientId: null };

/** The database: what the book reads, and what has been made. */
let people: KnownPerson[];
let sessions: KnownSession[];
let tokens: KnownApiToken[];
let made: unknown[];
let accounts: Accounts;
let clockMs: number;

beforeEach(() => {
  people = [ann];
  sessions = [session];
  tokens = [token];
  made = [];
  clockMs = 0;
  let version = 0;
  const bookStore: AccessBookStore = {
    accessMark: async () => ({ version: ++version, nowMs: 0 }),
    access: async () => ({ version, nowMs: 0, people, sessions, tokens }),
    reviveSession: async () => false,
    tendAccess: async () => {},
  };
  const make = async (draft: unknown) => {
    made.push(draft);
    return 'full' as const;
  };
  const open = async ({ hash }: { readonly hash: string }) => {
    sessions = [...sessions, { ...session, sessionId: 9, hash }];
    return 9;
  };
  const store: Partial<AccessMethods> = {
    ...{ createApiToken: make, createPerson: make, openSession: open, changePassword: async () => 9 },
  };
  const nowMonotonicMs = () => clockMs;
  const book = new AccessBook({ store: () => bookStore, nowMonotonicMs, onChanged: () => {} }, { idleHours: 1 });
  accounts = new Accounts(
    { book, passwords, store: () => store as AccessMethods, nowMonotonicMs, spare: () => {} },
    { hours: 1 },
  );
});

describe('who has lost what they had while they were asking', () => {
  const token = { name: 'new', scope: 'admin', clientId: null, expiresMs: null } as const;
  const person = { name: 'Mallory', role: 'admin', password } as const;

  test.each([
    ['a person', asPerson],
    ['a token', asToken],
    ['the operator', { kind: 'operator' }],
  ] as const)('%s who is still there makes tokens and people', async (_, actor) => {
    await expect(accounts.createApiToken(token, actor)).rejects.toMatchObject({ status: 409 });
    await expect(accounts.createPerson(person, { actor, address: '' })).rejects.toMatchObject({ status: 409 });
    const personId = actor.kind === 'operator' ? null : 1;
    expect(made).toMatchObject([{ draft: { personId } }, { draft: { name: 'Mallory' } }]);
  });

  test.each<[string, Actor, () => unknown]>([
    ['a token that was revoked', asToken, () => (tokens = [])],
    ['a token whose person was removed', asToken, () => (people = [])],
    ['a person who was removed', asPerson, () => (people = [])],
    ['a person who was demoted', asPerson, () => (people = [{ ...ann, role: 'viewer' }])],
    ['a session that was ended', asPerson, () => (sessions = [])],
  ])('%s makes nothing', async (_, actor, lose) => {
    lose();
    await expect(accounts.createApiToken(token, actor)).rejects.toMatchObject({ status: 401 });
    await expect(accounts.createPerson(person, { actor, address: '' })).rejects.toMatchObject({ status: 401 });
    await expect(accounts.editPerson(1, { password }, { actor, address: '' })).rejects.toMatchObject({
      status: people.length === 0 ? 404 : 401,
    });
    expect(made).toEqual([]);
  });
});

describe('a token that makes a token', () => {
  const makerOf = (scope: TokenScope, expiresMs: number | null) => {
    tokens = [{ ...token, scope, expiresMs }];
    return { kind: 'token', tokenId: 7, name: 'ci', scope, clientId: null } as const;
  };
  const make = (scope: TokenScope, expiresMs: number | null, actor: Actor) =>
    accounts.createApiToken({ name: 'new', scope, clientId: null, expiresMs }, actor);
  const endMs = 1_790_000_000_000;
  const end = '1790000000 (2026-09-21T14:13:20.000Z)';

  test.each<[string, TokenScope, number | null]>([
    ['as long as itself', 'admin', endMs],
    ['shorter', 'admin', 1],
    ['that may do less', 'read', endMs],
    ['as long, in seconds that have been rounded', 'push', ((endMs + 0.000_3) / 1_000) * 1_000],
  ])('gives out one %s', async (_, scope, expiresMs) => {
    await expect(make(scope, expiresMs, makerOf('admin', endMs))).rejects.toMatchObject({ status: 409 });
    expect(made).toMatchObject([{ draft: { scope, personId: 1 } }]);
  });

  test.each<[string, number | null, string]>([
    ['that never ends', null, 'none, which is never'],
    ['that lasts longer', endMs + 1_000, '1790000001'],
  ])('gives out none %s, where it ends itself', async (_, expiresMs, got) => {
    const message = `Cannot create token: expires: a token makes none that lasts longer than itself, which is until ${end}: got ${got}`;
    await expect(make('read', expiresMs, makerOf('admin', endMs))).rejects.toMatchObject({ status: 403, message });
    expect(made).toEqual([]);
  });

  test('gives out one that never ends where it never ends, and so do a person and the operator', async () => {
    for (const actor of [makerOf('admin', null), asPerson, { kind: 'operator' }] as const)
      await expect(make('admin', null, actor)).rejects.toMatchObject({ status: 409 });
    expect(made).toHaveLength(3);
  });

  test('gives out none that may do more', async () => {
    for (const [scope, wanted] of [
      ['push', 'read'],
      ['read', 'push'],
      ['write', 'admin'],
    ] as const)
      await expect(make(wanted, null, makerOf(scope, null))).rejects.toMatchObject({
        status: 403,
        message: `Cannot create token: scope: a token makes none that may do more than it may itself, "${scope}": got "${wanted}"`,
      });
    await expect(make('push', null, makerOf('write', null))).rejects.toMatchObject({ status: 409 });
  });
});

describe('names that the audit log uses for the hub itself', () => {
  const reserved = ['operator', 'Operator', ' HUB ', 'ｓｙｓｔｅｍ', 'Anonymous', 'ANONYMOUS\u00a0'];
  const operator: Actor = { kind: 'operator' };

  test.each(reserved)('are not given to anybody or any token: %j', async (name) => {
    const refused = { status: 400, message: expect.stringContaining('name: another one is wanted') };
    const draft = { name, role: 'viewer', password } as const;
    await expect(accounts.createPerson(draft, { actor: operator, address: '' })).rejects.toMatchObject(refused);
    const wanted = { name, scope: 'read', clientId: null, expiresMs: null } as const;
    await expect(accounts.createApiToken(wanted, operator)).rejects.toMatchObject(refused);
    expect(made).toEqual([]);
  });

  test.each(['operators', 'hub-2', 'Anon', 'the system'])('are told from others: %j', async (name) => {
    const wanted = { name, scope: 'read', clientId: null, expiresMs: null } as const;
    await expect(accounts.createApiToken(wanted, operator)).rejects.toMatchObject({ status: 409 });
  });

  test('stay with whoever has one already, with a password that can be changed', async () => {
    people = [{ ...ann, name: 'System', key: 'system' }];
    const visitor = { address: '', userAgent: '', cookieSecret: null };
    const opened = await accounts.signIn({ name: 'system', password }, visitor);
    expect(opened.actor).toMatchObject({ name: 'System' });
    const actor: PersonActor = { ...asPerson, name: 'System' };
    expect(
      await accounts.changePassword({ actor, old: password, password: 'quite another one' }, visitor),
    ).toMatchObject({
      actor: { name: 'System', sessionId: 9 },
    });
  });
});

describe('tries at an account', () => {
  const known = session.address;
  const from = (address: string) => ({ address, userAgent: '', cookieSecret: null });
  const signIn = (given: string, address: string) => accounts.signIn({ name: 'Ann', password: given }, from(address));
  const change = (old: string) =>
    accounts.changePassword({ actor: asPerson, old, password: 'another good password' }, from(known));

  beforeEach(async () => {
    // The book is read by the first who asks.
    await expect(signIn('wrong', '192.0.2.200')).rejects.toMatchObject({ status: 401 });
    for (let index = 1; index < accountLimits.burst; index += 1)
      await expect(signIn('wrong', `192.0.2.${index}`)).rejects.toMatchObject({ status: 401 });
  });

  test('from elsewhere lock nobody out where they are signed in', async () => {
    await expect(signIn(password, '192.0.2.100')).rejects.toMatchObject({ status: 429 });
    expect((await signIn(password, known)).actor).toMatchObject({ name: 'Ann' });
  });

  test('keep nobody from changing their password, of which the tries are bounded too', async () => {
    expect((await change(password)).actor).toMatchObject({ name: 'Ann', sessionId: 9 });
    for (let index = 0; index < accountLimits.burst; index += 1)
      await expect(change('wrong')).rejects.toMatchObject({ status: 403 });
    await expect(change(password)).rejects.toMatchObject({ status: 429 });
    expect((await signIn(password, known)).actor).toMatchObject({ name: 'Ann' });
  });

  test('where somebody is signed in are bounded too', async () => {
    for (let index = 0; index < accountLimits.burst; index += 1)
      await expect(signIn('wrong', known)).rejects.toMatchObject({ status: 401 });
    await expect(signIn(password, known)).rejects.toMatchObject({ status: 429 });
  });
});

describe('ten thousand tries', () => {
  const triesCount = 10_000;
  const visitor = (address: string) => ({ address, userAgent: '', cookieSecret: null });
  const addressOf = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

  /** How often each answer came; each 429 must say when to come back. */
  async function tried(tryOf: (index: number) => { readonly name: string; readonly address: string }) {
    const counts: Record<number, number> = {};
    for (let index = 0; index < triesCount; index += 1) {
      const { name, address } = tryOf(index);
      const error: unknown = await accounts.signIn({ name, password: 'wrong' }, visitor(address)).catch((one) => one);
      if (!(error instanceof HttpError)) throw new Error('Cannot go on: a refusal is wanted', { cause: error });
      counts[error.status] = (counts[error.status] ?? 0) + 1;
      if (error.status === 429) expect(error.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    }
    return counts;
  }

  const annSignsIn = async (address: string) =>
    (await accounts.signIn({ name: 'ANN', password }, visitor(address))).actor;

  test('from one address, a second apart, are a few that count, and keep nobody out elsewhere', async () => {
    const counts = await tried(() => {
      clockMs += 1_000;
      return { name: 'Ann', address: '192.0.2.1' };
    });
    const counted = shareLimits.burst + Math.floor((triesCount * 1_000) / shareLimits.refillMs);
    expect(counts).toEqual({ 401: counted, 429: triesCount - counted });
    await expect(annSignsIn('192.0.2.1')).rejects.toMatchObject({ status: 429 });
    expect(await annSignsIn('203.0.113.9')).toMatchObject({ name: 'Ann' });
  });

  test('from ten thousand addresses keep nobody out where they are signed in, and for a moment only elsewhere', async () => {
    const counts = await tried((index) => ({ name: 'Ann', address: addressOf(index) }));
    expect(counts).toEqual({ 401: accountLimits.burst, 429: triesCount - accountLimits.burst });
    expect(await annSignsIn(session.address)).toMatchObject({ name: 'Ann' });
    await expect(annSignsIn('203.0.113.9')).rejects.toMatchObject({ status: 429 });
    clockMs += accountLimits.refillMs;
    expect(await annSignsIn('203.0.113.9')).toMatchObject({ name: 'Ann' });
  });

  test('of as many names from one address are bounded by the address', async () => {
    const counts = await tried((index) => ({ name: `name ${index}`, address: '192.0.2.1' }));
    expect(counts).toEqual({ 401: addressLimits.burst, 429: triesCount - addressLimits.burst });
    expect(await annSignsIn('203.0.113.9')).toMatchObject({ name: 'Ann' });
  });

  test('of as many names from as many addresses are remembered within bounds', async () => {
    for (const start of [0, triesCount, 2 * triesCount]) {
      const counts = await tried((index) => ({ name: `name ${start + index}`, address: addressOf(start + index) }));
      expect(counts).toEqual({ 401: triesCount });
    }
    for (const limiter of [accounts.addresses, accounts.names, accounts.shares])
      expect(limiter.keyCount).toBeLessThanOrEqual(limiter.keysMax);
    expect(await annSignsIn('203.0.113.9')).toMatchObject({ name: 'Ann' });
  });
});

test('a name is known as it is compared, and a password in its place is not', async () => {
  const visitor = { address: '', userAgent: '', cookieSecret: null };
  await expect(accounts.signIn({ name: password, password }, visitor)).rejects.toMatchObject({ status: 401 });
  expect([' ANN ', 'Ａｎｎ', password, ''].map((name) => accounts.knownName(name))).toEqual(['Ann', 'Ann', null, null]);
});
