import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { decodeToAgent, encodeMessage } from '#core/codec.ts';
import { ProtocolError } from '#core/errors.ts';
import type { Hello, ToAgent } from '#core/message.ts';
import { type AgentStore, Agents } from './agents.ts';
import type { Credential } from './intake/agent-session.ts';
import { Intake } from './intake/intake.ts';
import { Registry } from './registry.ts';
import type { AgentSocket } from './sockets/endpoints.ts';
import type { AdmitAnswer, AdmitRequest } from './store/admission.ts';
import { hostIdentity } from './testing/host-identity.ts';
import { helloOf, someId } from './testing/test-agent.ts';
import { sha256 } from './testing/ticks.ts';

const key = 'the enrolment key';
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const enrolment: Credential = { kind: 'enrolment' };

/** Lets everything that waits for a settled promise go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

class TestSocket implements AgentSocket {
  readonly address = '127.0.0.1';
  readonly sent: ToAgent[] = [];
  pings = 0;
  closeCode: number | null = null;
  readonly #agents: Agents;

  constructor(agents: Agents, credential: Credential) {
    this.#agents = agents;
    agents.opened(this, credential);
  }
  send(bytes: Uint8Array) {
    this.sent.push(decodeToAgent(bytes.slice()));
  }
  ping() {
    this.pings += 1;
  }
  close(closeCode: number) {
    if (this.closeCode !== null) return;
    this.closeCode = closeCode;
    this.#agents.closed(this);
  }
  hello(options: Partial<Hello> = {}) {
    this.#agents.received(this, encodeMessage(helloOf(options)));
  }
  get kinds() {
    return this.sent.map((message) => message.kind);
  }
}

class Harness {
  nowMs = 1_000;
  isAway = false;
  readonly admitted: AdmitRequest[] = [];
  readonly tokens = new Map<string, number>();
  lookups = 0;
  holdLookups: Promise<void> | null = null;
  answer: Partial<Extract<AdmitAnswer, { kind: 'admitted' }>> | Exclude<AdmitAnswer, { kind: 'admitted' }> = {};
  readonly registry = new Registry({ ringBytesMax: 1e9, ringWindowMsMax: 300_000 });
  readonly store: AgentStore = {
    admit: async (request) => {
      if (this.isAway) throw new Error('away');
      this.admitted.push(request);
      if ('kind' in this.answer && this.answer.kind !== 'admitted') return this.answer as AdmitAnswer;
      const streams = request.streams.map(({ offer }, index) => ({
        id: index + 1,
        epoch: offer.epoch,
        ordinal: index + 1,
        storedSeq: 0,
        storedCrc: null,
        gapTicks: 0,
        shiftMs: 0,
        lease: this.admitted.length,
      }));
      const answer = {
        kind: 'admitted',
        hostId: 1,
        hostName: 'web',
        token: null,
        host: hostIdentity(1, { name: 'web', agentId: someId('a') }),
        streams,
      } as const;
      return { ...answer, ...this.answer } as AdmitAnswer;
    },
    openStreams: async () => {
      throw new Error('away');
    },
    findToken: async (hash) => {
      this.lookups += 1;
      await this.holdLookups;
      if (this.isAway) throw new Error('away');
      const hostId = this.tokens.get(hash);
      if (hostId === undefined) return null;
      return { host: hostIdentity(hostId, { name: 'web', agentId: someId('a') }), token: { hash, hostId } };
    },
    checksums: async () => new Uint8Array(0),
  };
  readonly agents = new Agents({
    intake: new Intake(
      { flush: () => {}, onTick: () => {} },
      { batchAgeMs: 1e4, flushDelayMs: 500, queuedBytesMax: 1e8 },
    ),
    registry: this.registry,
    store: this.store,
    identity: { hubId: someId('0'), hubVersion: '1', seriesMax: 4_000 },
    sha256,
    enrolmentHash: createHash('sha256').update(key).digest(),
    log: pino({ level: 'silent' }),
    onTop: () => {},
    nowMs: () => this.nowMs,
    nowMonotonicMs: () => this.nowMs,
  });

  socket(credential: Credential = enrolment): TestSocket {
    return new TestSocket(this.agents, credential);
  }
  async connected(options: Partial<Hello> = {}): Promise<TestSocket> {
    const socket = this.socket();
    socket.hello(options);
    await turn();
    return socket;
  }
  /** Polls every 100 ms for so long. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.nowMs += 100;
      this.agents.poll(this.nowMs);
    }
    await turn();
  }
}

describe('authenticate()', () => {
  test('knows the enrolment key, tokens it has seen, and asks for others', async () => {
    const hub = new Harness();
    hub.tokens.set(hashOf('token'), 1);

    expect(await hub.agents.authenticate(key)).toEqual({ credential: { kind: 'enrolment' } });
    for (let times = 0; times < 2; times += 1) {
      expect(await hub.agents.authenticate('token')).toEqual({
        credential: { kind: 'token', agentId: someId('a'), hostId: 1 },
      });
    }
    expect(await hub.agents.authenticate('stranger')).toMatchObject({ status: 401 });
    expect(hub.lookups).toBe(2);
  });

  test('sends strangers away for later while the database is away, or too many of them ask', async () => {
    const hub = new Harness();
    hub.isAway = true;
    expect(await hub.agents.authenticate('token')).toMatchObject({ status: 503, retryAfterSec: 10 });

    let release: () => void = () => {};
    hub.holdLookups = new Promise((resolve) => (release = resolve));
    const waiting = Array.from({ length: 32 }, (_, index) => hub.agents.authenticate(`stranger ${index}`));
    expect(await hub.agents.authenticate('one more')).toMatchObject({ status: 503 });
    expect(await hub.agents.authenticate(key)).toMatchObject({ credential: enrolment });
    release();
    await Promise.all(waiting);
    expect(await hub.agents.authenticate('stranger')).toMatchObject({ status: 503 });
    expect(hub.lookups).toBe(34);
  });

  test('takes a token no more once the host has a new one', async () => {
    const hub = new Harness();
    hub.answer = { token: 'first' };
    (await hub.connected()).close(1000);
    hub.answer = { token: 'second' };
    await hub.connected();

    expect(await hub.agents.authenticate('first')).toMatchObject({ status: 401 });
    expect(await hub.agents.authenticate('second')).toMatchObject({ credential: { kind: 'token' } });
  });
});

describe('connections', () => {
  test('are welcomed and known as connected until they close', async () => {
    const hub = new Harness();
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
    const hub = new Harness();
    const late = hub.socket();
    const greeted = await hub.connected();
    await hub.pass(5_000);
    expect(late.closeCode).toBeNull();
    await hub.pass(100);
    expect([late.closeCode, greeted.closeCode]).toEqual([4400, null]);
  });

  test('are closed with 4401 when the database refuses them', async () => {
    const hub = new Harness();
    hub.answer = { kind: 'refused', why: 'x' };

    expect((await hub.connected()).closeCode).toBe(4401);
  });

  test('may not greet with the id of another agent', () => {
    const hub = new Harness();
    const socket = hub.socket({ kind: 'token', agentId: someId('c'), hostId: 7 });

    expect(() => socket.hello()).toThrow(ProtocolError);
  });

  test('wait for a database that is away, and are admitted when it is back', async () => {
    const hub = new Harness();
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
    const hub = new Harness();
    const socket = hub.socket();
    socket.hello();
    socket.close(1006);
    await turn();

    expect([socket.sent, hub.registry.host(1)]).toEqual([[], undefined]);
  });

  test('are told nothing more of what they send once the hub drains', async () => {
    const hub = new Harness();
    const socket = await hub.connected();
    hub.agents.drain();
    socket.hello();
    hub.agents.closeAll(1012, 'restart');

    expect([socket.closeCode, hub.agents.connectionCount]).toEqual([1012, 0]);
  });
});

describe('a second connection of the same agent', () => {
  test('is closed with 4409 when the first answers the ping', async () => {
    const hub = new Harness();
    const first = await hub.connected();
    const second = await hub.connected();
    expect([first.pings, second.sent, hub.admitted.length]).toEqual([1, [], 1]);
    await hub.pass(500);
    hub.agents.ponged(first);
    await hub.pass(100);

    expect([first.closeCode, second.closeCode, hub.admitted.length]).toEqual([null, 4409, 1]);
  });

  test('takes over when the first has not answered for 2 s', async () => {
    const hub = new Harness();
    const first = await hub.connected();
    await hub.pass(1_000);
    const second = await hub.connected();
    await hub.pass(2_000);
    expect(second.kinds).toEqual([]);
    await hub.pass(100);

    expect([first.closeCode, second.closeCode, second.kinds]).toEqual([1001, null, ['welcome']]);
    expect(hub.registry.host(1)!.isConnected).toBe(true);
    // It was not connected any more when the other was admitted.
    expect(hub.admitted[1]!.connectedHostIds).toEqual([]);
  });

  test('takes over at once when the first closes', async () => {
    const hub = new Harness();
    const first = await hub.connected();
    const second = await hub.connected();
    first.close(1006);
    await turn();

    expect([second.kinds, hub.registry.host(1)!.isConnected]).toEqual([['welcome'], true]);
  });

  test('gives way to a third', async () => {
    const hub = new Harness();
    const first = await hub.connected();
    const second = await hub.connected();
    const third = await hub.connected();
    await hub.pass(2_100);

    expect([first.closeCode, second.closeCode, third.closeCode]).toEqual([1001, 4409, null]);
    expect(third.kinds).toEqual(['welcome']);
  });
});

describe('a removed host', () => {
  test('is told to its agent by 4403, and nothing more is taken of it', async () => {
    const hub = new Harness();
    const socket = await hub.connected();
    hub.answer = { hostId: 2, host: hostIdentity(2) };
    const other = await hub.connected({ agentId: someId('b') });
    hub.registry.remove(1);
    hub.agents.removed(1);

    expect([socket.closeCode, other.closeCode, hub.agents.connectionCount]).toEqual([4403, null, 1]);
  });

  test('is not brought back by an admission that was under way', async () => {
    const hub = new Harness();
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
    const hub = new Harness();
    hub.answer = { kind: 'removed' };
    const socket = await hub.connected();

    expect(socket.closeCode).toBe(4403);
  });

  test('has no token that opens a socket', async () => {
    const hub = new Harness();
    hub.tokens.set(hashOf('token'), 1);
    await hub.agents.authenticate('token');
    hub.registry.bury(1);
    hub.registry.remove(1);

    expect(await hub.agents.authenticate('token')).toMatchObject({ status: 401 });
  });
});
