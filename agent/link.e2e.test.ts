/** The agent against a hub of the test's own: real sockets, real spool, a made-up host. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emptySettings } from '#core/agent-settings.ts';
import { encodeMessage } from '#core/codec.ts';
import { bulkMessageBytesMax } from '#core/limits.ts';
import type { ToAgent } from '#core/message.ts';
import { hostFolders } from './collectors/proc-file.ts';
import { type AgentConfig, parseAgentConfig } from './config.ts';
import { type RunningAgent, startAgent } from './running-agent.ts';
import { openSpool } from './spool.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { until } from './testing/until.ts';

const enrolmentKey = 'enrol-canary-1';
const token = 'token-canary-2';

let folder: string;
let hub: FakeHub;
let agents: RunningAgent[];
let logged: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-agent-'));
  agents = [];
  logged = '';
  hub = new FakeHub();
  await hub.start();
});

afterEach(async () => {
  await hub.stop();
  await Promise.all(agents.map((agent) => agent.stop()));
  rmSync(folder, { recursive: true, force: true });
});

interface StartOptions {
  readonly config?: Partial<AgentConfig>;
  readonly env?: Readonly<Record<string, string>>;
}

async function start({ config = {}, env = {} }: StartOptions = {}): Promise<RunningAgent> {
  const hubUrl = config.hubUrl ?? hub.url;
  const settings = { hubUrl, intervalMs: 100, dataFolder: folder, name: 'host', spoolBytesMax: 8_388_608 };
  const agent = await startAgent({
    config: { ...parseAgentConfig(settings, { env: {}, cwd: folder, folder }), ...config },
    log: pino({ level: 'debug' }, { write: (line: string) => void (logged += line) }),
    moduleWorkerFile: join(folder, 'none.cjs'),
    env,
    folders: hostFolders(join(folder, 'host')),
    random: () => 0.01,
  });
  agents.push(agent);
  return agent;
}

async function stop(agent: RunningAgent): Promise<void> {
  agents = agents.filter((one) => one !== agent);
  await agent.stop();
}

/** Ticks that the spool holds and the hub has not stored, while no agent runs. */
function heldTicks(): number {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const spool = openSpool({ file: join(folder, 'spool.sqlite'), log, nowMs: () => 0 });
  const { heldTicks } = spool.counters();
  spool.close();
  return heldTicks;
}

function events(): string[] {
  return logged
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).msg as string);
}

