import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { encodeMessage } from '#core/codec.ts';
import { AgentsRig, hashOf, peer, type TestSocket, turn } from '../testing/agents-rig.ts';
import { hostIdentity } from '../testing/host-identity.ts';
import { helloOf, someId } from '../testing/test-agent.ts';

const token = { kind: 'token', agentId: someId('a'), hostId: 1, hash: hashOf('own') } as const;
const speaking = { facts: { speaks: 'settings,identity' } };

/** A hub of one agent, which is connected by its own token. */
async function connectedRig(): Promise<{ readonly hub: AgentsRig; readonly socket: TestSocket }> {
  const hub = new AgentsRig();
  const socket = hub.socket(token);
  socket.hello(speaking);
  await turn();
  hub.told.length = 0;
  return { hub, socket };
}

function identitiesOf(socket: TestSocket) {
  return socket.sent.flatMap((message) => (message.kind === 'identity' ? [message] : []));
}

function keep(hub: AgentsRig, socket: TestSocket, of: string): void {
  const tokenId = createHash('sha256').update(of).digest('hex').slice(0, 16);
  hub.agents.received(socket, encodeMessage({ kind: 'identityKept', tokenId }));
}

describe('a rotation', () => {
  test('gives a connected agent a second token at once, and is done when that is kept', async () => {
    const { hub, socket } = await connectedRig();
    hub.orders = { revoked: [], rotations: [1], splits: [] };
    await hub.agents.identities.rotate('web');
    await turn();
    const [identity, ...more] = identitiesOf(socket);
    expect([hub.told, more]).toEqual([['rotate web', 'add 1'], []]);
    expect(identity).toMatchObject({ agentId: someId('a'), hubId: someId('0') });
    keep(hub, socket, 'something else');
    keep(hub, socket, identity!.token);
    await turn();
    expect(hub.told).toEqual(['rotate web', 'add 1', 'keep 1']);
    expect(hub.audited.at(-1)).toMatchObject({ action: 'agent.rotated', result: 'done', object: 'web' });
    expect(JSON.stringify(hub.audited)).not.toContain(identity!.token);
    expect([socket.closeCode, socket.kinds]).toEqual([null, ['welcome', 'identity']]);
  });

  test('that is done while the orders are being read is not done again', async () => {
    const { hub, socket } = await connectedRig();
    hub.orders = { revoked: [], rotations: [1], splits: [] };
    await hub.agents.identities.follow();
    await turn();
    const stale = hub.agents.identities.follow();
    keep(hub, socket, identitiesOf(socket)[0]!.token);
    await stale;
    await turn();
    hub.orders = { revoked: [], rotations: [], splits: [] };
    await hub.agents.identities.follow();
    await turn();
    expect(identitiesOf(socket)).toHaveLength(1);
  });

  test('of an agent that is away, or a database that is, waits for it', async () => {
    const hub = new AgentsRig();
    hub.answer = { isRotationWanted: true };
    const socket = await hub.connected(speaking);
    expect(identitiesOf(socket)).toHaveLength(1);

    const late = await connectedRig();
    late.hub.orders = { revoked: [], rotations: [1], splits: [] };
    await late.hub.agents.identities.follow();
    await late.hub.agents.identities.follow();
    await turn();
    expect(identitiesOf(late.socket)).toHaveLength(1);
  });

  test('is not offered to an agent that does not know what it is', async () => {
    const hub = new AgentsRig();
    hub.answer = { isRotationWanted: true, host: hostIdentity(1, { name: 'web', agentId: someId('a') }) };
    expect(identitiesOf(await hub.connected())).toEqual([]);
  });
});

