/**
 * One connection between an agent and a hub: bytes in order both ways, each with a delay, until it is cut. What
 * is under way at a cut is lost, and each end hears of the cut at a time of its own (a half-open connection).
 *
 * A hostile proxy may deliver a message twice or exchange two of them: only kinds for which the protocol promises
 * to cope.
 */
import { encodeMessage } from '#core/codec.ts';
import type { FromAgent, Message, ToAgent } from '#core/message.ts';
import type { World } from './world.ts';

/** What an end hears of. */
export interface ConnectionEnd {
  received(bytes: Uint8Array): void;
  closed(code: number): void;
}

export interface NetworkOptions {
  readonly delayMsMax: number;
  /** Share of messages that a proxy repeats or exchanges. */
  readonly hostileRatio: number;
}

const proxyKinds: ReadonlySet<Message['kind']> = new Set(['frame', 'replay', 'gap', 'live', 'ack']);
const heldMsMax = 1_000;

class Direction {
  end: ConnectionEnd | null = null;
  lastMs = 0;
  /** A message that the proxy lets the next one overtake. */
  held: Uint8Array | null = null;
}

export class SimConnection {
  readonly #world: World;
  readonly #options: NetworkOptions;
  readonly #up = new Direction();
  readonly #down = new Direction();
  #isCut = false;
  #isLost = false;

  constructor(world: World, options: NetworkOptions) {
    this.#world = world;
    this.#options = options;
  }

  attach(ends: { readonly agent: ConnectionEnd; readonly hub: ConnectionEnd }): void {
    this.#down.end = ends.agent;
    this.#up.end = ends.hub;
  }

  /** Whether the agent still answers on it: a ping would come back. */
  get isAlive(): boolean {
    return !this.#isCut && this.#down.end !== null;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  sendUp(message: FromAgent): void {
    this.#send(this.#up, message);
  }

  /** Bytes that no codec has made. */
  sendUpRaw(bytes: Uint8Array): void {
    if (!this.#isCut) this.#deliver(this.#up, bytes);
  }

  sendDown(message: ToAgent): void {
    this.#send(this.#down, message);
  }

  /** The agent's end is closed, and with it the connection; the hub hears of it after `noticeMs`. */
  closeByAgent(noticeMs: number): void {
    this.#down.end = null;
    this.#close(this.#up, 1000, noticeMs);
  }

  /** The hub's end closes with a code that reaches the agent after what was sent before. */
  closeByHub(code: number): void {
    this.#up.end = null;
    const { end } = this.#down;
    if (this.#isCut) return;
    this.#isCut = true;
    this.#world.at(this.#down.lastMs, () => {
      if (this.#down.end !== end || end === null) return;
      this.#down.end = null;
      end.closed(code);
    });
  }

  /** The line is gone; each end hears of it when it hears of it. */
  cut(noticeMs: { readonly agent: number; readonly hub: number }): void {
    this.#isLost = true;
    this.#close(this.#up, 1006, noticeMs.hub);
    this.#close(this.#down, 1006, noticeMs.agent);
  }

  #close(direction: Direction, code: number, noticeMs: number): void {
    this.#isCut = true;
    this.#world.after(noticeMs, () => {
      const { end } = direction;
      direction.end = null;
      end?.closed(code);
    });
  }

  #send(direction: Direction, message: Message): void {
    if (this.#isCut) return;
    // Each message makes the way through the codec: what arrives is what a stranger would read.
    const bytes = encodeMessage(message);
    const isTouched = proxyKinds.has(message.kind) && this.#world.chance(this.#options.hostileRatio);
    if (isTouched && direction.held === null && message.kind !== 'ack' && this.#world.chance(0.5)) {
      direction.held = bytes;
      this.#world.after(heldMsMax, () => this.#release(direction, bytes));
      return;
    }
    this.#deliver(direction, bytes);
    if (isTouched) this.#deliver(direction, bytes.slice());
    this.#release(direction, direction.held);
  }

  /** Sends on what the proxy has held back, if it still does. */
  #release(direction: Direction, bytes: Uint8Array | null): void {
    if (bytes === null || direction.held !== bytes) return;
    direction.held = null;
    this.#deliver(direction, bytes);
  }

  #deliver(direction: Direction, bytes: Uint8Array): void {
    const delayMs = this.#world.between(0, this.#options.delayMsMax);
    direction.lastMs = Math.max(direction.lastMs, this.#world.nowMs + delayMs);
    this.#world.at(direction.lastMs, () => {
      if (!this.#isLost) direction.end?.received(bytes);
    });
  }
}
