/**
 * A stand-in for the hub whose clock runs as fast as one likes: it serves the built dashboard and its live messages, and nothing
 * else. For what a real hub cannot show in reasonable time: a page that is open for eight hours, or hidden for one.
 *
 * Hosts have no past here, and each tick of the fleet is one overview.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { decodeFromViewer, encodeMessage } from '#core/codec.ts';
import { assert } from '#core/errors.ts';
import { type FromViewer, type ToViewer, viewerSubprotocol } from '#core/message.ts';
import { encodeLayout, type Layout } from '#core/series.ts';
import { columnOf, createDataset, type Dataset } from '../dataset.ts';
import { packageFolder } from '../hub-process.ts';
import { createSwarmLayout, type SwarmSeries } from '../swarm/swarm.ts';

const tickMs = 1_000;
const tickCount = 600;
/** As the hub does it. */
const hostsPerMessage = 100;
/** A page that falls so far behind is waited for: the clock stands still meanwhile. */
const bufferedBytesMax = 1_048_576;

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface Viewer {
  readonly socket: WebSocket;
  keys: readonly string[];
  readonly hostIds: Set<number>;
}

export interface FeederOptions {
  readonly hostCount: number;
  readonly series: readonly SwarmSeries[];
}

export class Feeder {
  readonly #hostCount: number;
  readonly #dataset: Dataset;
  readonly #layout: Layout;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #viewers = new Set<Viewer>();
  readonly #startMs = Math.floor(Date.now() / tickMs) * tickMs;
  #tick = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor({ hostCount, series }: FeederOptions) {
    this.#hostCount = hostCount;
    const keys = series.map(({ key }) => key);
    this.#dataset = { ...createDataset({ hostCount, metricCount: series.length, tickCount }), keys };
    this.#layout = createSwarmLayout(keys, { intervalMs: tickMs, series });
    this.#server = createServer((request, response) => {
      serveFile(request, response).catch(() => response.writeHead(404).end());
    });
    this.#sockets = new WebSocketServer({
      server: this.#server,
      path: '/live',
      handleProtocols: () => viewerSubprotocol,
    });
    this.#sockets.on('connection', (socket) => this.#accept(socket));
  }

  /** Starts to listen; nothing ticks yet. The result is the address of the dashboard. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    assert(address !== null && typeof address === 'object', 'a server that listens has an address');
    return `http://127.0.0.1:${address.port}/dashboard`;
  }

  /** From now on a second of the hosts takes so much of a second; 0 stops. */
  run(speed: number): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = speed === 0 ? null : setInterval(() => this.#second(), tickMs / speed);
  }

  /** Seconds that the hosts have ticked for. */
  get seconds(): number {
    return this.#tick;
  }

  /** Resolves when the hosts have ticked for so many seconds. */
  async reach(seconds: number): Promise<void> {
    while (this.#tick < seconds) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async stop(): Promise<void> {
    this.run(0);
    for (const { socket } of this.#viewers) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  get #nowMs(): number {
    return this.#startMs + this.#tick * tickMs;
  }

  #second(): void {
    if ([...this.#viewers].some(({ socket }) => socket.bufferedAmount > bufferedBytesMax)) return;
    this.#tick += 1;
    for (const viewer of this.#viewers) {
      send(viewer, this.#status());
      if (viewer.keys.length > 0) send(viewer, this.#overview(viewer.keys));
      for (const hostId of viewer.hostIds) send(viewer, this.#tickOf(hostId));
    }
  }

  #accept(socket: WebSocket): void {
    const viewer: Viewer = { socket, keys: [], hostIds: new Set() };
    this.#viewers.add(viewer);
    socket.on('close', () => this.#viewers.delete(viewer));
    socket.on('message', (data) => this.#received(viewer, decodeFromViewer(data as Buffer)));
    send(viewer, this.#status());
    const rows = this.#hostRows();
    for (let at = 0; at < rows.length; at += hostsPerMessage)
      send(viewer, { kind: 'hosts', hosts: rows.slice(at, at + hostsPerMessage), removed: [] });
    const bytes = encodeLayout(this.#layout);
    send(viewer, { kind: 'layout', layoutId: this.#layout.id, page: 0, pageCount: 1, bytes });
  }

  #received(viewer: Viewer, message: FromViewer): void {
    switch (message.kind) {
      case 'watch':
        viewer.keys = message.keys;
        return;
      case 'subscribe':
        for (const hostId of message.hostIds) {
          viewer.hostIds.add(hostId);
          send(viewer, this.#emptySnapshot(hostId));
        }
        return;
      case 'unsubscribe':
        for (const hostId of message.hostIds) viewer.hostIds.delete(hostId);
    }
  }

  #hostRows() {
    return Array.from({ length: this.#hostCount }, (_, index) => ({
      hostId: index + 1,
      name: `bench-${String(index).padStart(4, '0')}`,
      alias: '',
      state: 'up' as const,
      intervalMs: tickMs,
      lastMs: this.#nowMs,
      tags: {},
      facts: {},
      downtimeUntilMs: 0,
    }));
  }

  #status(): ToViewer {
    return {
      kind: 'status',
      nowMs: this.#nowMs,
      storage: 'stored',
      unstoredMs: 0,
      hostCount: this.#hostCount,
      connectedCount: this.#hostCount,
      viewerCount: this.#viewers.size,
      samplesPerSec: this.#hostCount * this.#dataset.metricCount,
      newestMs: this.#nowMs,
      pulse: { onTimeRatio: 1, ageMsMedian: 100, ageMsSlow: 200 },
    };
  }

  #overview(keys: readonly string[]): ToViewer {
    const places = keys.map((key) => this.#dataset.keys.indexOf(key));
    const values = new Float32Array(this.#hostCount * keys.length);
    for (let host = 0; host < this.#hostCount; host += 1) {
      const column = this.#columnOf(host);
      for (const [index, place] of places.entries())
        values[host * keys.length + index] = place < 0 ? Number.NaN : column[place]!;
    }
    const hostIds = Uint32Array.from({ length: this.#hostCount }, (_, index) => index + 1);
    const timesMs = new Float64Array(this.#hostCount).fill(this.#nowMs);
    return {
      kind: 'overview',
      nowMs: this.#nowMs,
      hostIds: bytesOf(hostIds),
      timesMs: bytesOf(timesMs),
      values: bytesOf(values),
    };
  }

  #tickOf(hostId: number): ToViewer {
    return {
      kind: 'tick',
      hostId,
      ordinal: 1,
      seq: this.#tick,
      layoutId: this.#layout.id,
      timeMs: this.#nowMs,
      column: bytesOf(this.#columnOf(hostId - 1)),
    };
  }

  #emptySnapshot(hostId: number): ToViewer {
    const layoutId = this.#layout.id;
    const block = new Uint8Array(0);
    return { kind: 'snapshot', hostId, page: 0, pageCount: 1, ordinal: 1, layoutId, tickCount: 0, block };
  }

  #columnOf(host: number): Float64Array {
    const bytes = columnOf(this.#dataset, host, this.#tick);
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  }
}

function send({ socket }: Viewer, message: ToViewer): void {
  socket.send(encodeMessage(message));
}

function bytesOf(array: Uint32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Everybody is an admin here. */
const session = {
  ...{ actor: { kind: 'operator', name: 'operator', role: 'admin' }, csrf: null, setup: 'done', can_read: true },
  warnings: [],
};

async function serveFile(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://hub');
  if (pathname === '/api/v1/session') {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(session));
    return;
  }
  const path = /^\/dashboard\/?$/.test(pathname) ? 'index.html' : pathname.replace(/^\/dashboard\//, '');
  const body = await readFile(join(packageFolder(), 'dist/ui', normalize(`/${path}`)));
  response.writeHead(200, { 'content-type': contentTypes[extname(path)] ?? 'application/octet-stream' });
  response.end(body);
}
