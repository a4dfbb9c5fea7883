/** The hub as a process on a network: where it listens, and its certificate from start to renewal. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  type HubBundle,
  type HubProcess,
  operatorHeaders,
  operatorKey,
  startHub,
} from '../testing/hub-process.ts';
import {
  renewedCertificate,
  renewedCertificateKey,
  testCertificate,
  testCertificateKey,
} from '../testing/tls-certificate.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let folder: string;
let hub: HubProcess;
const tls = () => ({ tlsCertFile: join(folder, 'hub.pem'), tlsKeyFile: join(folder, 'hub.key') });

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-network-'));
});

afterAll(async () => {
  if (hub?.isRunning) await hub.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function put(cert: string, key: string): void {
  const keyFile = join(folder, 'hub.key');
  writeFileSync(join(folder, 'hub.pem'), cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  chmodSync(keyFile, 0o600);
}

/** What is answered over TLS, and the name in the certificate that was shown. */
function ask(path: string): Promise<{ readonly name: string; readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: 'localhost', port: hub.port, path, headers: operatorHeaders, agent: false },
        ca: [testCertificate, renewedCertificate],
      },
      (response) => {
        const socket = response.socket as import('node:tls').TLSSocket;
        const name = String(socket.getPeerCertificate().subject.CN);
        let text = '';
        response.on('data', (part: Buffer) => {
          text += part.toString();
        });
        response.on('end', () => resolve({ name, status: response.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

describe('a hub that must not start', () => {
  test.each([
    [
      'beyond this machine without protection',
      () => ({ host: '0.0.0.0' }),
      /tlsCertFile.*trustedProxies.*"allowPlain": true/,
    ],
    [
      'with a key that everybody can read',
      () => {
        put(testCertificate, testCertificateKey);
        chmodSync(join(folder, 'hub.key'), 0o644);
        return { host: '0.0.0.0', ...tls() };
      },
      /chmod 600 .*got mode 0644/,
    ],
  ])('%s says why and ends with 2', async (_, settings, pattern) => {
    const refused = await startHub({ bundle, databaseUrl: gate.url, settings: settings() });
    expect(await refused.exited).toBe(2);
    expect(refused.text).toMatch(pattern);
    expect(refused.text).not.toMatch(/\n {4}at /);
  });
});

test('a hub does not use a key of its own that everybody can read, and tells everybody of one that a group can', async () => {
  const dataFolder = join(folder, 'keys');
  const keyFile = join(dataFolder, 'secret-key');
  mkdirSync(dataFolder, { mode: 0o700 });
  writeFileSync(keyFile, 'a phrase that somebody chose');
  chmodSync(keyFile, 0o644);
  const refused = await startHub({ bundle, databaseUrl: gate.url, dataFolder });
  expect(await refused.exited).toBe(2);
  expect(refused.text).toMatch(/secret-key" must be closed to others \(chmod 600\).*got mode 0644/);
  chmodSync(keyFile, 0o640);
  const warning = await (await startHub({ bundle, databaseUrl: gate.url, dataFolder })).answers();
  expect(warning.text).toContain('secret-key (0640)');
  expect(await (await fetch(`${warning.url}/api/v1/session`)).json()).toMatchObject({ warnings: [{ code: 'keys' }] });
  await warning.stop('SIGKILL');
});

test('a hub that may be read on the way says so, in its log and to everybody', async () => {
  const plain = await startHub({ bundle, databaseUrl: gate.url, settings: { host: '0.0.0.0', allowPlain: true } });
  await plain.answers();
  expect(plain.text).toContain('listening.plain');
  // A stranger is told as well, and what the hub says of itself stays one object a line, whatever strangers send.
  const answer = await fetch(`${plain.url}/api/v1/session`, { headers: { 'user-agent': '"}\\n{"level":"fatal"}' } });
  expect(await answer.json()).toMatchObject({
    warnings: [{ code: 'plain', text: expect.stringContaining('without') }],
  });
  await fetch(`${plain.url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': '"}{"level":"fatal"}' },
    body: JSON.stringify({
      name: 'ann"}\n{"level":"fatal","msg":"forged"}\r\n\u2028\x1b[31m',
      password: 'x'.repeat(20),
    }),
  });
  for (const line of plain.text.split('\n').filter((one) => one.startsWith('{')))
    expect(JSON.parse(line)).toMatchObject({ level: expect.stringMatching(/^(?:info|warn|error)$/) });
  await plain.stop('SIGKILL');
});

describe('a hub with a certificate', () => {
  beforeAll(async () => {
    put(testCertificate, testCertificateKey);
    const dataFolder = join(folder, 'data');
    hub = await startHub({ bundle, databaseUrl: gate.url, dataFolder, settings: { host: '0.0.0.0', ...tls() } });
  });

  test('is at an https address, answers there, and shows when its certificate ends', async () => {
    await expect.poll(() => hub.text, { timeout: 60_000 }).toContain(`https://localhost:${hub.port}/setup#code=`);
    const { status, text } = await ask('/metrics');
    expect(status).toBe(200);
    expect(text).toContain(`pulsewire_hub_certificate_end_seconds ${Date.parse('2126-11-03T02:39:22Z') / 1_000}`);
    expect(text).toMatch(/pulsewire_hub_connections_max 20000/);
    expect(text).toContain('pulsewire_hub_limited_total{limit="agent_messages"} 0');
  });

  test('shows a renewed one soon, without being told', async () => {
    put(renewedCertificate, renewedCertificateKey);
    await expect.poll(async () => (await ask('/healthz')).name, { timeout: 60_000 }).toBe('Pulsewire test, renewed');
    expect((await ask('/metrics')).text).toContain('pulsewire_hub_certificates_renewed_total 1');
  });

  test('is wiped by a command beside it, which knows it by its certificate', async () => {
    const wipe = await runWipe();
    expect(wipe).toMatchObject({
      code: 0,
      text: expect.stringContaining(`Wiping through the hub at https://localhost:${hub.port}`),
    });
  });

  test('goes on with the old one when the new one is wrong, at SIGHUP too, and a command does not take it for its hub', async () => {
    put(testCertificate, renewedCertificateKey);
    hub.child.kill('SIGHUP');
    await expect.poll(() => hub.text, { timeout: 60_000 }).toContain('certificate.refused');
    expect((await ask('/healthz')).name).toBe('Pulsewire test, renewed');
    expect(await runWipe()).toMatchObject({
      code: 2,
      text: expect.stringContaining('must show the certificate in "tlsCertFile": got another'),
    });
    put(testCertificate, testCertificateKey);
    hub.child.kill('SIGHUP');
    await expect.poll(async () => (await ask('/healthz')).name, { timeout: 60_000 }).toBe('Pulsewire test');
    expect(hub.isRunning).toBe(true);
  });
});

/** As somebody at the machine runs it, with the hub's own settings. */
async function runWipe(): Promise<{ readonly code: number | null; readonly text: string }> {
  const configFile = join(folder, 'hub.json');
  writeFileSync(
    configFile,
    JSON.stringify({ port: hub.port, host: '0.0.0.0', dataFolder: join(folder, 'data'), ...tls() }),
  );
  const env = { ...process.env, DATABASE_URL: gate.url, PULSEWIRE_OPERATOR_KEY: operatorKey };
  const child = spawn(process.execPath, [bundle.program, 'wipe', '--yes', '--config', configFile], { env });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      text += part.toString();
    });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, text };
}
