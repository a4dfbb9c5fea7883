/**
 * A hub for browser tests and for looking at pages: serves the built dashboard, speaks the live protocol and the
 * polled REST answers, over seeded data that moves each second. It can be told to misbehave as a real one might.
 *
 * It keeps to the wire by using the real codec and the real block; what it does not have is agents and a database.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { type WebSocket, WebSocketServer } from 'ws';
import { BlockEncoder, joinBlock } from '#core/block.ts';
import { decodeFromViewer, encodeMessage } from '#core/codec.ts';
import { alertRowsMax } from '#core/limits.ts';
import {
  type Alert,
  type AlertRow,
  type FromViewer,
  type StorageState,
  type ToViewer,
  viewerSubprotocol,
  type Watch,
} from '#core/message.ts';
import { contentSecurityPolicy } from '#core/page-policy.ts';
import { encodeLayout } from '#core/series.ts';
import { createFakeFleet, type FakeHost, fakeProcesses, fakeTick } from './fake-fleet.ts';
import { fakeStorage } from './fake-storage.ts';

const distFolder = fileURLToPath(new URL('../../dist/ui/', import.meta.url));
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const snapshotTicks = 60;
/** As the real one: a larger message is refused by the page. */
const overviewPageHosts = 500;
const epochOrdinal = 3;

/** Of somebody who is signed in; null: of a stranger. */
export function fakeSession(role: 'viewer' | 'editor' | 'admin' | null): Readonly<Record<string, unknown>> {
  const actor = role === null ? { kind: 'anonymous', name: '', role } : { kind: 'person', name: 'Mira Kovac', role };
  return { actor, csrf: role === null ? null : 'c', setup: 'done', can_read: role !== null, warnings: [] };
}

export interface FakeHubOptions {
  readonly hostCount: number;
  readonly seed?: number;
  /** 0 for any. */
  readonly port?: number;
  /** Its clock against the real one, to show that the browser's does not matter. */
  readonly clockOffsetMs?: number;
}

interface Viewer {
  readonly socket: WebSocket;
  watch: Omit<Watch, 'kind'> | null;
  /** Hosts whose past it has been sent. */
  seen: Set<number>;
  readonly hostIds: Set<number>;
  readonly layoutIds: Set<string>;
}

export class FakeHub {
  readonly #options: FakeHubOptions;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #viewers = new Set<Viewer>();
  readonly #blocks = new BlockEncoder();
  readonly hosts: FakeHost[];
  #timer: NodeJS.Timeout | null = null;
  #isSilent = false;
  #refusesSockets = false;
  #refusesRest = false;
  /** Whether its database is near its bound and its disk nearly full. */
  isShort = false;
  /** Answer of `/api/v1/session`: who looks. */
  session: Readonly<Record<string, unknown>> = fakeSession('admin');
  #alerts: readonly AlertRow[] = [];
  /** Ids of the hosts in the newest watch of any viewer, null for all; undefined before the first. */
  watchedIds: readonly number[] | null | undefined;
  #storage: { state: StorageState; unstoredMs: number } = { state: 'stored', unstoredMs: 900 };

