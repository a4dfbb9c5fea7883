/**
 * One WebSocket of a simulated agent or viewer over node:net: upgrade, frames, pongs, close.
 *
 * Nothing is retried here; its owner is told of the opening, of each message and of the end,
 * each once.
 */
import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { closeCodes } from '#core/errors.ts';
import type { Clock } from '../clock.ts';
import { encodeClientFrame, opcodes, ServerFrames } from './websocket-frames.ts';

export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly subprotocol: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ConnectionOwner {
  opened(): void;
  /** One binary or text message; `payload` is valid during the call. `nowMs` is when its last bytes were read. */
  received(payload: Uint8Array, nowMs: number): void;
  /** `closeCode` is 1006 where the peer has given none; `reason` says what happened, for a log. */
  closed(closeCode: number, reason: string): void;
}

/** Whether the peer found fault with us. A killed hub, a refused port and a hub that is starting or stopping do not. */
export function isBlamed(closeCode: number, reason: string): boolean {
  if (reason.startsWith('Cannot upgrade')) return !reason.includes('503 Service Unavailable');
  return closeCode !== abnormalClosure && closeCode !== closeCodes.restart && closeCode !== closeCodes.busy;
}

const abnormalClosure = 1006;
/** From RFC 6455, section 1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const upgradeBytesMax = 16_384;

export class Connection {
  readonly #owner: ConnectionOwner;
  readonly #target: ConnectionTarget;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #key = randomBytes(16).toString('base64');
  readonly #frames = new ServerFrames();
  #upgrade: Buffer | null = Buffer.alloc(0);
  #end: { readonly code: number; readonly reason: string } | null = null;

  constructor(target: ConnectionTarget, owner: ConnectionOwner, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
    this.#owner = owner;
    this.#socket = connect({ host: target.host, port: target.port, noDelay: true });
    this.#socket.on('connect', () => this.#socket.write(formatUpgrade(target, this.#key)));
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', (error) => {
      this.#end ??= { code: abnormalClosure, reason: error.message };
    });
    this.#socket.on('close', () => {
      const { code, reason } = this.#end ?? { code: abnormalClosure, reason: 'the connection ended' };
      owner.closed(code, reason);
    });
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends one binary message. */
  send(payload: Uint8Array): void {
    this.#socket.write(encodeClientFrame(payload));
  }

  /** Sends bytes that are whole frames already. They must not change until they are written. */
  sendFrames(frames: Uint8Array): void {
    this.#socket.write(frames);
  }

  /** Ends the connection without a word, as a crash would. `closed` follows. */
  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    try {
      if (this.#upgrade === null) this.#readFrames(chunk);
      else this.#readUpgrade(Buffer.concat([this.#upgrade, chunk]));
    } catch (error) {
      this.#end ??= { code: abnormalClosure, reason: error instanceof Error ? error.message : String(error) };
      this.#socket.destroy();
    }
  }

  #readUpgrade(bytes: Buffer): void {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0 && bytes.byteLength < upgradeBytesMax) {
      this.#upgrade = bytes;
      return;
    }
    const problem = upgradeProblem(bytes.toString('latin1', 0, end < 0 ? 200 : end), {
      accept: acceptOf(this.#key),
      subprotocol: this.#target.subprotocol,
    });
    if (problem !== null) throw new Error(problem);
    this.#upgrade = null;
    this.#owner.opened();
    if (bytes.byteLength > end + 4) this.#readFrames(bytes.subarray(end + 4));
  }

  #readFrames(chunk: Uint8Array): void {
    const nowMs = this.#clock.nowMs();
    this.#frames.push(chunk, (opcode, payload) => {
      if (opcode === opcodes.binary || opcode === opcodes.text) this.#owner.received(payload, nowMs);
      else if (opcode === opcodes.ping) this.#socket.write(encodeClientFrame(payload, opcodes.pong));
      else if (opcode === opcodes.close) this.#closedByPeer(payload);
    });
  }

  #closedByPeer(payload: Uint8Array): void {
    const code = payload.byteLength >= 2 ? (payload[0]! << 8) | payload[1]! : 1005;
    this.#end ??= { code, reason: Buffer.from(payload.subarray(2)).toString('utf8') };
    this.#socket.end(encodeClientFrame(payload.subarray(0, 2), opcodes.close));
  }
}

/** The request that asks for the upgrade. */
export function formatUpgrade(target: ConnectionTarget, key: string): string {
  const lines = [
    `GET ${target.path} HTTP/1.1`,
    `Host: ${target.host}:${target.port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    `Sec-WebSocket-Protocol: ${target.subprotocol}`,
    ...Object.entries(target.headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** What the server must answer to `key`. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${acceptSuffix}`).digest('base64');
}

/** Why the head of an answer does not grant the upgrade; null when it does. */
export function upgradeProblem(
  head: string,
  wanted: { readonly accept: string; readonly subprotocol: string },
): string | null {
  const [status = '', ...lines] = head.split('\r\n');
  if (!/^HTTP\/1\.1 101 /.test(`${status} `))
    return `Cannot upgrade: the answer must be 101: got ${JSON.stringify(status)}`;
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  if (headers.get('sec-websocket-accept') !== wanted.accept) return 'Cannot upgrade: the answer belongs to another key';
  const subprotocol = headers.get('sec-websocket-protocol');
  if (subprotocol === wanted.subprotocol) return null;
  return `Cannot upgrade: the subprotocol must be ${wanted.subprotocol}: got ${JSON.stringify(subprotocol ?? '')}`;
}
