/**
 * A hub that tells a webhook, with a database that can be taken away, and agents of one series: what end-to-end tests of
 * alerts share.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { encodeLayout } from '#core/series.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  freePort,
  type HubBundle,
  type HubProcess,
  operatorFetch,
  startHub,
} from '../hub-process.ts';
import { offerOf, TestAgent } from '../test-agent.ts';
import { column, gauges } from '../ticks.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

/** A test that waits for a transition does not want to wait for a second. */
const tickMs = 200;
const layout = gauges(['load'], { intervalMs: tickMs });

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One host whose value the test sets; it ticks by itself. */
export class SiteAgent {
  readonly hostName: string;
  value = 0;
  readonly #site: AlertSite;
  readonly #agentId: string;
  #agent: TestAgent | null = null;
  #timer: NodeJS.Timeout | null = null;
  #token: string | null = null;
  #run = 0;

  constructor(site: AlertSite, hostName: string, index: number) {
    this.#site = site;
    this.hostName = hostName;
    this.#agentId = index.toString(16).padStart(32, '0');
  }

  /** A new run: connects, and ticks from then on. */
  async connect(): Promise<void> {
    this.#run += 1;
    const epoch = `${this.#run.toString(16).padStart(8, '0')}${this.#agentId.slice(8)}`;
    const agent = new TestAgent(this.#site.hub.url, this.#token ?? enrolmentKey);
    this.#agent = agent;
    const { hostName } = this;
    const identity = { agentId: this.#agentId, machineId: this.#agentId, hostName, streams: [offerOf(epoch)] };
    const welcome = await agent.greet(identity);
    this.#token = welcome.token ?? this.#token;
    const { ordinal } = welcome.streams!.find((stream) => stream.epoch === epoch)!;
    await agent.send({ kind: 'layout', layoutId: layout.id, page: 0, pageCount: 1, bytes: encodeLayout(layout) });
    let seq = 0;
    let timeMs = Date.now();
    this.#timer = setInterval(() => {
      while (timeMs + tickMs <= Date.now()) {
        seq += 1;
        timeMs += tickMs;
        const frame = { ordinal, seq, layoutId: layout.id, timeMs, column: column([this.value]) };
        void agent.send({ kind: 'frame', ...frame });
      }
    }, tickMs);
  }

  /** Without a word. */
  disconnect(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#agent?.close();
    this.#agent = null;
  }
}

export class AlertSite {
  readonly receiver = new WebhookReceiver();
  hub!: HubProcess;
  #bundle!: HubBundle;
  #database!: TestDatabase & { drop(): Promise<void> };
  gate!: DatabaseGate;
  #port = 0;
  #agents: SiteAgent[] = [];
  #settings: Readonly<Record<string, unknown>> = {};

  async start(settings: Readonly<Record<string, unknown>> = {}): Promise<this> {
    this.#bundle = await buildHub();
    this.#database = await createTestDatabase();
    this.gate = new DatabaseGate(this.#database.connection);
    await this.gate.open();
    await this.receiver.start();
    this.#port = await freePort();
    this.#settings = { noticeWaitMs: 50, noticeIntervalMs: 0, internalTargets: [this.receiver.target], ...settings };
    await this.startHub();
    return this;
  }

  get sql() {
    return this.#database.sql;
  }

  async startHub(): Promise<void> {
    const settings = { port: this.#port, batchAgeMs: 200, ...this.#settings };
    this.hub = await startHub({
      bundle: this.#bundle,
      databaseUrl: this.gate.url,
      settings,
      // The key of secrets would else be in a data folder of each hub's own.
      env: { PULSEWIRE_SECRET_KEY: 'a key of the tests, long enough' },
    });
    await this.hub.answers();
    // Rules and channels are read a moment later.
    while ((await this.ask('GET', '/api/v1/rules')).status !== 200) await delay(20);
  }

  async stop(): Promise<void> {
    for (const agent of this.#agents) agent.disconnect();
    if (this.hub?.isRunning) await this.hub.stop('SIGKILL');
    this.receiver.stop();
    await this.gate?.close();
    await this.#database?.drop();
    this.#bundle?.remove();
  }

  async addAgent(hostName: string): Promise<SiteAgent> {
    const agent = new SiteAgent(this, hostName, this.#agents.length + 1);
    this.#agents.push(agent);
    await agent.connect();
    return agent;
  }

  async ask(method: string, path: string, body: unknown = null): Promise<Answer> {
    const answer = await operatorFetch(this.hub.url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** Asks, and throws unless the answer is of this status. */
  async get<T>(method: string, path: string, body: unknown = null): Promise<T> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300)
      throw new Error(`Cannot ${method} ${path}: got ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }
}
