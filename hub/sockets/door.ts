/**
 * What every request meets first, whichever of the three ways it takes (an agent's, a viewer's, a route): is it framed so that
 * everybody reads the same, whom does it come from, may it be answered at all. And what a fault costs: of a peer its own
 * connection, of ours an answer that says nothing of the inside.
 */

import type { HttpResponse, HttpRequest as UwsRequest } from 'uWebSockets.js';
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { ProtocolError } from '#core/errors.ts';
import { HttpError } from '../http.ts';
import type { Doorman } from '../network/doorman.ts';
import { isLoopback, type Protection } from '../network/listening.ts';
import { type Peer, shortAddress, type TrustedProxies } from '../network/peer-address.ts';
import { forwardedOf, isPassedOn, isPlainlyFramed } from './request-reader.ts';

export interface DoorOptions {
  readonly doorman: Doorman;
  readonly proxies: TrustedProxies;
  readonly protection: Protection;
  /** Whether the hub itself has a certificate. */
  readonly isTls: boolean;
  readonly log: Logger;
  /** Counts a refused message or request. */
  readonly onRefused: (code: string) => void;
}

export class Door {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  get doorman(): Doorman {
    return this.#options.doorman;
  }

  /** A connection was made, or has ended when `change` is negative: a filter of the library. */
  watch(res: HttpResponse, change: number): void {
    const { doorman, proxies } = this.#options;
    // Nobody tells of the end of what has become a WebSocket: its own handler does.
    if (change < 0) {
      doorman.disconnected();
      return;
    }
    const address = addressOf(res);
    if (!doorman.connected(address, { isTrusted: proxies.isTrusted(address) })) res.close();
  }

  /** Cuts a connection on which nobody can be sure where this request ends, before the library reads what follows. Answers whether it did. */
  isCut(res: HttpResponse, req: UwsRequest): boolean {
    if (isPlainlyFramed(req)) return false;
    this.#options.onRefused('http_400');
    // The library ends the process for whoever answers nothing without it.
    res.onAborted(() => {});
    res.close();
    return true;
  }

  peerOf(res: HttpResponse, req: UwsRequest): Peer {
    const { proxies, isTls } = this.#options;
    return proxies.peerOf(addressOf(res), {
      isSecure: isTls,
      forwarded: () => forwardedOf(req),
      isPassedOn: () => isPassedOn(req),
    });
  }

  /** Why whoever it is gets no answer at all; null when they may. Counts the request. */
  turnedAway({ address, isProxied, isSecure }: Peer): HttpError | null {
    const { protection, doorman } = this.#options;
    if (protection === 'proxied' && !isProxied && !isLoopback(address))
      return new HttpError(403, 'Cannot answer: this hub is reached through its proxy, by https');
    // Passwords and cookies would have come in the clear as far as the proxy.
    if (protection === 'proxied' && isProxied && !isSecure)
      return new HttpError(403, 'Cannot answer: the proxy must be asked by https, and say so by X-Forwarded-Proto');
    if (doorman.requested(address)) return null;
    return new HttpError(429, 'Cannot answer: too many requests of this address', { 'retry-after': '1' });
  }

  /** Counts a request that is refused. */
  refused({ status }: HttpError): void {
    this.#options.onRefused(`http_${status}`);
  }

  /** Runs a handler of a WebSocket; a peer's fault closes that socket, a fault of ours is logged and closes it too. */
  guard(socket: { close(closeCode: number, reason: string): void }, handler: () => void): void {
    try {
      handler();
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.#options.onRefused(error.code);
        this.#options.log.debug({ code: error.code, reason: error.message }, 'message.refused');
        socket.close(error.closeCode, error.message);
        return;
      }
      this.#options.log.error({ err: error }, 'message.failed');
      socket.close(1011, 'Cannot go on: the hub failed on this message');
    }
  }

  /** Logs a fault of ours, and answers what to say of it: a reference, and nothing of what happened. */
  failed(error: unknown, event: string, fields: Readonly<Record<string, unknown>> = {}): string {
    const reference = randomBytes(6).toString('hex');
    this.#options.log.error({ err: error, reference, ...fields }, event);
    return `the hub failed; its log says why, under the reference ${reference}`;
  }
}

function addressOf(res: HttpResponse): string {
  return shortAddress(Buffer.from(res.getRemoteAddressAsText()).toString('latin1'));
}
