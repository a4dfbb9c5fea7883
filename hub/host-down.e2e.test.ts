/** Hosts that go, as people run the hub: sockets that break, goodbyes, laptops, hosts that fall silent, a hub that is killed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeLayout } from '#core/series.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  type HubBundle,
  type HubProcess,
  startHub,
} from './testing/hub-process.ts';
import { offerOf, TestAgent } from './testing/test-agent.ts';
import { column, gauges } from './testing/ticks.ts';

const layout = gauges(['load']);
/** Nothing is an outage before: `hub/alerting/presence.ts`. */
const protectedMs = 60_000;
const patience = { timeout: 20_000, interval: 100 };

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;
/** Another hub on the same database, which none of the agents uses. */
let twin: HubProcess;
const machines: Machine[] = [];

/** A machine whose agent sends its load each second as long as it is connected. */
class Machine {
  readonly name: string;
  readonly #identity: { readonly agentId: string; readonly machineId: string };
  readonly #facts: Record<string, string>;
  #token = enrolmentKey;
  #agent: TestAgent | null = null;
  #runs = 0;
  #seq = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string, facts: Record<string, string> = {}) {
    this.name = name;
    const id = (machines.length + 1).toString(16).padStart(32, '0');
    this.#identity = { agentId: id, machineId: id };
    this.#facts = facts;
    machines.push(this);
  }

  /** A new run of the agent. */
  async start(): Promise<void> {
    this.#runs += 1;
    this.#seq = 0;
    const agent = new TestAgent(hub.url, this.#token);
    this.#agent = agent;
    const epoch = (machines.indexOf(this) * 100 + this.#runs).toString(16).padStart(32, 'e');
    const hello = { ...this.#identity, hostName: this.name, facts: this.#facts, streams: [offerOf(epoch)] };
    const { token, streams } = await agent.greet(hello);
    this.#token = token ?? this.#token;
    const { ordinal } = streams![0]!;
    await agent.send({ kind: 'layout', layoutId: layout.id, page: 0, pageCount: 1, bytes: encodeLayout(layout) });
    this.#timer = setInterval(() => {
      this.#seq += 1;
      const tick = { ordinal, seq: this.#seq, layoutId: layout.id, timeMs: Date.now(), column: column([1]) };
      void agent.send({ kind: 'frame', ...tick });
    }, 1_000);
  }

  /** Connected, but without ticks. */
  hang(): void {
    clearInterval(this.#timer);
  }

  async bye(): Promise<void> {
    this.hang();
    await this.#agent!.send({ kind: 'bye' });
    this.#agent!.socket.close();
  }

  crash(): void {
    this.hang();
    this.#agent?.close();
  }
}

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  await start();
});

afterAll(async () => {
  for (const machine of machines) machine.crash();
  for (const one of [hub, twin]) if (one?.isRunning) await one.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
});

async function start(): Promise<void> {
  const port = hub === undefined ? {} : { port: hub.port };
  hub = await startHub({ bundle, databaseUrl: gate.url, settings: { batchAgeMs: 200, ...port } });
  await hub.answers();
}

/** "laptop host_down firing", by name. */
async function alerts(): Promise<string[]> {
  const rows = await database.sql<{ text: string }[]>`
    select h.name || ' ' || a.cause || case when a.resolved_at is null then ' firing' else ' resolved' end as text
    from alert a left join host h on h.id = a.host order by h.name, a.id`;
  return rows.map(({ text }) => text);
}

function delay(ms: number): Promise<void> {
  return new Promise((settle) => {
    setTimeout(settle, ms);
  });
}

describe('hosts that go', () => {
  test('are told of when nobody had said so and they do not come back, and stay so over a kill of the hub, for every hub', async () => {
    const startedMs = performance.now();
    const [steady, crashed, restarted, stopped, laptop, hung] = [
      new Machine('steady'),
      new Machine('crashed'),
      new Machine('restarted'),
      new Machine('stopped'),
      new Machine('laptop', { chassis: 'portable' }),
      new Machine('hung'),
    ] as const;
    for (const machine of machines) await machine.start();
    await delay(2_000);
    twin = await startHub({ bundle, databaseUrl: gate.url });
    await twin.answers();
    const twinMs = performance.now();
    await delay(protectedMs - 25_000 - (performance.now() - startedMs));
    hung.hang();
    await stopped.bye();
    laptop.crash();
    await delay(protectedMs + 2_000 - (performance.now() - startedMs));
    expect(await alerts()).toEqual([]);
    restarted.crash();
    crashed.crash();
    const crashedMs = performance.now();
    await delay(7_000);
    await restarted.start();
    await expect.poll(alerts, patience).toContain('crashed host_down firing');
    expect(performance.now() - crashedMs).toBeGreaterThan(9_900);
    await expect.poll(alerts, patience).toEqual(['crashed host_down firing', 'hung host_down firing']);

    await hub.stop('SIGKILL');
    await start();
    steady.crash();
    await steady.start();
    await restarted.start();
    await crashed.start();
    const told = ['crashed host_down resolved', 'hung host_down firing'];
    await expect.poll(alerts, patience).toEqual(told);
    // By now the other hub would have missed those that were never there.
    await delay(protectedMs + 5_000 - (performance.now() - twinMs));
    expect(await alerts()).toEqual(told);
  });
});
