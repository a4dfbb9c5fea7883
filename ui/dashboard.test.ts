import { describe, expect, test } from 'vitest';
import { decodeFromViewer, encodeMessage } from '#core/codec.ts';
import type { AlertRow, HostRow, ToViewer } from '#core/message.ts';
import { HubClient } from './api/client.ts';
import type { PolledFleet } from './api/fleet.ts';
import { Dashboard } from './dashboard.ts';
import { SessionBook } from './live/session-book.ts';
import { overviewKeys } from './model/overview/metrics.ts';

const startMs = 1_000_000;
/** The hub's clock is ahead of the browser's by an hour. */
const aheadMs = 3_600_000;

function row(hostId: number, name: string, change: Partial<HostRow> = {}): HostRow {
  return {
    hostId,
    name,
    alias: '',
    state: 'up',
    intervalMs: 1_000,
    lastMs: 0,
    downtimeUntilMs: 0,
    tags: {},
    facts: {},
    ...change,
  };
}

const firing: AlertRow = {
  ruleId: 1,
  hostId: 1,
  series: '',
  phase: 'firing',
  alertId: 5,
  ruleName: 'Host down',
  severity: 'critical',
  cause: 'hostDown',
  sinceMs: startMs,
  value: null,
  message: '',
  decision: 'told',
  isAcknowledged: false,
};

function dashboardUnderTest(
  polled: PolledFleet | 'failed' = 'failed',
  answers: Readonly<Record<string, unknown>> = {},
) {
  let nowMs = startMs;
  const sockets: {
    onopen?: () => void;
    onmessage?: (event: { data: unknown }) => void;
    onclose?: (event: { code: number }) => void;
    sent: Uint8Array[];
  }[] = [];
  const works: Promise<void>[] = [];
  const dashboard = new Dashboard({
    url: 'ws://hub/live',
    session: new SessionBook(),
    openSocket: () => {
      const socket = {
        sent: [] as Uint8Array[],
        send: (bytes: Uint8Array) => socket.sent.push(bytes),
        close: () => {},
      };
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    nowMs: () => nowMs,
    random: () => 0.5,
    after: () => () => {},
    client: new HubClient(async (path) => {
      const answer = answers[String(path)];
      return answer === undefined ? new Response('', { status: 503 }) : Response.json(answer);
    }),
    api: { readFleet: async () => polled, readStorage: async () => 'failed' },
    inflate: async (bytes) => bytes,
    background: (work) => works.push(work),
  });
  const say = (message: ToViewer) =>
    sockets.at(-1)!.onmessage?.({ data: Uint8Array.from(encodeMessage(message)).buffer });
  return {
    dashboard,
    sockets,
    say,
    sayStatus(hostCount: number) {
      say({
        kind: 'status',
        nowMs: nowMs + aheadMs,
        storage: 'stored',
        unstoredMs: 0,
        hostCount,
        connectedCount: 0,
        viewerCount: 1,
        samplesPerSec: 7,
        newestMs: 0,
        pulse: null,
      });
    },
    sayOverview(hostId: number, timeMs: number) {
      const bytes = (array: Uint32Array | Float32Array | Float64Array) => new Uint8Array(array.buffer);
      const values = bytes(new Float32Array(overviewKeys.length).fill(5));
      say({
        kind: 'overview',
        nowMs: nowMs + aheadMs,
        hostIds: bytes(Uint32Array.of(hostId)),
        timesMs: bytes(Float64Array.of(timeMs)),
        values,
      });
    },
    wants: () => sockets.at(-1)!.sent.map((bytes) => decodeFromViewer(bytes)),
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second += 1) {
        nowMs += 1_000;
        dashboard.second();
        await Promise.all(works);
      }
    },
    hubMs: () => nowMs + aheadMs,
  };
}

