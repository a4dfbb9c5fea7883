/**
 * The browser's end of `/live`: the only WebSocket. It connects, notices silence, comes back by itself, and says
 * again what it wants after each connect; what the messages mean is decided by the receiver.
 *
 *            open                 close, error, 10 s of silence
 *   trying ────────► open ──────────────────────────────────────► waiting ──(backoff)──► trying
 *
 * A hub that no longer knows who looks does not open a socket, or closes it with 4401: `checkSession` finds out. Each try that is refused makes the next wait longer, also when the socket was open for a moment.
 *
 * Waits: 1, 2, 4, 8 … 30 s, each with half of it as jitter, so that a thousand dashboards do not come back in
 * the same instant when a hub restarts.
 */
import { decodeToViewer, encodeMessage } from '#core/codec.ts';
import { DecodeError, ProtocolError, protocolErrorCloseCodes } from '#core/errors.ts';
import { type FromViewer, type ToViewer, viewerSubprotocol, type Watch } from '#core/message.ts';

/** The hub sends a status each second; ten missing ones mean that the connection is dead, whatever TCP says. */
export const silentMsMax = 10_000;
export const retryMsMax = 30_000;

export interface Link {
  readonly phase: 'trying' | 'open' | 'waiting';
  /** Local time since which there has been no open socket; null while there is one. */
  readonly lostSinceMs: number | null;
  /** Tries that failed since the last open socket. */
  readonly failureCount: number;
  /** Local time of the next try; null unless waiting. */
  readonly nextTryMs: number | null;
  /** Local time of the newest message; null before the first. */
  readonly heardMs: number | null;
  /** Whether there was ever an open socket. */
  readonly everOpen: boolean;
}

export interface FeedReceiver {
  /** Throws DecodeError when the content breaks the protocol; the connection is then given up. */
  received(message: ToViewer): void;
  /** The link has changed; `opened` when a new socket stands, on which nothing has been sent before. */
  linkChanged(link: Link, opened: boolean): void;
}

export interface FeedOptions {
  readonly url: string;
  readonly openSocket: (url: string, subprotocol: string) => WebSocket;
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Runs `callback` once after `delayMs`; the result cancels it. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
  /** Finds out who looks: the hub has not opened a socket, or has said by its close that it does not know. */
  readonly checkSession?: () => void;
}

/** Wait before try number `attempt` (0 is the first after a loss), half of it random. */
export function retryMs(attempt: number, random: () => number): number {
  const ceilingMs = Math.min(retryMsMax, 1_000 * 2 ** Math.min(attempt, 10));
  return Math.round(ceilingMs / 2 + (random() * ceilingMs) / 2);
}

export class Feed {
  readonly #options: FeedOptions;
  readonly #receiver: FeedReceiver;
  #socket: WebSocket | null = null;
  #link: Link;
  #cancelTimer: () => void = () => {};
  /** Sockets that were refused one after the other. */
  #refusedCount = 0;
  #watch: Omit<Watch, 'kind'> | null = null;
  /** Host id → window in ms. */
  readonly #subscribed = new Map<number, number>();

  constructor(receiver: FeedReceiver, options: FeedOptions) {
    this.#receiver = receiver;
    this.#options = options;
    this.#link = {
      phase: 'waiting',
      lostSinceMs: options.nowMs(),
      failureCount: 0,
      nextTryMs: null,
      heardMs: null,
      everOpen: false,
    };
  }

  get link(): Link {
    return this.#link;
  }

  /** Connects, at once. Also cuts a wait short; does nothing while a socket is open or being opened. */
  connect(): void {
    if (this.#socket !== null) return;
    this.#cancelTimer();
    const socket = this.#options.openSocket(this.#options.url, viewerSubprotocol);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#change({ phase: 'trying', nextTryMs: null });
    // A connect that hangs is given up like a silent connection.
    this.#armSilence();
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (event: MessageEvent<unknown>) => this.#received(socket, event.data);
    socket.onclose = ({ code }) => this.#closed(socket, code === protocolErrorCloseCodes.ERR_TOKEN_REFUSED);
  }

  /** Overview of these series of these hosts (null: all). Replaces the previous one; null ends it. */
  watch(watch: Omit<Watch, 'kind'> | null): void {
    this.#watch = watch;
    this.#send({ kind: 'watch', ...(watch ?? { keys: [], hostIds: null, othersMs: 0 }) });
  }

  /** A snapshot and every tick of this host until `unsubscribe`, on this socket and on those after it. */
  subscribe(hostId: number, windowMs: number): void {
    this.#subscribed.set(hostId, windowMs);
    this.#send({ kind: 'subscribe', hostIds: [hostId], windowMs });
  }

  unsubscribe(hostId: number): void {
    if (this.#subscribed.delete(hostId)) this.#send({ kind: 'unsubscribe', hostIds: [hostId] });
  }

  #opened(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#armSilence();
    const heardMs = this.#options.nowMs();
    this.#change({ phase: 'open', lostSinceMs: null, failureCount: 0, heardMs, everOpen: true }, true);
    if (this.#watch !== null) this.#send({ kind: 'watch', ...this.#watch });
    for (const [hostId, windowMs] of this.#subscribed) this.#send({ kind: 'subscribe', hostIds: [hostId], windowMs });
  }

  #received(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#armSilence();
    this.#link = { ...this.#link, heardMs: this.#options.nowMs() };
    const message = decode(data);
    if (message === null || !this.#deliver(message)) this.#abandon(socket);
  }

  /** False when the content of the message breaks the protocol: a layout that is none. */
  #deliver(message: ToViewer): boolean {
    try {
      this.#receiver.received(message);
      return true;
    } catch (error) {
      if (error instanceof DecodeError) return false;
      throw error;
    }
  }

  #closed(socket: WebSocket, isRefused = false): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    const nowMs = this.#options.nowMs();
    const wasOpen = this.#link.phase === 'open';
    const waitMs = retryMs(Math.max(this.#link.failureCount, this.#refusedCount), this.#options.random);
    this.#refusedCount = isRefused ? this.#refusedCount + 1 : 0;
    this.#cancelTimer();
    this.#cancelTimer = this.#options.after(waitMs, () => this.connect());
    this.#change({
      phase: 'waiting',
      // What counts is since when nothing has come: a connection that fell silent was lost before it was closed.
      lostSinceMs: this.#link.lostSinceMs ?? this.#link.heardMs ?? nowMs,
      failureCount: this.#link.failureCount + 1,
      nextTryMs: nowMs + waitMs,
    });
    if (isRefused || !wasOpen) this.#options.checkSession?.();
  }

  /** Gives the socket up without waiting for its close: that may take a minute on a dead connection. */
  #abandon(socket: WebSocket): void {
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(protocolErrorCloseCodes.ERR_MESSAGE_UNEXPECTED);
    this.#closed(socket);
  }

  #armSilence(): void {
    const socket = this.#socket;
    this.#cancelTimer();
    this.#cancelTimer = this.#options.after(silentMsMax, () => {
      if (socket !== null && socket === this.#socket) this.#abandon(socket);
    });
  }

  #send(message: FromViewer): void {
    if (this.#link.phase !== 'open') return;
    this.#socket?.send(encodeMessage(message) as Uint8Array<ArrayBuffer>);
  }

  #change(change: Partial<Link>, opened = false): void {
    this.#link = { ...this.#link, ...change };
    this.#receiver.linkChanged(this.#link, opened);
  }
}

/** null for what breaks the protocol. */
function decode(data: unknown): ToViewer | null {
  if (!(data instanceof ArrayBuffer)) return null;
  try {
    return decodeToViewer(new Uint8Array(data));
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
