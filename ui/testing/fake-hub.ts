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
import { type FromViewer, type StorageState, type ToViewer, viewerSubprotocol, type Watch } from '#core/message.ts';
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
/** What the real hub sends: the pages must live with it. */
const contentSecurityPolicy = "default-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'";
const snapshotTicks = 60;
const epochOrdinal = 3;

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

  get #nowMs(): number {
    return Date.now() + (this.#options.clockOffsetMs ?? 0);
  }

  #second(): void {
    if (this.#isSilent) return;
    const timeMs = Math.floor(this.#nowMs / 1_000) * 1_000;
    this.#broadcast(this.#status());
    for (const viewer of this.#viewers) {
      if (viewer.watch !== null) this.#sendOverview(viewer, viewer.watch, timeMs);
      for (const host of this.hosts) if (viewer.hostIds.has(host.id)) this.#sendTick(viewer, host, timeMs);
    }
  }

  #accept(socket: WebSocket): void {
    const viewer: Viewer = { socket, watch: null, hostIds: new Set(), layoutIds: new Set() };
    this.#viewers.add(viewer);
    socket.on('close', () => this.#viewers.delete(viewer));
    socket.on('message', (data) => this.#received(viewer, decodeFromViewer(data as Buffer)));
    this.#send(viewer, this.#status());
    const pageSize = 100;
    for (let at = 0; at < this.hosts.length; at += pageSize) {
      const hosts = this.hosts.slice(at, at + pageSize).map((host) => this.#rowOf(host));
      this.#send(viewer, { kind: 'hosts', hosts, removed: [] });
    }
  }

  #received(viewer: Viewer, message: FromViewer): void {
    switch (message.kind) {
      case 'watch':
        viewer.watch = message.keys.length === 0 ? null : message;
        if (viewer.watch !== null) this.#sendOverview(viewer, viewer.watch, this.#lastTickMs, true);
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

  /** The first one, of all hosts that were ever seen, tells the newest values of those that are silent too. */
  #sendOverview(viewer: Viewer, watch: Omit<Watch, 'kind'>, timeMs: number, isFirst = false): void {
    const hosts = this.hosts.filter((host) =>
      isFirst ? host.state !== 'never' : host.silentSinceMs === null && host.state === 'up',
    );
    const keys = watch.keys;
    const values = new Float32Array(hosts.length * keys.length);
    for (const [row, host] of hosts.entries()) {
      for (const [index, key] of keys.entries()) {
        values[row * keys.length + index] = host.valueOf(key, timeMs);
      }
    }
    this.#send(viewer, {
      kind: 'overview',
      nowMs: this.#nowMs,
      hostIds: bytesOf(Uint32Array.from(hosts, (host) => host.id)),
      timesMs: bytesOf(Float64Array.from(hosts, (host) => host.silentSinceMs ?? timeMs)),
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
    };
  }

  #rowOf(host: FakeHost) {
    return {
      hostId: host.id,
      name: host.name,
      alias: host.alias,
      state: host.state,
      intervalMs: 1_000,
      lastMs: host.state === 'never' ? 0 : (host.silentSinceMs ?? this.#lastTickMs),
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
    if (pathname.startsWith('/fetch/')) return this.#answerRest(pathname, response);
    if (pathname === '/api/v1/storage') return this.#answerStorage(response);
    const path =
      pathname === '/dashboard' || pathname === '/dashboard/' ? 'index.html' : pathname.replace(/^\/dashboard\//, '');
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

  #answerStorage(response: ServerResponse): void {
    if (this.#refusesRest) return void response.writeHead(503).end();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(fakeStorage(this.#nowMs, this.isShort)));
  }

  #answerRest(pathname: string, response: ServerResponse): void {
    if (this.#refusesRest) return void response.writeHead(503).end();
    const timeMs = this.#lastTickMs;
    const entries = this.hosts.map((host) => {
      const row = this.#rowOf(host);
      if (pathname === '/fetch/hosts')
        return [
          host.name,
          { tags: host.tags, status: host.state, last_seen: row.lastMs === 0 ? null : row.lastMs / 1_000 },
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

function bytesOf(array: Uint32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Any rising number that is the same at the next connect. */
function seqOf(timeMs: number): number {
  return Math.floor(timeMs / 1_000) - 1_700_000_000;
}
