/**
 * An agent by hand: a socket, the codec, and no spool. It says what the test says, in whatever order.
 */
import { WebSocket } from 'ws';
import { decodeToAgent, encodeMessage } from '#core/codec.ts';
import { agentSubprotocol, type Hello, type Message, type ToAgent, type Welcome } from '#core/message.ts';
import { encodeLayout, type Layout } from '#core/series.ts';
import { column } from './ticks.ts';

export const someId = (digit: string) => digit.repeat(32);

export function helloOf(options: Partial<Hello> = {}): Hello {
  return {
    kind: 'hello',
    version: 1,
    agentId: someId('a'),
    hostName: 'web',
    agentVersion: '0.1.0',
    machineId: 'machine-1',
    bootId: someId('b'),
    wallMs: Date.now(),
    monotonicMs: 1_000,
    tags: {},
    facts: {},
    hubId: null,
    streams: [offerOf(someId('e'))],
    ...options,
  };
}

export function offerOf(epoch: string, next = 1) {
  return { epoch, bootId: someId('b'), startWallMs: Date.now(), startMonotonicMs: 1_000, oldest: 1, next, acked: 0 };
}

/** The close code of a socket that opened, or the HTTP status of one that was refused. */
export type Ending = { readonly code: number; readonly reason: string } | { readonly status: number };

export class TestAgent {
  readonly socket: WebSocket;
  readonly received: ToAgent[] = [];
  readonly ended: Promise<Ending>;
  readonly #opened: Promise<unknown>;
  readonly #startMs = Math.floor(Date.now() / 1_000) * 1_000 - 100_000;
  #wake: () => void = () => {};

  constructor(
    url: string,
    token: string | null,
    options: { readonly headers?: Record<string, string>; readonly protocol?: string } = {},
  ) {
    const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...options.headers };
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/agent`, options.protocol ?? agentSubprotocol, {
      headers,
    });
    this.socket.on('message', (bytes: Buffer) => {
      this.received.push(decodeToAgent(bytes));
      this.#wake();
    });
    this.#opened = new Promise((settle) => this.socket.once('open', settle));
    this.ended = new Promise((settle) => {
      this.socket.on('unexpected-response', (_, response) => settle({ status: response.statusCode ?? 0 }));
      this.socket.on('close', (code, reason) => settle({ code, reason: reason.toString() }));
      this.socket.on('error', () => {});
    });
  }

  async send(...messages: readonly (Message | Uint8Array | string)[]): Promise<void> {
    await this.#opened;
    for (const message of messages) {
      const bytes = typeof message === 'string' || message instanceof Uint8Array ? message : encodeMessage(message);
      this.socket.send(bytes);
    }
  }

  /** The first message from `index` on that is of this kind, waited for. */
  async next<K extends ToAgent['kind']>(
    kind: K,
    matches: (message: Extract<ToAgent, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<ToAgent, { kind: K }>> {
    for (;;) {
      const found = this.received.find(
        (one): one is Extract<ToAgent, { kind: K }> =>
          one.kind === kind && matches(one as Extract<ToAgent, { kind: K }>),
      );
      if (found !== undefined) return found;
      const isOver = await Promise.race([this.#message(), this.ended.then((ending) => JSON.stringify(ending))]);
      if (isOver !== null) throw new Error(`Cannot wait for ${kind}: the connection must stay open: got ${isOver}`);
    }
  }

  #message(): Promise<null> {
    return new Promise((settle) => {
      this.#wake = () => settle(null);
    });
  }

  async greet(options: Partial<Hello> = {}): Promise<Welcome> {
    await this.send(helloOf(options));
    return await this.next('welcome');
  }

  /** Ticks of one stream, a second apart: seq 1 was a hundred seconds ago. */
  async sendTicks(
    ordinal: number,
    layout: Layout,
    seqs: { readonly first: number; readonly last: number },
  ): Promise<void> {
    await this.send({ kind: 'layout', layoutId: layout.id, page: 0, pageCount: 1, bytes: encodeLayout(layout) });
    for (let seq = seqs.first; seq <= seqs.last; seq += 1) {
      const values = layout.series.map((_, index) => seq * 10 + index);
      const timeMs = this.#startMs + seq * 1_000;
      await this.send({ kind: 'frame', ordinal, seq, layoutId: layout.id, timeMs, column: column(values) });
    }
  }

  close(): void {
    this.socket.terminate();
  }
}
