/**
 * The built hub with the PostgreSQL inside it, real and simulated agents and history, for browser tests: everything as
 * people run it, each in a process of its own. One serves all tests of a file; starting takes a second and a half.
 *
 *     const hub = await RealHub.start();                       // in beforeAll; `close()` in afterAll
 *     await hub.startAgent({ name: 'web-01', tags: { role: 'web' } });
 *     await hub.simulate({ hosts: 3, days: 7, perHour: 60 });   // host_0 …: history up to now
 *     await hub.simulateLive({ hosts: 3 });                     // the same hosts, and they go on
 *     await hub.ask('POST', '/api/v1/rules', { … });
 *
 * The folder lies where the account that PostgreSQL runs under can reach it; `close` removes it.
 */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningSeed } from '#core/simulated/running-seed.ts';
import { buildDashboard } from './build.ts';
import { operatorKey, Program } from './program.ts';

export interface RealHubOptions {
  /** Settings of the hub beside those of every test. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether it is left without an admin, as at its first run; `cookie` is then nobody's. */
  readonly isUnclaimed?: boolean;
}

export interface AgentOptions {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly intervalMs?: number;
  /** Custom metrics: file name (with its extension) to what is in the file. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** An enrolment token; the key of the hub when absent. */
  readonly enrolmentToken?: string;
  /** Settings of the agent beside those of every test. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export interface SimulateOptions {
  /** host_0 and up. */
  readonly hosts: number;
  /** Days of history up to now. */
  readonly days: number;
  /** Ticks per hour. */
  readonly perHour: number;
}

/** By which somebody signs in to the hub of a test. */
export interface TestPerson {
  readonly name: string;
  readonly role: 'viewer' | 'editor' | 'admin';
  readonly password: string;
}

const ann: TestPerson = { name: 'Ann', role: 'admin', password: 'a password of browser tests' };

/** What a browser sends of somebody who has signed in. */
export interface SessionCookie {
  readonly name: string;
  readonly value: string;
  readonly url: string;
}

export interface Answer<B> {
  readonly status: number;
  readonly body: B;
}

/** A script whose metric follows a file, so that a test decides what it measures. */
export function valueScript(metric: string, valueFile: string): string {
  return `import { readFileSync } from 'node:fs';
export const everyMs = 0;
export const collect = () => ({ ${metric}: Number(readFileSync(${JSON.stringify(valueFile)}, 'utf8')) });
`;
}

export class RealHub {
  readonly port: number;
  /** For whatever a test wants to keep; gone after `close`. */
  readonly folder: string;
  readonly #configFile: string;
  readonly #dataFolder: string;
  readonly #programs: Program[] = [];
  #hub: Program | null = null;
  #agentCount = 0;
  /** Of the simulated hosts, which are one fleet; null before the first. */
  #seed: number | null = null;
  #cookie: SessionCookie | null = null;

  /** Not started: see `start`. */
  constructor(port: number, folder: string) {
    this.port = port;
    this.folder = folder;
    this.#configFile = join(folder, 'hub.json');
    this.#dataFolder = join(folder, 'data');
  }

