/**
 * A hub for the tests of the agent: real sockets and the real codec, a map for a database.
 *
 * It takes items only in order and writes down every breach of that, so that a test can state what is stored after
 * any number of lost connections. Acks come by themselves or when the test says so; `refuse` answers upgrades.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { inflateRawSync } from 'node:zlib';
import { type WebSocket, WebSocketServer } from 'ws';
import { decodeBlock, splitBlock } from '#core/block.ts';
import { decodeFromAgent, encodeMessage } from '#core/codec.ts';
import { assert } from '#core/errors.ts';
import {
  agentSubprotocol,
  type FromAgent,
  type Hello,
  type Id128,
  type StreamOffer,
  type ToAgent,
  type Welcome,
} from '#core/message.ts';
import { decodeLayout, type Layout, type LayoutId } from '#core/series.ts';
import { type Item, itemCrc, lastSeqOf } from '#core/stream/item.ts';

export interface FakeStream {
  readonly ordinal: number;
  readonly items: Item[];
  acceptedSeq: number;
  ackedSeq: number;
}

export interface FakeConnection {
  readonly socket: WebSocket;
  readonly bearer: string | null;
  readonly messages: FromAgent[];
  hello: Hello | null;
  closeCode: number | null;
}

export interface FakeHubSettings {
  /** Status and headers in place of the upgrade; null accepts it. */
  refuse: (bearer: string | null) => {
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  } | null;
  welcome: Partial<Welcome>;
  /** Whether items are acknowledged as they come. */
  acks: boolean;
  /** Called in place of the welcome. */
  onHello: ((connection: FakeConnection) => void) | null;
}

