/**
 * A request to become a WebSocket, from its arrival until it is refused or upgraded, whichever comes first. What is needed of
 * it is read at once: the library's request dies when its handler returns, and whom it is from may take a look into the
 * database to know. Of one whose client has gone meanwhile nothing may be touched: the library would end the process.
 */
import type { HttpResponse, HttpRequest as UwsRequest, us_socket_context_t } from 'uWebSockets.js';
import { errorAnswer, HttpError } from '../http.ts';
import { write } from './answer-writer.ts';
import type { Door } from './door.ts';

const webSocketVersion = '13';

export class Upgrade {
  readonly #res: HttpResponse;
  readonly #context: us_socket_context_t;
  readonly #door: Door;
  readonly #key: string;
  readonly #version: string;
  readonly #protocols: string;
  readonly #extensions: string;
  #isGone = false;

  constructor(
    res: HttpResponse,
    req: UwsRequest,
    { context, door }: { readonly context: us_socket_context_t; readonly door: Door },
  ) {
    this.#res = res;
    this.#context = context;
    this.#door = door;
    this.#key = req.getHeader('sec-websocket-key');
    this.#version = req.getHeader('sec-websocket-version');
    this.#protocols = req.getHeader('sec-websocket-protocol');
    this.#extensions = req.getHeader('sec-websocket-extensions');
    res.onAborted(() => {
      this.#isGone = true;
    });
  }

  /** Whether its client has gone. */
  get isGone(): boolean {
    return this.#isGone;
  }

  versionProblem(): HttpError | null {
    if (this.#version === webSocketVersion) return null;
    return new HttpError(426, `Cannot open WebSocket: Sec-WebSocket-Version ${webSocketVersion} is wanted`);
  }

  /** `who` as the refusal names them. */
  subprotocolProblem(wanted: string, who: 'agent' | 'viewer'): HttpError | null {
    if (this.#protocols.split(',').some((one) => one.trim() === wanted)) return null;
    return new HttpError(400, `Cannot accept ${who}: the subprotocol ${wanted} is wanted`);
  }

  refuse(error: HttpError): void {
    if (this.#isGone) return;
    this.#door.refused(error);
    // It may come after a look into the database: the library corks only what is written before its handler returns.
    this.#res.cork(() => write(this.#res, errorAnswer(error)));
  }

  /** Opens the WebSocket; `data` goes with it for as long as it lives. */
  accept<D>(data: D, subprotocol: string): void {
    this.#res.cork(() => this.#res.upgrade(data, this.#key, subprotocol, this.#extensions, this.#context));
  }
}