  /** Builds what has changed, starts a hub on an empty database and waits until it answers. */
  static async start(options: RealHubOptions = {}): Promise<RealHub> {
    await buildDashboard();
    const folder = mkdtempSync(join(tmpdir(), 'pulsewire-ui-'));
    chmodSync(folder, 0o755);
    const hub = new RealHub(await freePort(), folder);
    const settings = { host: '127.0.0.1', port: hub.port, dataFolder: hub.#dataFolder, ...options.settings };
    writeFileSync(hub.#configFile, JSON.stringify(settings));
    process.once('exit', hub.#killPostmaster);
    await hub.startAgain();
    if (options.isUnclaimed !== true) hub.#cookie = await hub.signIn();
    return hub;
  }

  /** Of Ann, an admin, who has signed in: "newPage" gives it to its page. */
  get cookie(): SessionCookie {
    if (this.#cookie === null) throw new Error('Cannot show pages: the hub must have been started');
    return this.#cookie;
  }

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The address of the dashboard. */
  get dashboard(): string {
    return `${this.url}/dashboard`;
  }

  /** What the hub has said since it was started last, JSON lines. */
  get log(): string {
    return this.#hub?.text ?? '';
  }

  /** A request by REST and its answer in JSON; null for an answer without a body. */
  async ask<B = unknown>(method: string, path: string, body: unknown = null): Promise<Answer<B>> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${operatorKey}` },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as B };
  }

  /** Makes this person, unless there is one of the name, and signs them in: what their browser then sends. Ann, an admin, by default. */
  async signIn(person: TestPerson = ann): Promise<SessionCookie> {
    const known = await this.ask<readonly { readonly name: string }[]>('GET', '/api/v1/people');
    if (!known.body.some(({ name }) => name === person.name)) {
      const made = await this.ask('POST', '/api/v1/people', person);
      if (made.status !== 201) throw new Error(`Cannot make ${person.name}: got ${JSON.stringify(made)}`);
    }
    const { name, password } = person;
    const answer = await fetch(`${this.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password }),
    });
    const cookie = /^([^=;]+)=([^;]+)/.exec(answer.headers.get('set-cookie') ?? '');
    if (cookie === null) throw new Error(`Cannot sign in: got ${answer.status} ${await answer.text()}`);
    return { name: cookie[1]!, value: cookie[2]!, url: this.url };
  }

