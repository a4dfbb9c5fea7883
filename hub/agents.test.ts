import { describe, expect, test } from 'vitest';
import { ProtocolError } from '#core/errors.ts';
import { AgentsRig, enrolment, hashOf, key, peer, turn } from './testing/agents-rig.ts';
import { hostIdentity } from './testing/host-identity.ts';
import { someId } from './testing/test-agent.ts';

describe('authenticate()', () => {
  test('knows the enrolment key, tokens it has seen, and asks for others', async () => {
    const hub = new AgentsRig();
    hub.tokens.set(hashOf('token'), 1);

    expect(await hub.agents.authenticate(key, peer)).toEqual({ credential: { kind: 'enrolment', enrolmentId: null } });
    for (let times = 0; times < 2; times += 1) {
      expect(await hub.agents.authenticate('token', peer)).toEqual({
        credential: { kind: 'token', agentId: someId('a'), hostId: 1, hash: hashOf('token') },
      });
    }
    expect(await hub.agents.authenticate('stranger', peer)).toMatchObject({ status: 401 });
    expect(hub.lookups).toBe(2);
  });

  test('takes the key that the hub has made of agents on its own machine only, and one that people have named of all', async () => {
    const hub = new AgentsRig();
    const local = ['127.0.0.1', '127.0.0.2', '::1'].map((address) => ({ address, isProxied: false }));
    const others = [
      { address: '10.0.0.1', isProxied: false },
      { address: '2001:db8::1', isProxied: true },
      { address: '127.0.0.1', isProxied: true },
    ];
    for (const one of [...local, ...others])
      expect(await hub.agents.authenticate(key, one)).toMatchObject({ credential: enrolment });
    hub.enrolmentKey.isLocal = true;
    for (const one of local) expect(await hub.agents.authenticate(key, one)).toMatchObject({ credential: enrolment });
    expect(hub.audited).toEqual([]);
    for (const one of [...others, ...others])
      expect(await hub.agents.authenticate(key, one)).toMatchObject({
        status: 401,
        why: expect.stringContaining('use an enrolment token'),
      });
    // Each address once.
    expect(hub.audited).toHaveLength(3);
    expect(hub.lookups).toBe(0);
  });

  test('sends strangers away for later while the database is away, or too many of them ask', async () => {
    const hub = new AgentsRig();
    hub.isAway = true;
    expect(await hub.agents.authenticate('token', peer)).toMatchObject({ status: 503, retryAfterSec: 10 });

    let release: () => void = () => {};
    hub.holdLookups = new Promise((resolve) => (release = resolve));
    const waiting = Array.from({ length: 32 }, (_, index) => hub.agents.authenticate(`stranger ${index}`, peer));
    expect(await hub.agents.authenticate('one more', peer)).toMatchObject({ status: 503 });
    expect(await hub.agents.authenticate(key, peer)).toMatchObject({ credential: enrolment });
    release();
    await Promise.all(waiting);
    expect(await hub.agents.authenticate('stranger', peer)).toMatchObject({ status: 503 });
    expect(hub.lookups).toBe(34);
  });

  test('takes a token no more once the host has a new one', async () => {
    const hub = new AgentsRig();
    hub.answer = { token: 'first' };
    (await hub.connected()).close(1000);
    hub.answer = { token: 'second' };
    await hub.connected();

    expect(await hub.agents.authenticate('first', peer)).toMatchObject({ status: 401 });
    expect(await hub.agents.authenticate('second', peer)).toMatchObject({ credential: { kind: 'token' } });
  });
});

