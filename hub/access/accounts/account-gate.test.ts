import { describe, expect, test } from 'vitest';
import type { AccessState, KnownApiToken, KnownPerson, KnownSession } from '../../store/access/access-state.ts';
import type { Role } from '../actor.ts';
import type { Credentials } from '../gate.ts';
import { OpenViewers, signedOutCloseCode } from '../open-viewers.ts';
import { AccessBook } from './access-book.ts';
import { AccountGate } from './account-gate.ts';
import { csrfTokenOf, hashOf, makeSecret } from './secrets.ts';

const hourMs = 3_600_000;
const cookieSecret = makeSecret().secret;
const tokenSecret = makeSecret('pw_').secret;

/** A database that people are changed in, a book that has read it, and sockets that are open. */
class World {
  nowMs = 1_000;
  isAway = false;
  /** What another hub has seen used. */
  isRevivable = false;
  people: KnownPerson[] = [];
  sessions: KnownSession[] = [
    { sessionId: 7, personId: 1, hash: hashOf(cookieSecret), address: '', usedMs: 0, expiresMs: 100 * hourMs },
  ];
  tokens: KnownApiToken[] = [
    {
      ...{ tokenId: 3, name: 'ci', hash: hashOf(tokenSecret), scope: 'admin', clientId: null },
      ...{ personId: 1, expiresMs: 50 * hourMs },
    },
  ];
  readonly closed: [number, string][] = [];
  #version = 0;
  readonly book = new AccessBook(
    {
      store: () => ({
        accessMark: async () => this.#answer({ version: this.#version, nowMs: this.nowMs }),
        access: async () => this.#state,
        reviveSession: async () => this.#answer(this.isRevivable),
        tendAccess: async () => {},
      }),
      nowMonotonicMs: () => this.nowMs,
      onChanged: () => this.viewers.recheck(),
    },
    { idleHours: 12 },
  );
  readonly gate = new AccountGate({
    ...{ book: this.book, operatorHash: () => null, anonymousView: false, nowMonotonicMs: () => this.nowMs },
  });
  readonly viewers: OpenViewers = new OpenViewers(
    { opened: () => {}, received: () => {}, drained: () => {}, dropped: () => {}, closed: () => {} },
    { endOf: (actor) => this.book.endOf(actor), nowMonotonicMs: () => this.nowMs },
  );

  constructor(role: Role = 'admin') {
    this.become(role);
    this.reload();
  }

  get #state(): AccessState {
    const { people, sessions, tokens, nowMs } = this;
    return { version: this.#version, nowMs, people, sessions, tokens };
  }

  #answer<T>(answer: T): T {
    if (this.isAway) throw new Error('away');
    return answer;
  }

  become(role: Role, isDisabled = false): void {
    this.people = [{ ...{ personId: 1, name: 'Ann', key: 'ann', role, isDisabled }, passwordHash: '' }];
  }

  /** As after a change by this hub or another. */
  reload(): void {
    this.#version += 1;
    this.book.load(this.#state);
  }

  async identify(by: Partial<Credentials>) {
    return await this.gate.identify({ authorization: '', cookie: '', address: '192.0.2.1', isSecure: false, ...by });
  }

  /** Opens a socket for whoever that is. */
  async open(by: Partial<Credentials>): Promise<void> {
    const close = (code: number, reason: string) => void this.closed.push([code, reason]);
    const send = () => 'sent' as const;
    const socket = { send, subscribe() {}, unsubscribe() {}, bufferedBytes: () => 0, close };
    this.viewers.opened(socket, await this.identify(by));
  }
}

const cookie = { cookie: `pulsewire=${cookieSecret}` };
const bearer = { authorization: `Bearer ${tokenSecret}` };
const ann = { kind: 'person', personId: 1, name: 'Ann', role: 'admin', sessionId: 7 };
const stranger = { kind: 'anonymous', canRead: false };

