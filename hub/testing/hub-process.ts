/**
 * The hub as people run it: bundled like `dist/`, a process of its own, reached over TCP. One bundle serves all
 * hubs of a test file; it lies in `node_modules`, so that the libraries are found from there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { PostgresConnection } from '../embedded/connection.ts';
import { hubEnvironment } from './database.ts';

const root = resolve(import.meta.dirname, '../..');
const readyMsMax = 120_000;

export interface HubBundle {
  readonly program: string;
  remove(): void;
}

/** The hub's threads and command line, the migrations, and a dashboard of two files. */
export async function buildHub(): Promise<HubBundle> {
  const folder = mkdtempSync(join(root, 'node_modules', '.hub-test-'));
  await build({
    absWorkingDir: root,
    entryPoints: {
      hub: 'hub/main.ts',
      storage: 'hub/storage.ts',
      archive: 'hub/archive.ts',
      tools: 'hub/tools.ts',
      pulsewire: 'cli/pulsewire.ts',
      simulate: 'hub/simulate.ts',
      'simulate-worker': 'hub/simulate-worker.ts',
    },
    outdir: join(folder, 'dist'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  for (const name of ['sql', 'install']) symlinkSync(join(root, name), join(folder, name));
  mkdirSync(join(folder, 'dist/ui/assets'), { recursive: true });
  writeFileSync(join(folder, 'dist/ui/index.html'), '<!doctype html><title>Pulsewire</title>');
  writeFileSync(join(folder, 'dist/ui/assets/app-1a2b.js'), 'export {};');
  writeFileSync(join(folder, 'dist/ui/assets/app-1a2b.js.gz'), gzipSync('export {};'));
  writeFileSync(join(folder, 'dist/secret.txt'), 'not to be served');
  return { program: join(folder, 'dist/pulsewire.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Of every hub here; long enough to be looked for in logs. */
export const enrolmentKey = 'enrolment-key-of-the-tests-4711';

/** Of every hub here: what its tests sign in by. */
export const operatorKey = 'operator-key-of-the-tests-4711-0815';

/** Of a request, or an upgrade. */
export const operatorHeaders = { authorization: `Bearer ${operatorKey}` };

/** As the operator: to a hub that these tests have started. */
export function operatorFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has('authorization')) headers.set('authorization', operatorHeaders.authorization);
  return fetch(url, { ...init, headers });
}

export interface HubOptions {
  readonly bundle: HubBundle;
  /** null: the embedded server, in `dataFolder`. */
  readonly databaseUrl: string | null;
  readonly dataFolder?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

export class HubProcess {
  readonly child: ChildProcess;
  readonly port: number;
  /** For commands that work on the same hub. */
  readonly configFile: string;
  /** Settles with the exit code, or the name of the signal. */
  readonly exited: Promise<number | string>;
  #text = '';

  constructor(child: ChildProcess, place: { readonly port: number; readonly configFile: string }) {
    this.child = child;
    this.port = place.port;
    this.configFile = place.configFile;
    child.stderr!.on('data', (part: Buffer) => {
      this.#text += part.toString();
    });
    this.exited = new Promise((settle) => {
      child.once('close', (code, signal) => settle(code ?? signal ?? 'unknown'));
    });
  }

  /** Everything it has said. */
  get text(): string {
    return this.#text;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits for an answer of `/healthz` with this status. */
  async answers(status = 200): Promise<this> {
    const startedMs = performance.now();
    for (;;) {
      const answer = await fetch(`${this.url}/healthz`).catch(() => null);
      if (answer?.status === status) return this;
      if (!this.isRunning || performance.now() - startedMs > readyMsMax)
        throw new Error(
          `Cannot wait for the hub: /healthz must answer ${status}: got ${answer?.status ?? 'nothing'}\n${this.text}`,
        );
      await delay(50);
    }
  }

  /** A request by REST and its answer in JSON. A `body` of text goes as it is. */
  async ask<B = unknown>(
    method: string,
    path: string,
    body: unknown = null,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ): Promise<{ readonly status: number; readonly body: B }> {
    const answer = await operatorFetch(this.url + path, {
      method,
      headers,
      ...(body === null ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as B };
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.child.kill(signal);
    return await this.exited;
  }
}

/** Starts a hub in a folder of its own; does not wait for it. */
export async function startHub(options: HubOptions): Promise<HubProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'pulsewire-hub-'));
  const port = (options.settings?.['port'] as number | undefined) ?? (await freePort());
  const configFile = join(folder, 'hub.json');
  const dataFolder = options.dataFolder ?? join(folder, 'data');
  writeFileSync(
    configFile,
    JSON.stringify({ port, dataFolder, batchAgeMs: 1_000, flushDelayMs: 50, ...options.settings }),
  );
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PULSEWIRE_ENROLMENT_KEY: enrolmentKey,
    ...{ PULSEWIRE_OPERATOR_KEY: operatorKey },
    ...options.env,
  };
  if (options.databaseUrl !== null) Object.assign(env, await hubEnvironment(options.databaseUrl));
  const args = [options.bundle.program, 'hub', '--config', configFile];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  child.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return new HubProcess(child, { port, configFile });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const { port } = server.address() as { readonly port: number };
  await new Promise((settle) => server.close(settle));
  return port;
}

/** The test database at a TCP address, which can be taken away and given back. */
export class DatabaseGate {
  readonly #connection: PostgresConnection;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  port = 0;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  get url(): string {
    const { username, password, database } = this.#connection;
    return `postgres://${username}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/${database}`;
  }

  async open(): Promise<void> {
    this.port ||= await freePort();
    const server = createServer((socket) => {
      const database = connect(this.#connection.path);
      for (const [from, to] of [
        [socket, database],
        [database, socket],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
    this.#server = server;
    await new Promise<void>((settle) => server.listen(this.port, '127.0.0.1', settle));
  }

  /** Breaks every connection, and takes no more. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    const closed = new Promise((settle) => (server === null ? settle(null) : server.close(settle)));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Sends `text` over a bare socket and gives back what comes until the peer closes, or until `waitMs`. */
export async function exchangeRaw(port: number, text: string | Uint8Array, waitMs = 1_000): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (part) => {
    answer += part.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(text);
  await Promise.race([new Promise((settle) => socket.once('close', settle)), delay(waitMs)]);
  socket.destroy();
  return answer;
}