describe('connections', () => {
  test('are welcomed and known as connected until they close', async () => {
    const hub = new AgentsRig();
    const socket = await hub.connected();
    expect([socket.kinds, hub.registry.host(1)!.isConnected, hub.agents.connectionCount]).toEqual([
      ['welcome'],
      true,
      1,
    ]);
    socket.close(1000);
    expect([hub.registry.host(1)!.isConnected, hub.agents.connectionCount]).toEqual([false, 0]);
  });

  test('are closed with 4400 when the hello does not come in time', async () => {
    const hub = new AgentsRig();
    const late = hub.socket();
    const greeted = await hub.connected();
    await hub.pass(5_000);
    expect(late.closeCode).toBeNull();
    await hub.pass(100);
    expect([late.closeCode, greeted.closeCode]).toEqual([4400, null]);
  });

  test('are closed with 4401 when the database refuses them', async () => {
    const hub = new AgentsRig();
    hub.answer = { kind: 'refused', why: 'x' };

    expect((await hub.connected()).closeCode).toBe(4401);
  });

  test('may not greet with the id of another agent', () => {
    const hub = new AgentsRig();
    const socket = hub.socket({ kind: 'token', agentId: someId('c'), hostId: 7, hash: '' });

    expect(() => socket.hello()).toThrow(ProtocolError);
  });

  test('wait for a database that is away, and are admitted when it is back', async () => {
    const hub = new AgentsRig();
    hub.isAway = true;
    const socket = await hub.connected();
    expect(socket.sent).toMatchObject([{ kind: 'welcome', streams: null }]);
    await hub.pass(4_500);
    expect(socket.sent.every((message) => message.kind === 'welcome' && message.streams === null)).toBe(true);
    hub.isAway = false;
    await hub.pass(2_500);

    expect(socket.sent.at(-1)).toMatchObject({ kind: 'welcome', streams: [{ ordinal: 1, storedSeq: 0 }] });
    expect(hub.registry.host(1)!.isConnected).toBe(true);
    await hub.pass(10_000);
    expect(hub.admitted).toHaveLength(1);
  });

  test('that have gone meanwhile are not admitted', async () => {
    const hub = new AgentsRig();
    const socket = hub.socket();
    socket.hello();
    socket.close(1006);
    await turn();

    expect([socket.sent, hub.registry.host(1)]).toEqual([[], undefined]);
  });

  test('are told nothing more of what they send once the hub drains', async () => {
    const hub = new AgentsRig();
    const socket = await hub.connected();
    hub.agents.drain();
    socket.hello();
    hub.agents.closeAll(1012, 'restart');

    expect([socket.closeCode, hub.agents.connectionCount]).toEqual([1012, 0]);
  });
});

describe('a second connection of the same agent', () => {
  const token = { kind: 'token', agentId: someId('a'), hostId: 1, hash: 'aa' } as const;

  test('is closed with 4409 when the first answers the ping', async () => {
    const hub = new AgentsRig();
    const first = await hub.connected();
    const second = await hub.connected({}, token);
    expect([first.pings, second.sent, hub.admitted.length]).toEqual([1, [], 1]);
    await hub.pass(500);
    hub.agents.ponged(first);
    await hub.pass(100);

    expect([first.closeCode, second.closeCode, hub.admitted.length]).toEqual([null, 4409, 1]);
  });

  test('takes over when the first has not answered for 2 s', async () => {
    const hub = new AgentsRig();
    const first = await hub.connected();
    await hub.pass(1_000);
    const second = await hub.connected({}, token);
    await hub.pass(2_000);
    expect(second.kinds).toEqual([]);
    await hub.pass(100);

    expect([first.closeCode, second.closeCode, second.kinds]).toEqual([1001, null, ['welcome']]);
    expect(hub.registry.host(1)!.isConnected).toBe(true);
    // It was not connected any more when the other was admitted.
    expect(hub.admitted[1]!.connectedHostIds).toEqual([]);
  });

  test('takes over at once when the first closes', async () => {
    const hub = new AgentsRig();
    const first = await hub.connected();
    const second = await hub.connected({}, token);
    first.close(1006);
    await turn();

    expect([second.kinds, hub.registry.host(1)!.isConnected]).toEqual([['welcome'], true]);
  });

  test('gives way to a third', async () => {
    const hub = new AgentsRig();
    const first = await hub.connected();
    const second = await hub.connected({}, token);
    const third = await hub.connected({}, token);
    await hub.pass(2_100);

    expect([first.closeCode, second.closeCode, third.closeCode]).toEqual([1001, 4409, null]);
    expect(third.kinds).toEqual(['welcome']);
  });

  test('is closed with 4401 when it comes to enrol, and disturbs neither the first nor who challenges it', async () => {
    const hub = new AgentsRig();
    const first = await hub.connected();
    const own = await hub.connected({}, token);
    const strangers = [await hub.connected(), await hub.connected({}, { kind: 'enrolment', enrolmentId: 5 })];
    expect(strangers.map(({ closeCode }) => closeCode)).toEqual([4401, 4401]);
    expect([first.pings, first.closeCode, own.closeCode, hub.admitted.length]).toEqual([1, null, null, 1]);
    expect([hub.told, hub.agents.identities.refusals.of(1)]).toEqual([[], null]);
    // Once, however often it comes.
    expect(hub.audited).toMatchObject([{ action: 'agent.enrolled', result: 'refused' }]);

    await hub.pass(2_100);
    expect([first.closeCode, own.kinds]).toEqual([1001, ['welcome']]);
    own.close(1000);
    expect((await hub.connected()).kinds).toEqual(['welcome']);
  });
});