describe('a revocation', () => {
  test('closes the connection with 4403 before it is answered, and voids the token', async () => {
    const { hub, socket } = await connectedRig();
    hub.registry.addToken(hashOf('own'), 1);
    hub.orders = { revoked: [1], rotations: [], splits: [] };
    await hub.agents.identities.revoke('web');

    expect([socket.closeCode, socket.closeReason]).toEqual([4403, 'Cannot accept agent: an admin has revoked it']);
    expect(hub.registry.byToken(hashOf('own'))).toBeUndefined();
  });

  test('that another hub was told of closes it too, also one that is not admitted yet', async () => {
    const { hub, socket } = await connectedRig();
    const waiting = hub.socket(token, '10.0.0.9');
    hub.orders = { revoked: [1], rotations: [], splits: [] };
    await hub.agents.identities.follow();
    expect([socket.closeCode, waiting.closeCode]).toEqual([4403, 4403]);
  });

  test('is found by an admission that was under way, and forgotten when the agent was allowed meanwhile', async () => {
    const hub = new AgentsRig();
    hub.orders = { revoked: [1], rotations: [], splits: [] };
    await hub.agents.identities.follow();
    const late = await hub.connected(speaking);
    await turn();
    expect(late.closeCode).toBe(4403);
    hub.orders = { revoked: [], rotations: [], splits: [] };
    const back = await hub.connected(speaking);
    await turn();
    expect([back.closeCode, back.kinds]).toEqual([null, ['welcome']]);
  });

  test('is said at the upgrade and to whoever looks after agents', async () => {
    const hub = new AgentsRig();
    hub.store.findBearer = async () => ({ kind: 'revoked', hostId: 1 });
    for (let times = 0; times < 3; times += 1)
      expect(await hub.agents.authenticate('own', peer)).toEqual({
        status: 403,
        why: 'Cannot accept agent: an admin has revoked it',
      });
    expect(hub.agents.identities.refusals.of(1)).toMatchObject({ why: expect.stringContaining('revoked') });
    // Once, however often it comes.
    expect(hub.audited).toMatchObject([{ action: 'agent.refused', result: 'refused', address: '127.0.0.1' }]);
  });

  test.each([
    [{ kind: 'unknown' }, 404],
    [{ kind: 'agentless' }, 409],
    [{ kind: 'revoked' }, 409],
    [{ kind: 'no-clone' }, 409],
  ] as const)('answers %o by %i', async (answer, status) => {
    const hub = new AgentsRig();
    hub.orderAnswer = answer;
    await expect(hub.agents.identities.split('web')).rejects.toMatchObject({ status });
    hub.isAway = true;
    await expect(hub.agents.identities.split('web')).rejects.toMatchObject({ status: 503 });
  });
});

describe('the absence of a revoked agent', () => {
  test('is on purpose before its connection closes, and again after a start of the hub', async () => {
    const { hub, socket } = await connectedRig();
    hub.orders = { revoked: [1], rotations: [], splits: [] };
    hub.presence.length = 0;
    await hub.agents.identities.revoke('web');
    expect([socket.closeCode, hub.presence]).toEqual([4403, ['bye 1', 'unlinked 1']]);

    const started = new AgentsRig();
    started.orders = { revoked: [1], rotations: [], splits: [] };
    await started.agents.identities.follow();
    await started.agents.identities.follow();
    expect(started.presence).toEqual(['bye 1']);
  });

  test('is on purpose at another hub too, that had taken its hello before it knew', async () => {
    const hub = new AgentsRig();
    hub.answer = { kind: 'revoked', hostId: 1 };
    expect((await hub.connected(speaking, token)).closeCode).toBe(4403);
    expect(hub.presence).toEqual(['linked 1 unadmitted', 'bye 1', 'unlinked 1']);
  });

  test('ends with its next connection', async () => {
    const { hub } = await connectedRig();
    hub.orders = { revoked: [1], rotations: [], splits: [] };
    await hub.agents.identities.follow();
    hub.orders = { revoked: [], rotations: [], splits: [] };
    await hub.agents.identities.follow();
    hub.presence.length = 0;
    await hub.connected(speaking);
    expect(hub.presence).toEqual(['linked 1']);
  });
});