describe('streaming', () => {
  test('the agent greets, is welcomed, sends each tick once and in order, and forgets what is stored', async () => {
    const agent = await start({ config: { tags: { role: 'test' } } });
    await until('20 ticks are stored', () => hub.storedTicks >= 20);
    expect(hub.last.hello).toMatchObject({
      agentId: agent.agentId,
      hostName: 'host',
      tags: { role: 'test' },
      facts: { interval_ms: '100' },
      hubId: null,
    });
    expect(agent.linkState).toBe('streaming');
    await stop(agent);
    expect(hub.messages('bye')).toHaveLength(1);
    expect(hub.last.closeCode).toBe(1000);
    expect(hub.breaches).toEqual([]);
    expect(heldTicks()).toBe(0);
    expect(
      hub
        .messages('frame')
        .slice(2)
        .every(({ timeMs }) => timeMs === null),
    ).toBe(true);
  });

  test('ticks of a lost connection are sent again, as a replay, and stored once', async () => {
    hub.settings.acks = false;
    const agent = await start();
    await until('10 ticks have come', () => hub.storedTicks >= 10);
    // The hub loses what it had not stored, as after a kill.
    for (const stream of hub.streams.values()) {
      stream.items.length = 0;
      stream.acceptedSeq = 0;
    }
    hub.settings.acks = true;
    hub.cut();
    await until('all is stored', () => hub.connections.length === 2 && hub.storedTicks >= 25);
    expect(hub.messages('replay').length).toBeGreaterThan(0);
    await stop(agent);
    expect(hub.breaches).toEqual([]);
    expect(heldTicks()).toBe(0);
    const [stream] = hub.streams.values();
    expect(stream!.items.map((item) => (item.kind === 'tick' ? item.seq : 0))).toEqual(
      stream!.items.map((_, index) => index + 1),
    );
  });

  test('while the hub is away ticks stay in the spool, and a later run of the agent delivers them', async () => {
    const { port } = hub;
    await hub.stop();
    const agent = await start({ config: { hubUrl: `ws://127.0.0.1:${port}/agent` } });
    await until('10 ticks are made', () => agent.counters().ticks.tickCount >= 10);
    await stop(agent);
    const held = heldTicks();
    expect(held).toBeGreaterThanOrEqual(10);
    hub = new FakeHub();
    await hub.start(port);
    const second = await start();
    await until('both runs are stored', () => hub.streams.size === 2 && hub.storedTicks >= held + 5);
    await stop(second);
    expect(hub.breaches).toEqual([]);
    expect(heldTicks()).toBe(0);
    expect(events().filter((event) => event === 'link.failed')).toHaveLength(1);
  });

  test('a name that the hub does not go by is said once', async () => {
    const agent = await start({ config: { name: 'box' } });
    await until('it is connected', () => hub.connections.length === 1 && hub.storedTicks > 0);
    hub.cut();
    await until('it is back', () => hub.connections.length === 2 && hub.last.messages.length > 3);
    await stop(agent);
    expect(events().filter((event) => event === 'name.differs')).toHaveLength(1);
    expect(logged).toContain('"name":"box","hostName":"host"');
  });

  test('without credit the newest tick goes out as live and nothing is stored', async () => {
    hub.settings.welcome = { creditBytes: 0 };
    const agent = await start();
    await until('10 live ticks have come', () => hub.messages('live').length >= 10);
    expect(agent.linkState).toBe('starved');
    expect(hub.storedTicks).toBe(0);
    hub.send({ kind: 'credit', bytes: 4_000_000 });
    await until('the backlog is stored', () => hub.storedTicks >= 12 && agent.linkState === 'streaming');
    expect(hub.breaches).toEqual([]);
  });

  test('an interval that the hub asks for is taken, and one that no agent can keep is refused', async () => {
    const agent = await start({ config: { pinned: emptySettings } });
    await until('a tick is stored', () => hub.storedTicks > 0);
    hub.send({ kind: 'config', intervalMs: 10 });
    hub.send({ kind: 'config', intervalMs: 1_000_000_000 });
    await until('the settings are refused', () => events().filter((event) => event === 'config.refused').length === 2);
    expect(agent.intervalMs).toBe(100);
    hub.send({ kind: 'config', intervalMs: 200 });
    await until('ticks of the interval come', () =>
      [...hub.layouts.values()].some(({ intervalMs }) => intervalMs === 200),
    );
    hub.send({ kind: 'config', intervalMs: null });
    await until('the own interval is back', () => agent.intervalMs === 100);
    expect(hub.breaches).toEqual([]);
  });
});