describe('a removed host', () => {
  test('is told to its agent by 4403, and nothing more is taken of it', async () => {
    const hub = new AgentsRig();
    const socket = await hub.connected();
    hub.answer = { hostId: 2, host: hostIdentity(2) };
    const other = await hub.connected({ agentId: someId('b') });
    hub.registry.remove(1);
    hub.agents.removed(1);

    expect([socket.closeCode, other.closeCode, hub.agents.connectionCount]).toEqual([4403, null, 1]);
  });

  test('is not brought back by an admission that was under way', async () => {
    const hub = new AgentsRig();
    hub.registry.put(hostIdentity(1));
    const socket = hub.socket();
    socket.hello();
    hub.registry.bury(1);
    hub.registry.remove(1);
    hub.agents.removed(1);
    await turn();

    expect([socket.closeCode, socket.kinds, hub.registry.count]).toEqual([4403, [], 0]);
  });

  test('of a token that a hub still remembers is answered by 4403', async () => {
    const hub = new AgentsRig();
    hub.answer = { kind: 'removed' };
    const socket = await hub.connected();

    expect(socket.closeCode).toBe(4403);
  });

  test('has no token that opens a socket', async () => {
    const hub = new AgentsRig();
    hub.tokens.set(hashOf('token'), 1);
    await hub.agents.authenticate('token', peer);
    hub.registry.bury(1);
    hub.registry.remove(1);

    expect(await hub.agents.authenticate('token', peer)).toMatchObject({ status: 401 });
  });
});

describe('presence', () => {
  const token = { kind: 'token', agentId: someId('a'), hostId: 1, hash: 'aa' } as const;

  test('of a host with a token is told at its hello, before the database answers, and at its last close', async () => {
    const hub = new AgentsRig();
    const socket = hub.socket(token);
    socket.hello();
    expect(hub.presence).toEqual(['linked 1 unadmitted']);
    await turn();
    expect(hub.presence).toEqual(['linked 1 unadmitted', 'linked 1']);
    hub.agents.closed(socket);
    expect(hub.presence.at(-1)).toBe('unlinked 1');
  });

  test('goes on while the database is away', async () => {
    const hub = new AgentsRig();
    hub.isAway = true;
    const socket = hub.socket(token);
    socket.hello();
    await turn();
    expect(hub.presence).toEqual(['linked 1 unadmitted']);
    hub.agents.closed(socket);
    expect(hub.presence).toEqual(['linked 1 unadmitted', 'unlinked 1']);
  });

  test('does not end while a newer connection of the host is there', async () => {
    const hub = new AgentsRig();
    const [first, second] = [hub.socket(token), hub.socket(token)];
    first.hello();
    await turn();
    second.hello();
    await hub.pass(3_000);
    expect(hub.presence.filter((one) => one.startsWith('unlinked'))).toEqual([]);
    hub.agents.closed(second);
    expect(hub.presence.at(-1)).toBe('unlinked 1');
  });
});