export class FakeHub {
  readonly hubId: Id128 = 'a'.repeat(32);
  readonly streams = new Map<Id128, FakeStream>();
  readonly layouts = new Map<LayoutId, Layout>();
  readonly connections: FakeConnection[] = [];
  readonly refusedBearers: (string | null)[] = [];
  /** What no agent should do. */
  readonly breaches: string[] = [];
  readonly settings: FakeHubSettings = { refuse: () => null, welcome: {}, acks: true, onHello: null };
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => agentSubprotocol });
  readonly #pages = new Map<LayoutId, Uint8Array[]>();
  readonly #heard: Socket[] = [];

  /** Over TLS with this certificate, or plain. */
  constructor(tls: { readonly cert: string; readonly key: string } | null = null) {
    this.#scheme = tls === null ? 'http' : 'https';
    this.#server = tls === null ? createServer() : createTlsServer(tls);
    this.#server.on(tls === null ? 'connection' : 'secureConnection', (socket: Socket) => {
      socket.on('error', () => undefined);
      this.#heard.push(socket);
    });
  }

  /** Bytes that came out of the encryption, or without one. */
  get bytesReceived(): number {
    return this.#heard.reduce((sum, socket) => sum + socket.bytesRead, 0);
  }

  /** Listens on a port of its own, or on one that an earlier hub had. */
  async start(port = 0): Promise<void> {
    this.#server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
      if (request.url !== '/agent') this.breaches.push(`asked for ${request.url}`);
      const refusal = this.settings.refuse(bearer);
      if (refusal === null) {
        this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#accept(opened, bearer));
        return;
      }
      this.refusedBearers.push(bearer);
      const headers = Object.entries(refusal.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
      const { body = '' } = refusal;
      socket.end(
        `HTTP/1.1 ${refusal.status} Refused\r\n${headers.join('')}Content-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://${this.#scheme === 'https' ? 'localhost' : '127.0.0.1'}:${this.port}`;
  }

  get last(): FakeConnection {
    const connection = this.connections.at(-1);
    assert(connection !== undefined, 'an agent has connected');
    return connection;
  }

  /** Messages of one kind over all connections, in order. */
  messages<Kind extends FromAgent['kind']>(kind: Kind): Extract<FromAgent, { kind: Kind }>[] {
    return this.connections
      .flatMap(({ messages }) => messages)
      .filter((message): message is Extract<FromAgent, { kind: Kind }> => message.kind === kind);
  }

  /** Items that are stored, over all streams. */
  get storedTicks(): number {
    return [...this.streams.values()].reduce(
      (sum, { items }) => sum + items.filter(({ kind }) => kind === 'tick').length,
      0,
    );
  }

  send(message: ToAgent): void {
    this.last.socket.send(encodeMessage(message));
  }

  sendBytes(bytes: Uint8Array | string): void {
    this.last.socket.send(bytes);
  }

  ackAll(): void {
    for (const stream of this.streams.values()) this.#ack(this.last, stream);
  }

  /** The network is gone: no close frame. */
  cut(): void {
    for (const { socket } of this.connections) socket.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#sockets.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: WebSocket, bearer: string | null): void {
    const connection: FakeConnection = { socket, bearer, messages: [], hello: null, closeCode: null };
    this.connections.push(connection);
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      connection.closeCode = code;
    });
    socket.on('message', (bytes) => {
      const message = decodeFromAgent(new Uint8Array(bytes as Buffer));
      connection.messages.push(message);
      this.#take(connection, message);
    });
  }

  #take(connection: FakeConnection, message: FromAgent): void {
    switch (message.kind) {
      case 'hello':
        connection.hello = message;
        if (this.settings.onHello !== null) this.settings.onHello(connection);
        else this.welcome(connection, message.streams);
        break;
      case 'stream':
        this.welcome(connection, message.streams);
        break;
      case 'layout':
        this.#takePage(message.layoutId, { ...message });
        break;
      case 'frame':
        this.#takeFrame(message);
        this.#ackMessage(connection, message.ordinal);
        break;
      case 'replay':
        this.#takeReplay(message);
        this.#ackMessage(connection, message.ordinal);
        break;
      case 'gap': {
        const { firstSeq, lastSeq, reason, fromMs, toMs } = message;
        this.#store({
          ordinal: message.ordinal,
          firstSeq,
          item: { kind: 'gap', firstSeq, lastSeq, reason, fromMs, toMs },
        });
        this.#ackMessage(connection, message.ordinal);
        break;
      }
      case 'live':
      case 'top':
      case 'bye':
      case 'verify':
      case 'settingsReport':
      case 'identityKept':
        break;
    }
  }

  /** Answers what a hello or a stream message offers. */
  welcome(connection: FakeConnection, offers: readonly StreamOffer[]): void {
    const streams = offers.map(({ epoch, oldest }) => {
      const known = this.streams.get(epoch);
      const stream = known ?? {
        ordinal: this.streams.size + 1,
        items: [],
        acceptedSeq: oldest - 1,
        ackedSeq: oldest - 1,
      };
      this.streams.set(epoch, stream);
      const last = stream.items.at(-1);
      const storedCrc = last === undefined ? null : itemCrc(last);
      return { epoch, ordinal: stream.ordinal, storedSeq: stream.acceptedSeq, storedCrc, gapTicks: 0 };
    });
    const welcome: Welcome = {
      kind: 'welcome',
      hubId: this.hubId,
      hubVersion: 'test',
      hostName: 'host',
      token: null,
      creditBytes: 4_000_000,
      seriesMax: 4_000,
      nowMs: Date.now(),
      streams,
      ...this.settings.welcome,
    };
    connection.socket.send(encodeMessage(welcome));
  }

  #takePage(id: LayoutId, { page, pageCount, bytes }: { page: number; pageCount: number; bytes: Uint8Array }): void {
    const pages = page === 0 ? [] : (this.#pages.get(id) ?? []);
    pages.push(bytes);
    this.#pages.set(id, pages);
    if (pages.length === pageCount) this.layouts.set(id, decodeLayout(Buffer.concat(pages), id));
  }

  #takeFrame(frame: Extract<FromAgent, { kind: 'frame' }>): void {
    const before = this.#streamOf(frame.ordinal)?.items.at(-1);
    const previous = before?.kind === 'tick' ? before : null;
    const layoutId = frame.layoutId ?? previous?.layoutId ?? '';
    const layout = this.layouts.get(layoutId);
    if (layout === undefined || layout.series.length * 8 !== frame.column.byteLength) {
      this.breaches.push(`frame ${frame.seq} does not fit its layout`);
      return;
    }
    const timeMs = frame.timeMs ?? previous!.timeMs + layout.intervalMs;
    const { seq, column } = frame;
    this.#store({
      ordinal: frame.ordinal,
      firstSeq: seq,
      item: { kind: 'tick', seq, timeMs, layoutId, column },
    });
  }

  #takeReplay(replay: Extract<FromAgent, { kind: 'replay' }>): void {
    const { ordinal, firstSeq, tickCount, layoutId } = replay;
    const inflated = inflateRawSync(replay.block);
    if (inflated.byteLength !== replay.inflatedBytes) this.breaches.push(`replay ${firstSeq} inflates to another size`);
    const columnCount = this.layouts.get(layoutId)?.series.length ?? 0;
    const { times, values } = decodeBlock(splitBlock(inflated), { tickCount, columnCount });
    for (let index = 0; index < tickCount; index += 1) {
      const column = new Uint8Array(values.slice(index * columnCount, (index + 1) * columnCount).buffer);
      const item: Item = { kind: 'tick', seq: firstSeq + index, timeMs: times[index]!, layoutId, column };
      this.#store({ ordinal, firstSeq: item.seq, item });
    }
  }

  #store({ ordinal, firstSeq, item }: { ordinal: number; firstSeq: number; item: Item }): void {
    const stream = this.#streamOf(ordinal);
    if (stream === undefined) {
      this.breaches.push(`no stream has ordinal ${ordinal}`);
      return;
    }
    // Known already.
    if (lastSeqOf(item) <= stream.acceptedSeq) return;
    if (firstSeq !== stream.acceptedSeq + 1) this.breaches.push(`${firstSeq} after ${stream.acceptedSeq}`);
    const last = stream.items.at(-1);
    if (item.kind === 'tick' && last?.kind === 'tick' && item.timeMs <= last.timeMs) {
      this.breaches.push(`time of ${item.seq} does not rise`);
    }
    stream.items.push(item);
    stream.acceptedSeq = lastSeqOf(item);
  }

  /** One ack a message, as a hub that commits what came together. */
  #ackMessage(connection: FakeConnection, ordinal: number): void {
    const stream = this.#streamOf(ordinal);
    if (stream !== undefined && this.settings.acks) this.#ack(connection, stream);
  }

  #ack(connection: FakeConnection, stream: FakeStream): void {
    stream.ackedSeq = stream.acceptedSeq;
    connection.socket.send(
      encodeMessage({ kind: 'ack', ordinal: stream.ordinal, storedSeq: stream.acceptedSeq, gapTicks: 0 }),
    );
  }

  #streamOf(ordinal: number): FakeStream | undefined {
    return [...this.streams.values()].find((stream) => stream.ordinal === ordinal);
  }
}