describe('credentials', () => {
  test('an agent enrols with the key and comes back with its token, and neither is logged', async () => {
    hub.settings.welcome = { token };
    const agent = await start({ config: { enrolmentKey } });
    await until('a tick is stored', () => hub.storedTicks > 0);
    hub.settings.welcome = {};
    hub.cut();
    await until('the agent is back', () => hub.connections.length === 2);
    await stop(agent);
    expect(hub.connections.map(({ bearer }) => bearer)).toEqual([enrolmentKey, token]);
    expect(logged).not.toMatch(/canary/);
  });

  test('a token that is not accepted is followed by the enrolment key, and that by a long wait', async () => {
    hub.settings.welcome = { token };
    const agent = await start({ config: { enrolmentKey } });
    await until('a tick is stored', () => hub.storedTicks > 0);
    hub.settings.refuse = () => ({ status: 401 });
    hub.cut();
    await until('both were tried', () => hub.refusedBearers.length === 2);
    expect(hub.refusedBearers).toEqual([token, enrolmentKey]);
    await until('it is said', () => logged.includes('the credential is not accepted'));
    expect(agent.counters().ticks.tickCount).toBeGreaterThan(0);
    const waits = logged.split('\n').filter((line) => line.includes('"retryMs":300'));
    expect(waits).toHaveLength(1);
  });

  test('a wiped hub is enrolled with anew', async () => {
    hub.settings.welcome = { token };
    const agent = await start({ config: { enrolmentKey } });
    await until('a tick is stored', () => hub.storedTicks > 0);
    hub.streams.clear();
    hub.settings.welcome = { token: 'token-canary-3', hubId: 'b'.repeat(32) };
    hub.settings.refuse = (bearer) => (bearer === token ? { status: 401 } : null);
    hub.cut();
    await until('ticks flow again', () => hub.connections.length === 2 && hub.storedTicks > 3);
    hub.settings.refuse = () => null;
    hub.settings.welcome = { hubId: 'b'.repeat(32) };
    hub.cut();
    await until('the agent is back', () => hub.connections.length === 3);
    await stop(agent);
    expect(hub.last.bearer).toBe('token-canary-3');
    expect(hub.last.hello?.hubId).toBe('b'.repeat(32));
  });

  test('a hub that is not the one that gave the token gets no data', async () => {
    hub.settings.welcome = { token };
    const agent = await start({ config: { enrolmentKey } });
    await until('a tick is stored', () => hub.storedTicks > 0);
    await stop(agent);
    hub.settings.welcome = { hubId: 'c'.repeat(32) };
    await start({ config: { enrolmentKey: null } });
    await until('the hub is refused', () => logged.includes('not the one that knows this agent'));
    expect(hub.last.messages.map(({ kind }) => kind)).toEqual(['hello']);
  });

  test('503 with Retry-After is waited for, and said once', async () => {
    hub.settings.refuse = () =>
      hub.refusedBearers.length < 3 ? { status: 503, headers: { 'Retry-After': '0' } } : null;
    await start();
    await until('the agent is welcome', () => hub.storedTicks > 0);
    expect(hub.refusedBearers).toHaveLength(3);
    expect(events().filter((event) => event === 'link.failed')).toHaveLength(1);
    expect(events()).toContain('link.opened');
  });
});

describe('a hub that breaks the contract', () => {
  const hugeBytes = new Uint8Array(bulkMessageBytesMax + 1);

  test.each<[string, (hub: FakeHub) => void]>([
    ['an ack beyond what was sent', (hub) => hub.send({ kind: 'ack', ordinal: 1, storedSeq: 2 ** 40, gapTicks: 0 })],
    [
      'a nack beyond what was sent',
      (hub) => hub.send({ kind: 'nack', ordinal: 1, code: 'unexpected_seq', seq: 2 ** 40, why: '' }),
    ],
    ['a message above the limit', (hub) => hub.sendBytes(hugeBytes)],
    ['garbage', (hub) => hub.sendBytes(Uint8Array.of(0xc1, 0xff, 0x00))],
    ['nothing', (hub) => hub.sendBytes(new Uint8Array())],
    ['text', (hub) => hub.sendBytes('hello')],
    ['a message of an agent', (hub) => hub.sendBytes(encodeMessage({ kind: 'bye' }))],
    ['a token that is no header', (hub) => hub.send(welcomeWith('a\r\nb'))],
  ])('loses the connection after %s, and the agent keeps its data', async (_, send) => {
    hub.settings.acks = false;
    const agent = await start();
    await until('5 ticks have come', () => hub.storedTicks >= 5);
    send(hub);
    await until('the connection is closed', () => hub.connections[0]!.closeCode !== null);
    hub.settings.acks = true;
    await until('the agent is back', () => hub.connections.length === 2 && agent.linkState === 'streaming');
    await stop(agent);
    expect(hub.breaches).toEqual([]);
    const [stream] = hub.streams.values();
    expect(stream!.items.map((item) => item.kind)).toEqual(stream!.items.map(() => 'tick'));
    expect(stream!.items).toHaveLength(stream!.acceptedSeq);
    expect(heldTicks()).toBe(0);
  });

  test('an ack for a stream that the agent does not have changes nothing', async () => {
    hub.settings.acks = false;
    const agent = await start();
    await until('5 ticks have come', () => hub.storedTicks >= 5);
    hub.send({ kind: 'ack', ordinal: 77, storedSeq: 1, gapTicks: 0 });
    await until('5 more have come', () => hub.storedTicks >= 10);
    expect(agent.counters().spool.heldTicks).toBeGreaterThanOrEqual(10);
  });

  test('random messages never end the agent', async () => {
    const random = lcg(20_261_122);
    await start();
    await until('5 ticks have come', () => hub.storedTicks >= 5);
    const agent = agents[0]!;
    for (let round = 0; round < 40; round += 1) {
      await until('the agent is connected', () => hub.last.closeCode === null && agent.linkState !== 'greeting');
      for (const message of hostileMessages(random)) if (hub.last.closeCode === null) hub.send(message);
      const count = agent.counters().ticks.tickCount;
      await until('ticks go on', () => agent.counters().ticks.tickCount > count);
    }
  });
});

