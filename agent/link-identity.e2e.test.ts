/** Who the agent is to the hub, and the hub to the agent: real sockets, real spool, a hub of the test's own. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeMessage } from '#core/codec.ts';
import { hostFolders } from './collectors/proc-file.ts';
import { parseAgentConfig } from './config.ts';
import { type RunningAgent, startAgent } from './running-agent.ts';
import { openSpool, type SpoolIdentity } from './spool.ts';
import { authority, hubCertificate, otherCertificate } from './testing/certificates.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { until } from './testing/until.ts';

const hubPin = 'sha256/Ua4vxbGmr7AQT7P4SyxNXsOub+yJe843tufKQJP8X04=';
const otherPin = 'sha256/G/TF7wk0v32VWXNkKMDPhvlU21hRs/UntUU24OnUNzg=';
const first = { agentId: 'a'.repeat(32), hubId: 'a'.repeat(32), token: 'token-canary-1', old: null };

let folder: string;
let hub: FakeHub;
let agents: RunningAgent[];
let logged: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-agent-'));
  agents = [];
  logged = '';
  hub = new FakeHub();
});

afterEach(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await hub.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(settings: object = {}, env: Record<string, string> = {}): Promise<RunningAgent> {
  const own = { hubUrl: hub.url, intervalMs: 100, dataFolder: folder, name: 'host', spoolBytesMax: 8_388_608 };
  const agent = await startAgent({
    config: parseAgentConfig({ ...own, ...settings }, { env, cwd: folder, folder }),
    log: pino({ level: 'debug' }, { write: (line: string) => void (logged += line) }),
    moduleWorkerFile: join(folder, 'none.cjs'),
    env: {},
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

/** What the spool says of the agent, while none runs; `identity` is written first. */
function identityOf(identity: SpoolIdentity | null = null): SpoolIdentity {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const spool = openSpool({ file: join(folder, 'spool.sqlite'), log, nowMs: () => 0 });
  if (identity !== null) spool.setIdentity(identity);
  const found = spool.identity;
  spool.close();
  return found;
}

function lines(event: string): Record<string, unknown>[] {
  return logged
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === event);
}

const tokenIdOf = (token: string) => createHash('sha256').update(token).digest('hex').slice(0, 16);

describe('a new token', () => {
  test('is on the disk before it is answered, and comes with the next connection; no tick waits for it', async () => {
    await hub.start();
    identityOf(first);
    const agent = await start();
    await until('ticks are stored', () => hub.storedTicks > 2);
    hub.send({ kind: 'identity', hubId: first.hubId, agentId: first.agentId, token: 'token-canary-2' });
    await until('it is kept', () => hub.messages('identityKept').length === 1);
    expect(hub.messages('identityKept')[0]!.tokenId).toBe(tokenIdOf('token-canary-2'));
    const stored = hub.storedTicks;
    await until('ticks go on', () => hub.storedTicks > stored + 2);
    expect(hub.connections.map(({ bearer }) => bearer)).toEqual(['token-canary-1']);

    hub.cut();
    await until('it is back', () => hub.connections.length === 2);
    await until('it is welcomed', () => agent.linkState === 'streaming');
    await stop(agent);
    expect(hub.connections[1]!.bearer).toBe('token-canary-2');
    expect(identityOf()).toEqual({ ...first, token: 'token-canary-2' });
    expect(hub.breaches).toEqual([]);
    expect(logged).not.toContain('canary');
  });

  test('that the hub does not accept is followed by the one before it, which is kept', async () => {
    await hub.start();
    identityOf({ ...first, token: 'token-canary-2', old: { agentId: first.agentId, token: 'token-canary-1' } });
    hub.settings.refuse = (bearer) => (bearer === 'token-canary-1' ? null : { status: 401 });
    const agent = await start({}, { PULSEWIRE_ENROLMENT_KEY: 'enrol-canary-3-4711-0815' });
    await until('ticks are stored', () => hub.storedTicks > 0);
    await stop(agent);

    expect([hub.refusedBearers, hub.last.bearer]).toEqual([['token-canary-2'], 'token-canary-1']);
    expect(identityOf()).toMatchObject({ token: 'token-canary-2', old: { token: 'token-canary-1' } });
  });

  test('of another hub is not taken', async () => {
    await hub.start();
    identityOf(first);
    const agent = await start();
    await until('it is welcomed', () => agent.linkState === 'streaming');
    hub.send({ kind: 'identity', hubId: 'f'.repeat(32), agentId: 'b'.repeat(32), token: 'token-canary-2' });
    await until('the link ends', () => lines('link.lost').length > 0);
    await stop(agent);
    expect(identityOf()).toEqual(first);
  });
});

test('another identity takes what the spool holds along: the copy of a machine drains under its own name', async () => {
  await hub.start();
  identityOf(first);
  const other = 'b'.repeat(32);
  // As a hub does that was told to split: no welcome, an identity, and a close once it is kept.
  hub.settings.onHello = (connection) => {
    if (connection.hello!.agentId === other) {
      hub.welcome(connection, connection.hello!.streams);
      return;
    }
    const identity = { kind: 'identity', hubId: first.hubId, agentId: other, token: 'token-canary-2' } as const;
    connection.socket.send(encodeMessage(identity));
    connection.socket.on('message', () => connection.socket.close(1012));
  };
  const agent = await start();
  await until('it says hello under its new id', () => hub.connections.some(({ hello }) => hello?.agentId === other));
  await until('ticks are stored', () => hub.storedTicks > 3);
  await stop(agent);

  expect(hub.connections.map(({ bearer }) => bearer)).toEqual(['token-canary-1', 'token-canary-2']);
  const [stream] = [...hub.streams.values()];
  // From the first tick on, also those that were made before.
  expect(stream!.items[0]).toMatchObject({ kind: 'tick', seq: 1 });
  expect(identityOf()).toEqual({ agentId: other, hubId: first.hubId, token: 'token-canary-2', old: null });
  expect(agent.agentId).toBe(other);
});

