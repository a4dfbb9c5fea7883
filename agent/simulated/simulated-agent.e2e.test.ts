/** A simulated agent against a hub of the test's own, over real sockets. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { simulatedSeries } from '#core/simulated/curves.ts';
import { SimulatedHost } from '#core/simulated/simulated-host.ts';
import { phaseMs } from '#core/time.ts';
import { FakeHub } from '../testing/fake-hub.ts';
import { until } from '../testing/until.ts';
import { SimulatedAgent } from './simulated-agent.ts';

const agentId = 'c'.repeat(32);
const host = new SimulatedHost(1, 3);
/** An hour in which the host runs, and an instant at which it goes down. */
const upMs = firstMs((timeMs) => host.isUpAt(timeMs) && host.isUpAt(timeMs + 3_600_000));
const downMs = firstMs((timeMs) => !host.isUpAt(timeMs));

let hub: FakeHub;
let agent: SimulatedAgent | null;
/** The wall clock of the agent less that of this machine. */
let offsetMs: number;

function firstMs(isWanted: (timeMs: number) => boolean): number {
  for (let timeMs = Date.UTC(2026, 10, 2); ; timeMs += 30_000) if (isWanted(timeMs)) return timeMs;
}

function start(): SimulatedAgent {
  offsetMs = upMs - Date.now();
  agent = new SimulatedAgent({
    ...{ fleetSeed: 1, index: 3, agentId, hubUrl: `${hub.url}/agent`, enrolmentKey: 'enrol-me', intervalMs: 100 },
    agentVersion: '1.2.3',
    log: { info: () => undefined, warn: () => undefined },
    nowWallMs: () => Date.now() + offsetMs,
    random: () => 0.01,
  });
  agent.check();
  return agent;
}

beforeEach(async () => {
  hub = new FakeHub();
  hub.settings.welcome = { token: 'token-of-host-3' };
  await hub.start();
});

afterEach(async () => {
  await agent?.stop();
  agent = null;
  await hub.stop();
});

test('enrols with the key, then sends the curves of its host at its phase', async () => {
  const running = start();
  await until('ticks are stored', () => hub.storedTicks >= 5);

  expect(hub.last.bearer).toBe('enrol-me');
  expect(hub.messages('hello')[0]).toMatchObject({ agentId, hostName: 'host_3', tags: host.nature.tags });
  const [stream] = hub.streams.values();
  const ticks = stream!.items.flatMap((item) => (item.kind === 'tick' ? [item] : []));
  expect(hub.layouts.get(ticks[0]!.layoutId)!.series).toEqual(simulatedSeries);
  for (const { timeMs, column } of ticks) {
    expect(timeMs % 100).toBe(phaseMs(agentId, 100));
    expect([...new Float64Array(column.slice().buffer)]).toEqual([...(host.columnAt(timeMs) ?? [])]);
  }
  expect(running.linkState).toBe('streaming');
  expect(hub.breaches).toEqual([]);
});

test('connects again by itself, with its token, and sends what was not stored', async () => {
  start();
  await until('ticks are stored', () => hub.storedTicks >= 3);
  hub.settings.acks = false;
  await until('ticks wait', () => agent!.tickCount >= 8);
  hub.settings.acks = true;
  hub.cut();
  await until('it is back', () => hub.connections.length === 2 && hub.storedTicks >= 12);

  expect(hub.last.bearer).toBe('token-of-host-3');
  expect(hub.streams.size).toBe(1);
  expect(hub.breaches).toEqual([]);
});

test('says nothing while its host is down, and begins a new stream when it is up again', async () => {
  const running = start();
  await until('ticks are stored', () => hub.storedTicks >= 2);
  offsetMs = downMs - Date.now();
  running.check();
  await until('the connection ends', () => hub.last.socket.readyState === hub.last.socket.CLOSED);
  expect(running.linkState).toBe(null);
  const { tickCount } = running;

  offsetMs = upMs + 600_000 - Date.now();
  running.check();
  await until('a second stream is there', () => hub.streams.size === 2 && running.tickCount > tickCount);
});

test('stop() says goodbye', async () => {
  start();
  await until('ticks are stored', () => hub.storedTicks >= 2);
  await agent!.stop();
  expect(hub.messages('bye')).toHaveLength(1);
});