  constructor(options: FakeHubOptions) {
    this.#options = options;
    this.hosts = createFakeFleet(options.hostCount, options.seed ?? 1);
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    this.#sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (names) => names.has(viewerSubprotocol) && viewerSubprotocol,
    });
    this.#server.on('upgrade', (request, socket, head) => {
      if (this.#refusesSockets || request.url !== '/live') socket.destroy();
      else this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket));
    });
  }

  /** Starts to listen and to tick. The result is the address of the dashboard. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(this.#options.port ?? 0, '127.0.0.1', resolve));
    this.#timer = setInterval(() => this.#second(), 1_000);
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/dashboard`;
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const { socket } of this.#viewers) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Sockets stay open, nothing is sent any more. */
  goSilent(isSilent: boolean): void {
    this.#isSilent = isSilent;
  }

  /** New sockets are refused; with `rest` the REST answers are 503 as well. Open sockets are closed. */
  refuse({ sockets, rest }: { readonly sockets: boolean; readonly rest: boolean }): void {
    this.#refusesSockets = sockets;
    this.#refusesRest = rest;
    if (sockets) this.closeSockets(1012);
  }

  /** Open live sockets. */
  get viewerCount(): number {
    return this.#viewers.size;
  }

  closeSockets(code: number): void {
    for (const { socket } of this.#viewers) socket.close(code);
  }

  setStorage(state: StorageState, unstoredMs: number): void {
    this.#storage = { state, unstoredMs };
    this.#broadcast(this.#status());
  }

  /** A host that falls silent, or comes back. */
  setHostState(name: string, state: FakeHost['state']): void {
    const host = this.hosts.find((other) => other.name === name);
    if (host === undefined) throw new Error(`Cannot set the state of a host: it must exist: got "${name}"`);
    host.silentSinceMs = state === 'up' ? null : (host.silentSinceMs ?? this.#nowMs);
    host.state = state;
    this.#broadcast({ kind: 'hosts', hosts: [this.#rowOf(host)], removed: [] });
  }

  /** All alerts that are pending or firing from now on. */
  setAlerts(alerts: readonly AlertRow[]): void {
    this.#alerts = alerts;
    for (const page of this.#alertPages()) this.#broadcast(page);
  }

  /** A downtime of a host that lasts until then begins; 0 ends it. */
  setDowntime(name: string, untilMs: number): void {
    const host = this.hosts.find((other) => other.name === name);
    if (host === undefined) throw new Error(`Cannot set the downtime of a host: it must exist: got "${name}"`);
    host.downtimeUntilMs = untilMs;
    this.#broadcast({ kind: 'hosts', hosts: [this.#rowOf(host)], removed: [] });
  }

  get #nowMs(): number {
    return Date.now() + (this.#options.clockOffsetMs ?? 0);
  }

  #second(): void {
    if (this.#isSilent) return;
    const timeMs = Math.floor(this.#nowMs / 1_000) * 1_000;
    this.#broadcast(this.#status());
    for (const viewer of this.#viewers) {
      if (viewer.watch !== null) this.#sendDue(viewer, viewer.watch, timeMs);
      for (const host of this.hosts) if (viewer.hostIds.has(host.id)) this.#sendTick(viewer, host, timeMs);
    }
  }

  #accept(socket: WebSocket): void {
    const viewer: Viewer = { socket, watch: null, seen: new Set(), hostIds: new Set(), layoutIds: new Set() };
    this.#viewers.add(viewer);
    socket.on('close', () => this.#viewers.delete(viewer));
    socket.on('message', (data) => this.#received(viewer, decodeFromViewer(data as Buffer)));
    this.#send(viewer, this.#status());
    for (const page of this.#alertPages()) this.#send(viewer, page);
    const pageSize = 100;
    for (let at = 0; at < this.hosts.length; at += pageSize) {
      const hosts = this.hosts.slice(at, at + pageSize).map((host) => this.#rowOf(host));
      this.#send(viewer, { kind: 'hosts', hosts, removed: [] });
    }
  }

  #received(viewer: Viewer, message: FromViewer): void {
    switch (message.kind) {
      case 'watch':
        this.#watch(viewer, message);
        return;
      case 'subscribe':
        for (const id of message.hostIds) {
          const host = this.hosts.find((other) => other.id === id);
          if (host === undefined) continue;
          viewer.hostIds.add(id);
          this.#sendSnapshot(viewer, host, message.windowMs);
        }
        return;
      case 'unsubscribe':
        for (const id of message.hostIds) viewer.hostIds.delete(id);
    }
  }

  get #lastTickMs(): number {
    return Math.floor(this.#nowMs / 1_000) * 1_000;
  }

  /** Newest values of what is watched, and the last minute of what was not watched before. */
  #watch(viewer: Viewer, message: Watch): void {
    viewer.watch = message.keys.length === 0 ? null : message;
    this.watchedIds = message.hostIds;
    if (viewer.watch === null) return;
    const isWatched = watchedBy(message.hostIds);
    const known = this.hosts.filter(({ state }) => state !== 'never');
    const newcomers = known.filter(({ id }) => isWatched(id) && !viewer.seen.has(id));
    viewer.seen = new Set(known.filter(({ id }) => isWatched(id)).map(({ id }) => id));
    if (newcomers.length <= 120)
      for (let back = 59; back > 0; back -= 1)
        this.#sendOverview(viewer, message.keys, newcomers, this.#lastTickMs - back * 1_000);
    const newest = message.othersMs > 0 ? known : newcomers;
    for (let at = 0; at < newest.length; at += overviewPageHosts)
      this.#sendOverview(viewer, message.keys, newest.slice(at, at + overviewPageHosts), this.#lastTickMs);
  }

  /** What is in sight each second, the others in turns. */
  #sendDue(viewer: Viewer, watch: Omit<Watch, 'kind'>, timeMs: number): void {
    const isWatched = watchedBy(watch.hostIds);
    const turnCount = Math.max(1, Math.round(watch.othersMs / 1_000));
    const turn = (timeMs / 1_000) % turnCount;
    const due = this.hosts.filter(
      ({ id, state, silentSinceMs }) =>
        silentSinceMs === null && state === 'up' && (isWatched(id) || (watch.othersMs > 0 && id % turnCount === turn)),
    );
    for (let at = 0; at < due.length; at += overviewPageHosts)
      this.#sendOverview(viewer, watch.keys, due.slice(at, at + overviewPageHosts), timeMs);
  }

  #sendOverview(viewer: Viewer, keys: readonly string[], hosts: readonly FakeHost[], timeMs: number): void {
    if (hosts.length === 0) return;
    const values = new Float32Array(hosts.length * keys.length);
    const times = hosts.map(({ silentSinceMs }) => Math.min(timeMs, silentSinceMs ?? timeMs));
    for (const [row, host] of hosts.entries())
      for (const [index, key] of keys.entries()) values[row * keys.length + index] = host.valueOf(key, times[row]!);
    this.#send(viewer, {
      kind: 'overview',
      nowMs: this.#nowMs,
      hostIds: bytesOf(Uint32Array.from(hosts, (host) => host.id)),
      timesMs: bytesOf(Float64Array.from(times)),
      values: bytesOf(values),
    });
  }

  #sendTick(viewer: Viewer, host: FakeHost, timeMs: number): void {
    if (host.silentSinceMs !== null) return;
    this.#sendLayout(viewer, host);
    const column = bytesOf(fakeTick(host, timeMs));
    this.#send(viewer, {
      kind: 'tick',
      hostId: host.id,
      ordinal: epochOrdinal,
      seq: seqOf(timeMs),
      layoutId: host.layout.id,
      timeMs,
      column,
    });
    if ((timeMs / 1_000) % 5 === 0) this.#sendProcesses(viewer, host, timeMs);
  }

  #sendProcesses(viewer: Viewer, host: FakeHost, timeMs: number): void {
    this.#send(viewer, { kind: 'processes', hostId: host.id, atMs: timeMs, processes: fakeProcesses(host, timeMs) });
  }

  #sendLayout(viewer: Viewer, host: FakeHost): void {
    if (viewer.layoutIds.has(host.layout.id)) return;
    viewer.layoutIds.add(host.layout.id);
    const bytes = encodeLayout(host.layout);
    const pageBytes = 8_192;
    const pageCount = Math.ceil(bytes.byteLength / pageBytes);
    for (let page = 0; page < pageCount; page += 1) {
      const part = bytes.subarray(page * pageBytes, (page + 1) * pageBytes);
      this.#send(viewer, { kind: 'layout', layoutId: host.layout.id, page, pageCount, bytes: part });
    }
  }

  /** Pages of a minute each, with a gap of 21 s in the second, so that gaps are seen. */
  #sendSnapshot(viewer: Viewer, host: FakeHost, windowMs: number): void {
    this.#sendLayout(viewer, host);
    const endMs = host.silentSinceMs ?? this.#lastTickMs;
    const times: number[] = [];
    for (let timeMs = endMs - windowMs; timeMs <= endMs; timeMs += 1_000) {
      const age = (endMs - timeMs) / 1_000;
      if (host.hasGap && age > 190 && age < 211) continue;
      times.push(Math.floor(timeMs / 1_000) * 1_000);
    }
    const pageCount = Math.max(1, Math.ceil(times.length / snapshotTicks));
    for (let page = 0; page < pageCount; page += 1) {
      const part = times.slice(page * snapshotTicks, (page + 1) * snapshotTicks);
      this.#send(viewer, {
        kind: 'snapshot',
        hostId: host.id,
        page,
        pageCount,
        ordinal: epochOrdinal,
        layoutId: host.layout.id,
        tickCount: part.length,
        block: this.#blockOf(host, part),
      });
    }
    this.#sendProcesses(viewer, host, endMs);
  }

  #blockOf(host: FakeHost, times: readonly number[]): Uint8Array {
    const columnCount = host.layout.series.length + 1;
    const values = new Float64Array(times.length * columnCount);
    for (const [row, timeMs] of times.entries()) {
      values[row * columnCount] = seqOf(timeMs);
      values.set(fakeTick(host, timeMs), row * columnCount + 1);
    }
    const block = this.#blocks.encode({
      tickCount: times.length,
      columnCount,
      values,
      times: Float64Array.from(times),
      intervalMs: host.layout.intervalMs,
    });
    return deflateRawSync(joinBlock(block));
  }

  #status(): ToViewer {
    const connected = this.hosts.filter((host) => host.silentSinceMs === null && host.state === 'up');
    return {
      kind: 'status',
      nowMs: this.#nowMs,
      storage: this.#storage.state,
      unstoredMs: this.#storage.unstoredMs,
      hostCount: this.hosts.length,
      connectedCount: connected.length,
      viewerCount: this.#viewers.size,
      samplesPerSec: connected.reduce((sum, host) => sum + host.layout.series.length, 0),
      newestMs: connected.length === 0 ? 0 : this.#lastTickMs,
      pulse: this.#pulse(connected.length),
    };
  }

  #alertPages(): Alert[] {
    const pages: Alert[] = [{ kind: 'alert', isWhole: true, alerts: this.#alerts.slice(0, alertRowsMax) }];
    for (let at = alertRowsMax; at < this.#alerts.length; at += alertRowsMax)
      pages.push({ kind: 'alert', isWhole: false, alerts: this.#alerts.slice(at, at + alertRowsMax) });
    return pages;
  }

  #pulse(onTimeCount: number) {
    const waitedFor = this.hosts.filter(({ state }) => state === 'up' || state === 'stale').length;
    const ageMs = this.#nowMs - this.#lastTickMs;
    return waitedFor === 0
      ? null
      : { onTimeRatio: onTimeCount / waitedFor, ageMsMedian: ageMs % 400, ageMsSlow: (ageMs % 400) + 500 };
  }

  #rowOf(host: FakeHost) {
    return {
      hostId: host.id,
      name: host.name,
      alias: host.alias,
      state: host.state,
      intervalMs: 1_000,
      lastMs: host.state === 'never' ? 0 : (host.silentSinceMs ?? this.#lastTickMs),
      downtimeUntilMs: host.downtimeUntilMs,
      tags: host.tags,
      facts: host.facts,
    };
  }

  #broadcast(message: ToViewer): void {
    if (!this.#isSilent) for (const viewer of this.#viewers) this.#send(viewer, message);
  }

  #send(viewer: Viewer, message: ToViewer): void {
    if (!this.#isSilent) viewer.socket.send(encodeMessage(message));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://hub');
    if (pathname === '/fetch/latest' || pathname === '/api/v1/hosts') return this.#answerRest(pathname, response);
    if (pathname === '/api/v1/session') return this.#answerSession(response);
    if (pathname === '/api/v1/storage') return this.#answerStorage(response);
    if (pathname === '/api/v1/series') return this.#answerNames(response);
    const [, hostName, part] = /^\/api\/v1\/hosts\/([^/]+)\/(series|processes)$/.exec(pathname) ?? [];
    if (hostName !== undefined) return this.#answerHost(decodeURIComponent(hostName), part!, response);
    const isPage = ['/dashboard', '/dashboard/', '/admin', '/setup', '/sign-in'].includes(pathname);
    const path = isPage ? 'index.html' : pathname.replace(/^\/dashboard\//, '');
    try {
      const body = await readFile(join(distFolder, normalize(path)));
      response.writeHead(200, {
        'content-type': contentTypes[extname(path)] ?? 'application/octet-stream',
        'content-security-policy': contentSecurityPolicy,
        'cache-control': 'no-store',
      });
      response.end(body);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      response.writeHead(404).end();
    }
  }

  #answerSession(response: ServerResponse): void {
    if (this.#refusesRest) return void response.writeHead(503).end();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(this.session));
  }

  #answerStorage(response: ServerResponse): void {
    if (this.#refusesRest) return void response.writeHead(503).end();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(fakeStorage(this.#nowMs, this.isShort)));
  }

  /** Names of metrics, whatever was asked for: all hosts are alike. */
  #answerNames(response: ServerResponse): void {
    if (this.#refusesRest) return void response.writeHead(503).end();
    const names = new Set((this.hosts[0]?.layout.series ?? []).map(({ key }) => key.split('{', 1)[0]!));
    const series = [...names].map((key) => ({ key, unit: '', kind: 'gauge', hosts: this.hosts.length }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ hosts: this.hosts.length, series, is_cut: false }));
  }

  #answerHost(name: string, part: string, response: ServerResponse): void {
    const host = this.hosts.find((other) => other.name === name);
    if (this.#refusesRest || host === undefined) return void response.writeHead(host === undefined ? 404 : 503).end();
    const timeMs = host.silentSinceMs ?? this.#lastTickMs;
    const time = timeMs / 1_000;
    response.writeHead(200, { 'content-type': 'application/json' });
    if (part === 'processes') {
      const processes = fakeProcesses(host, timeMs).map(({ cpuPercent, memoryBytes, ...row }) => ({
        ...{ ...row, cpu_percent: cpuPercent, memory_bytes: memoryBytes },
      }));
      response.end(JSON.stringify({ time, processes }));
      return;
    }
    const column = fakeTick(host, timeMs);
    const series = host.layout.series.map(({ key, unit, kind, every }, index) => ({
      ...{ key, unit, kind, interval: every, value: Number.isFinite(column[index]) ? column[index] : null },
    }));
    response.end(JSON.stringify({ host: name, interval: 1, time, source: 'memory', series }));
  }

  #answerRest(pathname: string, response: ServerResponse): void {
    if (this.#refusesRest) return void response.writeHead(503).end();
    const timeMs = this.#lastTickMs;
    const entries = this.hosts.map((host) => {
      const row = this.#rowOf(host);
      if (pathname === '/api/v1/hosts')
        return [
          host.name,
          {
            id: host.id,
            alias: host.alias,
            facts: host.facts,
            interval: 1,
            tags: host.tags,
            status: host.state,
            last_seen: secondsOf(row.lastMs),
            downtime_until: secondsOf(row.downtimeUntilMs),
          },
        ];
      const column = fakeTick(host, timeMs);
      const metrics = Object.fromEntries(
        host.layout.series.map(({ key }, index) => [key, column[index]]).filter(([, value]) => Number.isFinite(value)),
      );
      return [host.name, { metrics, tags: host.tags, timestamp: row.lastMs / 1_000 }];
    });
    response.writeHead(200, { 'content-type': 'application/json', date: new Date(this.#nowMs).toUTCString() });
    response.end(JSON.stringify(Object.fromEntries(entries)));
  }
}

function watchedBy(hostIds: readonly number[] | null): (hostId: number) => boolean {
  const ids = hostIds === null ? null : new Set(hostIds);
  return (hostId) => ids === null || ids.has(hostId);
}

function bytesOf(array: Uint32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Epoch seconds; null for 0. */
function secondsOf(ms: number): number | null {
  return ms === 0 ? null : ms / 1_000;
}

/** Any rising number that is the same at the next connect. */
function seqOf(timeMs: number): number {
  return Math.floor(timeMs / 1_000) - 1_700_000_000;
}