describe('an agent that is refused', () => {
  test.each([
    ['without a token', null, 401, 'Cannot accept agent: a bearer token is wanted', /make an enrolment token/],
    ['with a token that was revoked', first, 403, 'Cannot accept agent: an admin has revoked it', /allowed again/],
  ])('%s says once why, what the hub said and what to do', async (_, identity, status, said, advice) => {
    await hub.start();
    if (identity !== null) identityOf(identity);
    const body = JSON.stringify({ error: said });
    hub.settings.refuse = () => ({ status, body });
    const agent = await start();
    await until('it is refused', () => lines('link.failed').length > 0);
    await stop(agent);
    expect(lines('link.failed')).toMatchObject([{ said, advice: expect.stringMatching(advice) }]);
    expect(lines('link.failed')[0]!['retryMs']).toBeGreaterThanOrEqual(300_000);
    expect(logged).not.toContain('canary');
  });

  test('as a duplicate keeps its ticks and comes back in a minute', async () => {
    await hub.start();
    identityOf(first);
    hub.settings.onHello = ({ socket }) => socket.close(4409, 'Cannot accept agent: another one is connected');
    const agent = await start();
    await until('it is refused', () => lines('link.failed').length > 0);
    const advice = expect.stringContaining('copied from another one');
    expect(lines('link.failed')).toMatchObject([{ said: expect.stringContaining('another one'), advice }]);
    expect(lines('link.failed')[0]!['retryMs']).toBeGreaterThanOrEqual(60_000);
    await until('ticks are made', () => agent.counters().spool.heldTicks > 2);
    await stop(agent);
    expect(hub.storedTicks).toBe(0);
  });
});

describe('the hub is verified before anything is sent to it', () => {
  const ca = () => {
    writeFileSync(join(folder, 'ca.pem'), authority, { mode: 0o600 });
    return 'ca.pem';
  };

  test.each<[string, () => object, RegExp]>([
    [
      'a key that is not the pinned one',
      () => ({ hubKeyPin: hubPin }),
      /its key is not the one of "hubKeyPin": got sha256\//,
    ],
    ['a certificate that signed itself', () => ({}), /its certificate is signed by itself/],
    ['a certificate that the authority does not vouch for', () => ({ caFile: ca() }), /signed by itself/],
    ['the pinned key, but not of the authority', () => ({ caFile: ca(), hubKeyPin: otherPin }), /signed by itself/],
  ])('%s gets not a byte, and is asked again after minutes', async (_, settings, why) => {
    hub = new FakeHub(otherCertificate);
    await hub.start();
    identityOf(first);
    const agent = await start(settings());
    await until('it is refused', () => lines('link.failed').length > 0);
    await stop(agent);
    expect(lines('link.failed')).toMatchObject([{ reason: expect.stringMatching(why) }]);
    expect(lines('link.failed')[0]!['retryMs']).toBeGreaterThanOrEqual(300_000);
    expect(lines('link.failed')[0]!['advice']).toContain('"caFile" and "hubKeyPin"');
    await hub.stop();
    expect([hub.bytesReceived, hub.connections.length, hub.refusedBearers]).toEqual([0, 0, []]);
  });

  test.each<[string, typeof hubCertificate, () => object]>([
    ['the pinned key, of whatever authority', otherCertificate, () => ({ hubKeyPin: otherPin })],
    ['a certificate of the authority', hubCertificate, () => ({ caFile: ca() })],
    ['both', hubCertificate, () => ({ caFile: ca(), hubKeyPin: hubPin.replace('/', '//') })],
  ])('%s is enough', async (_, certificate, settings) => {
    hub = new FakeHub(certificate);
    await hub.start();
    identityOf(first);
    const agent = await start(settings());
    await until('ticks are stored', () => hub.storedTicks > 0);
    await stop(agent);
    await hub.stop();
    expect(hub.bytesReceived).toBeGreaterThan(0);
    expect(hub.breaches).toEqual([]);
  });
});

test('what the agent keeps of itself is closed to everybody else', async () => {
  await hub.start();
  hub.settings.welcome = { token: 'token-canary-4' };
  const agent = await start(
    { dataFolder: join(folder, 'data') },
    { PULSEWIRE_ENROLMENT_KEY: 'enrol-canary-3-4711-0815' },
  );
  await until('ticks are stored', () => hub.storedTicks > 0);
  const data = join(folder, 'data');
  const files = readdirSync(data).filter((name) => statSync(join(data, name)).isFile());
  expect(files).toContain('spool.sqlite');
  expect(files.map((name) => [name, statSync(join(data, name)).mode & 0o777])).toEqual(
    files.map((name) => [name, 0o600]),
  );
  expect(statSync(data).mode & 0o777).toBe(0o700);
  await stop(agent);
});