  /** Asks until the answer is as wanted, and gives it. */
  async askUntil<B>(path: string, isWanted: (body: B) => boolean): Promise<B> {
    let found: B | null = null;
    await this.#running().until(`the answer of ${path}`, async () => {
      const { body } = await this.ask<B>('GET', path);
      if (isWanted(body)) found = body;
      return found !== null;
    });
    return found!;
  }

  /** Starts the built agent on this machine and waits until the hub has its first tick. */
  async startAgent(options: AgentOptions): Promise<Program> {
    const { name, tags = {}, intervalMs = 1_000, scripts = {}, enrolmentToken } = options;
    this.#agentCount += 1;
    const folder = join(this.folder, `agent-${this.#agentCount}`);
    const metricsFolder = join(folder, 'metrics');
    mkdirSync(metricsFolder, { recursive: true });
    for (const [file, text] of Object.entries(scripts))
      writeFileSync(join(metricsFolder, file), text, { mode: file.endsWith('.mjs') ? 0o644 : 0o755 });
    const configFile = join(folder, 'agent.json');
    const settings = { hubUrl: this.url, name, tags, intervalMs, dataFolder: join(folder, 'data'), metricsFolder };
    const enrolmentKeyFile = join(folder, 'token');
    if (enrolmentToken !== undefined) writeFileSync(enrolmentKeyFile, enrolmentToken, { mode: 0o600 });
    const more = { ...options.settings, ...(enrolmentToken === undefined ? {} : { enrolmentKeyFile }) };
    writeFileSync(configFile, JSON.stringify({ ...settings, ...more }));
    const agent = this.#run(['agent', '--config', configFile]);
    await agent.until(`the first tick of ${name}`, async () => {
      const { body } = await this.ask<Record<string, unknown>>('GET', '/fetch/latest');
      return body[name] !== undefined;
    });
    return agent;
  }

  /** Writes history of made-up hosts, and resolves when all of it is stored. */
  async simulate(options: SimulateOptions): Promise<void> {
    const simulate = this.#run(this.#simulateArguments(options));
    await simulate.exited;
    if (simulate.exitCode !== 0) throw new Error(`Cannot simulate: it must end well: got\n${simulate.text}`);
  }

  /** Made-up hosts that go on after their history (none by default), until their program is stopped. Resolves when all are up. */
  async simulateLive(options: { readonly hosts: number } & Partial<SimulateOptions>): Promise<Program> {
    const { hosts, days = 0, perHour = 60 } = options;
    const program = this.#run([...this.#simulateArguments({ hosts, days, perHour }), '--live']);
    await program.until(`${hosts} simulated hosts that are up`, async () => {
      const { body } = await this.ask<Record<string, { status: string }>>('GET', '/fetch/hosts');
      const simulated = Object.entries(body).filter(([name, { status }]) => /^host_\d+$/.test(name) && status === 'up');
      return simulated.length >= hosts;
    });
    return program;
  }

  /** As a crash: PostgreSQL goes on, and nothing is said to anybody. */
  async kill(): Promise<void> {
    await this.#running().stop('SIGKILL');
  }

  /** Starts the hub on the same data and port, and waits until it answers. */
  async startAgain(): Promise<void> {
    const hub = this.#run(['hub', '--config', this.#configFile]);
    this.#hub = hub;
    await hub.until('an answer of /healthz', async () => {
      const answer = await fetch(`${this.url}/healthz`).catch(() => null);
      await answer?.arrayBuffer();
      return answer?.status === 200;
    });
  }

  /** Kills PostgreSQL and keeps it from coming back until `releaseDatabase`. Resolves when the hub says that it is away. */
  async holdDatabase(): Promise<void> {
    renameSync(this.#controlFile, `${this.#controlFile}.held`);
    this.#killPostmaster();
    await this.#running().until('a database that is away', () => this.#storageIs('away'));
  }

  /** Lets it come back; the hub starts it when it tries again. Resolves when it stores. */
  async releaseDatabase(): Promise<void> {
    renameSync(`${this.#controlFile}.held`, this.#controlFile);
    await this.#running().until('a database that stores', () => this.#storageIs('stored'));
  }

  /** Ends every process that was started, and removes the folder. Safe after `kill` and after a test that failed. */
  async close(): Promise<void> {
    const others = this.#programs.filter((program) => program !== this.#hub);
    // Their good order is of no interest to a test, and would wait for a hub that may be gone.
    await Promise.all(others.map((program) => program.stop('SIGKILL')));
    await this.#hub?.stop();
    this.#killPostmaster();
    process.off('exit', this.#killPostmaster);
    // A postmaster that was killed may still be ending its children, which write.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  #run(args: readonly string[]): Program {
    const program = new Program(args);
    this.#programs.push(program);
    return program;
  }

  #running(): Program {
    if (this.#hub?.isRunning !== true) throw new Error('Cannot go on: the hub must be running: got none');
    return this.#hub;
  }

  #simulateArguments({ hosts, days, perHour }: SimulateOptions): readonly string[] {
    // The same each time: hosts that are there already are asked for as they were.
    this.#seed ??= runningSeed(hosts, Date.now());
    const flags = { hosts, days, 'per-hour': perHour, seed: this.#seed };
    const given = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return ['simulate', ...given, '--yes', '--config', this.#configFile];
  }

  get #clusterFolder(): string {
    return join(this.#dataFolder, 'postgresql', 'cluster');
  }

  /** Without it no PostgreSQL starts. */
  get #controlFile(): string {
    return join(this.#clusterFolder, 'global', 'pg_control');
  }

  async #storageIs(wanted: string): Promise<boolean> {
    const answer = await fetch(`${this.url}/healthz`);
    const { storage } = (await answer.json()) as { readonly storage: string };
    return storage === wanted;
  }

  readonly #killPostmaster = () => {
    try {
      const pid = Number(readFileSync(join(this.#clusterFolder, 'postmaster.pid'), 'utf8').split('\n')[0]);
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // Stopped in good order (no file), or not come back yet from the last time (no such process).
      if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')))
        throw error;
    }
  };
}

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const address = server.address();
  await new Promise((settle) => server.close(settle));
  if (address === null || typeof address === 'string') throw new Error('a server that listens has an address');
  return address.port;
}