describe('a copied machine', () => {
  /** A second one that comes by the same token, from another address, while the first answers. */
  async function copyOf(hub: AgentsRig, first: TestSocket, bootId = someId('7')): Promise<TestSocket> {
    const second = hub.socket(token, '10.0.0.7');
    second.hello({ ...speaking, bootId });
    await hub.pass(500);
    hub.agents.ponged(first);
    await hub.pass(100);
    return second;
  }

  test('is sent away with 4409 and seen by those who look after agents, once an hour in the audit log', async () => {
    const { hub, socket } = await connectedRig();
    for (let times = 0; times < 3; times += 1) expect((await copyOf(hub, socket)).closeCode).toBe(4409);

    expect(hub.told).toEqual(['clone 1 10.0.0.7', 'clone 1 10.0.0.7', 'clone 1 10.0.0.7']);
    expect(hub.audited).toMatchObject([
      { action: 'agent.duplicated', result: 'refused', object: 'web', address: '10.0.0.7' },
    ]);
    expect(hub.agents.identities.refusals.of(1)?.why).toContain('another machine');
    expect([socket.closeCode, hub.registry.host(1)!.isConnected]).toEqual([null, true]);
  });

  test('is given an identity of its own at its next hello once that was ordered, and becomes a host when it is kept', async () => {
    const { hub, socket } = await connectedRig();
    await copyOf(hub, socket);
    hub.orders = { revoked: [], rotations: [], splits: [1] };
    await hub.agents.identities.split('web');
    hub.told.length = 0;
    const second = await copyOf(hub, socket);
    const [identity] = identitiesOf(second);
    expect([second.kinds, second.closeCode, hub.told]).toEqual([['identity'], null, []]);
    expect(identity!.agentId).not.toBe(someId('a'));

    keep(hub, second, identity!.token);
    await turn();
    expect([hub.told, second.closeCode, socket.closeCode]).toEqual([['split off 1'], 1012, null]);
    expect(hub.registry.host(9)!.identity).toMatchObject({ name: 'web-2', agentId: identity!.agentId });
    expect(await hub.agents.authenticate(identity!.token, peer)).toMatchObject({
      credential: { hostId: 9, agentId: identity!.agentId },
    });
    expect(hub.audited.at(-1)).toMatchObject({ action: 'agent.split', result: 'done', detail: { host: 'web-2' } });
    // A third copy is one again.
    hub.orders = { revoked: [], rotations: [], splits: [] };
    expect((await copyOf(hub, socket, someId('8'))).closeCode).toBe(4409);
  });

  test('is not what the agent itself is, whose old connection was heard a last time', async () => {
    const { hub, socket } = await connectedRig();
    hub.orders = { revoked: [], rotations: [], splits: [1] };
    await hub.agents.identities.follow();
    const own = await copyOf(hub, socket, helloOf().bootId);
    expect([own.closeCode, own.kinds]).toEqual([4409, []]);
  });

  test('of an old version is told to be upgraded', async () => {
    const { hub, socket } = await connectedRig();
    hub.orders = { revoked: [], rotations: [], splits: [1] };
    await hub.agents.identities.follow();
    const second = hub.socket(token, '10.0.0.7');
    second.hello({ bootId: someId('7') });
    await hub.pass(500);
    hub.agents.ponged(socket);
    await hub.pass(100);
    expect([second.closeCode, second.closeReason]).toEqual([4409, expect.stringContaining('upgrade')]);
  });
});

describe('a stranger', () => {
  test('with the token of one agent under the id of another is written down', async () => {
    const hub = new AgentsRig();
    hub.registry.put(hostIdentity(1, { name: 'web' }));
    const socket = hub.socket(token, '10.0.0.66');
    expect(() => socket.hello({ agentId: someId('c') })).toThrow('the token belongs to another agent');
    expect(hub.audited).toMatchObject([{ action: 'agent.refused', object: 'web', address: '10.0.0.66' }]);
  });

  test('that tries tokens is told to wait, from its address alone, and no agent that is known with it', async () => {
    const hub = new AgentsRig();
    hub.tokens.set(hashOf('own'), 1);
    await hub.agents.authenticate('own', peer);
    for (let tries = 0; tries < 120; tries += 1)
      expect(await hub.agents.authenticate(`guess ${tries}`, peer)).toMatchObject({ status: 401 });
    expect(await hub.agents.authenticate('guess again', peer)).toMatchObject({ status: 429, retryAfterSec: 60 });
    expect(await hub.agents.authenticate('own', peer)).toMatchObject({ credential: { hostId: 1 } });
    expect(await hub.agents.authenticate('guess again', { ...peer, address: '10.0.0.1' })).toMatchObject({
      status: 401,
    });
    hub.nowMs += 60_000;
    expect(await hub.agents.authenticate('guess again', peer)).toMatchObject({ status: 401 });
  });
});