describe('who sends a request', () => {
  test('is told by a cookie or a token, of which the token counts', async () => {
    const world = new World();
    expect(await world.identify(cookie)).toEqual(ann);
    expect(await world.identify(bearer)).toEqual({
      kind: 'token',
      tokenId: 3,
      name: 'ci',
      scope: 'admin',
      clientId: null,
    });
    await expect(world.identify({ ...cookie, authorization: 'Bearer unknown' })).rejects.toMatchObject({ status: 401 });
    expect(await world.identify({})).toEqual(stranger);
    // A cookie that came over plain HTTP is not what a secure one is called.
    expect(await world.identify({ ...cookie, isSecure: true })).toEqual(stranger);
  });

  test('is nobody after a session was idle for too long, unless it was used, here or at another hub', async () => {
    const world = new World();
    for (const hours of [11, 22, 33]) {
      world.nowMs = hours * hourMs;
      expect([hours, await world.identify(cookie)]).toEqual([hours, ann]);
    }
    world.nowMs = 46 * hourMs;
    expect(await world.identify(cookie)).toEqual(stranger);
    world.isRevivable = true;
    expect(await world.identify(cookie)).toEqual(ann);
  });

  test('is nobody at the end of a session, however much it is used, and of a token', async () => {
    const world = new World();
    for (let hours = 1; hours < 100; hours += 1) {
      world.nowMs = hours * hourMs;
      expect(await world.identify(cookie)).toEqual(ann);
    }
    await expect(world.identify(bearer)).rejects.toMatchObject({ status: 401 });
    world.nowMs = 100 * hourMs;
    expect(await world.identify(cookie)).toEqual(stranger);
  });

  test('is not known any more by a token that was revoked or whose person is disabled', async () => {
    const world = new World();
    world.become('admin', true);
    world.reload();
    await expect(world.identify(bearer)).rejects.toMatchObject({ status: 401 });
    expect(await world.identify(cookie)).toEqual(stranger);
    world.become('admin');
    world.tokens = [];
    world.reload();
    await expect(world.identify(bearer)).rejects.toMatchObject({ status: 401 });
  });

  test('may do no more by a token than its person may do now', async () => {
    for (const [role, scope] of [['editor', 'write'] as const, ['viewer', 'read'] as const])
      expect(await new World(role).identify(bearer)).toMatchObject({ kind: 'token', scope });
    const world = new World('viewer');
    world.tokens = [{ ...world.tokens[0]!, scope: 'push' }];
    world.reload();
    await expect(world.identify(bearer)).rejects.toMatchObject({ status: 401 });
  });

  test('cannot be told while the database is away, but for those who are known', async () => {
    const world = new World();
    world.isAway = true;
    expect(await world.identify(cookie)).toEqual(ann);
    await expect(world.identify({ authorization: 'Bearer unknown' })).rejects.toMatchObject({ status: 503 });
    world.nowMs = 13 * hourMs;
    await expect(world.identify(cookie)).rejects.toMatchObject({ status: 503 });
  });

  test('is held to a bound of secrets that mean nothing, for each address', async () => {
    const world = new World();
    const guess = (address: string) => world.identify({ authorization: 'Bearer unknown', address });
    for (let index = 0; index < 120; index += 1)
      await expect(guess('192.0.2.1')).rejects.toMatchObject({ status: 401 });
    await expect(guess('192.0.2.1')).rejects.toMatchObject({ status: 429 });
    await expect(guess('192.0.2.2')).rejects.toMatchObject({ status: 401 });
    expect(await world.identify(cookie)).toEqual(ann);
  });

  test('changes nothing by a cookie without the token of its session', async () => {
    const world = new World();
    const { gate } = world;
    const actor = await world.identify(cookie);
    const credentials = { authorization: '', address: '192.0.2.1', isSecure: false, ...cookie };
    for (const csrf of ['', 'x', csrfTokenOf(makeSecret().secret)])
      expect(() => gate.checkChange(actor, credentials, csrf)).toThrow('by a cookie alone');
    gate.checkChange(actor, credentials, csrfTokenOf(cookieSecret));
    gate.checkChange({ kind: 'operator' }, { ...credentials, cookie: '' }, '');
  });
});

describe('open sockets', () => {
  test('are closed as soon as their person is demoted, disabled, or signed out, and no others', async () => {
    const ends: [string, (world: World) => void][] = [
      ['You are viewer now', (world) => world.become('viewer')],
      ['You are signed out', (world) => world.become('admin', true)],
      ['You are signed out', (world) => (world.sessions = [])],
    ];
    for (const [why, end] of ends) {
      const world = new World();
      await world.open(cookie);
      await world.open({});
      world.reload();
      expect(world.closed).toEqual([]);
      end(world);
      world.reload();
      expect(world.closed).toEqual([[signedOutCloseCode, why]]);
    }
  });

  test('of a token are closed when it is revoked, runs out, or its person may do less', async () => {
    const ends: ((world: World) => void)[] = [
      (world) => (world.tokens = []),
      (world) => world.become('viewer'),
      (world) => (world.nowMs = 50 * hourMs),
    ];
    for (const end of ends) {
      const world = new World();
      await world.open(bearer);
      end(world);
      world.reload();
      expect(world.closed).toEqual([[signedOutCloseCode, 'The token is not valid any more']]);
    }
  });

  test('stay for a moment while their page is given another session', async () => {
    const world = new World();
    await world.open(cookie);
    world.viewers.spare(7, 1_000);
    world.sessions = [];
    world.reload();
    expect(world.closed).toEqual([]);
    world.nowMs += 1_000;
    world.viewers.recheck();
    expect(world.closed).toEqual([[signedOutCloseCode, 'You are signed out']]);
  });
});