describe('Dashboard', () => {
  test('measures the age of data on the clock of the hub, and lets it rise when nothing comes', async () => {
    const { dashboard, sockets, say, sayStatus, sayOverview, hubMs, pass } = dashboardUnderTest();
    dashboard.start();
    sockets[0]!.onopen?.();
    sayStatus(1);
    say({ kind: 'hosts', hosts: [row(1, 'a')], removed: [] });
    sayOverview(1, hubMs() - 300);
    await pass(1);
    expect(dashboard.fleetView.pill).toBe('live · 0.3\u202fs');
    await pass(1);
    expect(dashboard.fleetView.pill).toBe('live · 2.3\u202fs');
  });

  test('knows an empty fleet from one that has not been told yet', () => {
    const { dashboard, sockets, sayStatus } = dashboardUnderTest();
    dashboard.start();
    expect(dashboard.isComplete).toBe(false);
    sockets[0]!.onopen?.();
    sayStatus(0);
    expect(dashboard.isComplete).toBe(true);
  });

  test('subscribes to an open host as soon as its id is known, and once', () => {
    const { dashboard, sockets, say, wants } = dashboardUnderTest();
    dashboard.start();
    sockets[0]!.onopen?.();
    const open = dashboard.open('a');
    say({ kind: 'hosts', hosts: [row(9, 'a')], removed: [] });
    say({ kind: 'hosts', hosts: [row(9, 'a', { state: 'stale' })], removed: [] });
    dashboard.close(open);
    expect(wants().map(({ kind }) => kind)).toEqual(['subscribe', 'unsubscribe']);
  });

  test('forgets hosts that the hub no longer names after a reconnect', () => {
    const { dashboard, sockets, say, sayStatus } = dashboardUnderTest();
    dashboard.start();
    sockets[0]!.onopen?.();
    say({ kind: 'hosts', hosts: [row(1, 'a'), row(2, 'b')], removed: [] });
    sayStatus(2);
    sockets[0]!.onclose?.({ code: 1006 });
    dashboard.retry();
    sockets[1]!.onopen?.();
    say({ kind: 'hosts', hosts: [row(2, 'b')], removed: [] });
    sayStatus(1);
    expect(dashboard.fleet.hosts.map(({ name }) => name)).toEqual(['b']);
  });

  test('leaves a hub whose layout is none', () => {
    const { dashboard, sockets, say } = dashboardUnderTest();
    dashboard.start();
    sockets[0]!.onopen?.();
    say({ kind: 'layout', layoutId: '0011223344556677', page: 0, pageCount: 1, bytes: new Uint8Array([1]) });
    dashboard.retry();
    expect(sockets).toHaveLength(2);
  });

  test('polls after three seconds without a socket, and says so', async () => {
    const polled: PolledFleet = {
      hosts: new Map([['a', { id: 1, ...row(1, 'a', { lastMs: startMs + 3_000 }) }]]),
      latest: new Map([['a', { timeMs: startMs + 3_000, values: new Map([['cpu_used_percent', 40]]) }]]),
      alerts: [{ ...firing, hostId: 1 }],
      hubMs: null,
    };
    const series = [{ key: 'cpu_used_percent', unit: 'percent', kind: 'gauge', interval: 1, value: 40 }];
    const process = { pid: 7, name: 'postgres', user: 'pg', cpu_percent: 12, memory_bytes: 9 };
    const { dashboard, sockets, pass } = dashboardUnderTest(polled, {
      '/api/v1/hosts/a/series': { interval: 1, time: startMs / 1_000 + 3, source: 'memory', series },
      '/api/v1/hosts/a/processes': { time: startMs / 1_000 + 2, processes: [process] },
    });
    dashboard.start();
    const open = dashboard.open('a');
    sockets[0]!.onclose?.({ code: 1006 });
    await pass(2);
    expect([dashboard.fleetView.state, dashboard.isComplete]).toEqual(['connecting', false]);
    await pass(2);
    expect([dashboard.fleetView.state, dashboard.fleet.byName('a')?.spark.newest(0)]).toEqual(['polling', 40]);
    expect(dashboard.alerts.worstOf(dashboard.fleet.byName('a')!.id)).toBe('critical');
    expect([open.stream.ring.newest('cpu_used_percent'), open.stream.ring.layout?.series[0]?.unit]).toEqual([
      40,
      'percent',
    ]);
    expect(open.processes).toEqual({
      ...{ kind: 'processes', hostId: 1, atMs: startMs + 2_000 },
      processes: [{ pid: 7, name: 'postgres', user: 'pg', cpuPercent: 12, memoryBytes: 9 }],
    });
  });

  test('is lost when polling fails too, and keeps a stroke for each second', async () => {
    const { dashboard, sockets, pass } = dashboardUnderTest('failed');
    dashboard.start();
    sockets[0]!.onclose?.({ code: 1006 });
    await pass(5);
    expect([dashboard.fleetView.state, dashboard.wire]).toEqual(['lost', [null, null, null, null, null]]);
  });
});