describe('proxies', () => {
  test('the agent reaches the hub through the proxy of its environment', async () => {
    const asked: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      const upstream = connect(hub.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      for (const end of [upstream, socket]) end.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const port = (proxy.address() as { port: number }).port;
    const agent = await start({
      config: { hubUrl: 'ws://hub.invalid:8888/agent' },
      env: { HTTP_PROXY: `http://user:proxy-canary@127.0.0.1:${port}` },
    });
    await until('a tick is stored', () => hub.storedTicks > 0);
    await stop(agent);
    proxy.close();
    expect(asked).toEqual(['hub.invalid:8888']);
    expect(logged).not.toContain('canary');
  });
});

function welcomeWith(givenToken: string): ToAgent {
  return {
    ...{ kind: 'welcome', hubId: 'a'.repeat(32), hubVersion: 'test', hostName: 'host' },
    ...{ token: givenToken, creditBytes: 0, seriesMax: 0, nowMs: 0, streams: [] },
  };
}

/** Numerical Recipes' generator, uniform in 0..1. */
function lcg(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** Messages that are well-formed and mean nothing. */
function hostileMessages(random: () => number): ToAgent[] {
  const whole = () => Math.floor(random() * 2 ** Math.floor(random() * 40));
  const ordinal = () => (random() < 0.7 ? 1 : whole());
  const epochs = [...hub.streams.keys(), 'e'.repeat(32)];
  const make: (() => ToAgent)[] = [
    () => ({ kind: 'ack', ordinal: ordinal(), storedSeq: whole() % 20, gapTicks: whole() }),
    () => ({ kind: 'nack', ordinal: ordinal(), code: 'unexpected_seq', seq: (whole() % 20) + 1, why: '' }),
    () => ({ kind: 'nack', ordinal: ordinal(), code: 'rejected', seq: (whole() % 20) + 1, why: '' }),
    () => ({ kind: 'nack', ordinal: ordinal(), code: 'unknown_layout', seq: (whole() % 20) + 1, why: '' }),
    () => ({ kind: 'credit', bytes: whole() }),
    () => ({
      kind: 'checksums',
      ordinal: ordinal(),
      firstSeq: (whole() % 20) + 1,
      checksums: new Uint8Array(whole() % 64),
    }),
    () => ({
      ...(welcomeWith('t') as Extract<ToAgent, { kind: 'welcome' }>),
      creditBytes: whole(),
      streams:
        random() < 0.3
          ? null
          : epochs.map((epoch) => ({
              epoch,
              ordinal: ordinal(),
              storedSeq: whole() % 30,
              storedCrc: random() < 0.5 ? null : whole(),
              gapTicks: 0,
            })),
    }),
  ];
  return Array.from({ length: 1 + Math.floor(random() * 4) }, () => make[Math.floor(random() * make.length)]!());
}
