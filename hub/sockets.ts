/**
 * The only place that knows uWebSockets.js, with the room beside it: one server for agents, viewers, REST and the dashboard's files.
 *
 * The library ends the process, uncatchably, when a handler returns without an answer or an abort handler, and
 * when a response is used after its abort. So there is one wrapper, `exchange`, that every request goes
 * through: it always registers the abort, answers at most once, and turns whatever is thrown into an answer.
 * Message buffers die when a handler returns; whoever keeps bytes copies them.
 */
import type { HttpResponse, TemplatedApp, HttpRequest as UwsRequest } from 'uWebSockets.js';
import * as uws from 'uWebSockets.js';
import type { Logger } from 'pino';
import { ProtocolError } from '#core/errors.ts';
import { bulkMessageBytesMax } from '#core/limits.ts';
import { agentSubprotocol, viewerSubprotocol } from '#core/message.ts';
import type { Access, RequestHeaders } from './access.ts';
import { errorAnswer, type HttpAnswer, HttpError, type Route } from './http.ts';
import type { ViewerSocket } from './live/fanout.ts';
import type { AgentEndpoint, AgentSocket, ViewerEndpoint } from './sockets/endpoints.ts';
import { headersOf, readBody, send, write } from './sockets/exchange.ts';
import { UwsAgentSocket, UwsViewerSocket } from './sockets/socket-objects.ts';

export interface SocketsOptions<C> {
  readonly agents: AgentEndpoint<C>;
  readonly viewers: ViewerEndpoint;
  readonly routes: readonly Route[];
  readonly access: Access;
  readonly log: Logger;
  /** Counts a refused message or request. */
  readonly onRefused: (code: string) => void;
}

/** `DISABLED` and `LIBUS_LISTEN_EXCLUSIVE_PORT` of the library: its types and its module disagree on where they are. */
const compressionOff = 0;
const exclusivePort = 1;
/** Seconds without a byte after which the library closes; it pings before. Both sides notice within 45 s. */
const idleSeconds = 32;
/** Unsent bytes of an agent: acks and pongs are small, so this much means that it does not read. */
const agentBackpressureBytesMax = 1024 * 1024;
/** A snapshot of a large host may be queued at once; a viewer that is behind gets nothing more. */
const viewerBackpressureBytesMax = 8 * 1024 * 1024;
const webSocketVersion = '13';
const versionProblem = `Cannot open WebSocket: Sec-WebSocket-Version ${webSocketVersion} is wanted`;

interface AgentData<C> {
  readonly kind: 'agent';
  readonly credential: C;
  socket: UwsAgentSocket<AgentData<C>> | null;
}

interface ViewerData {
  readonly kind: 'viewer';
  socket: UwsViewerSocket<ViewerData> | null;
}

export class Sockets<C> {
  readonly #options: SocketsOptions<C>;
  readonly #app: TemplatedApp;
  #listening: uws.us_listen_socket | null = null;

  constructor(options: SocketsOptions<C>) {
    this.#options = options;
    this.#app = uws.App();
    this.#addAgents();
    this.#addViewers();
    for (const route of options.routes) this.#addRoute(route);
    for (const path of ['/agent', '/live']) this.#addRoute(upgradeRoute(path));
    this.#app.any('/*', (res, req) => this.#exchange(res, req, strayRoute(options.routes)));
  }

  /** Listens; answers the port, or null when the address cannot be had. */
  listen(host: string, port: number): Promise<number | null> {
    return new Promise((resolve) => {
      // Types know options only without a host; the library takes both.
      const app = this.#app as unknown as ExclusiveApp;
      app.listen(host, port, exclusivePort, (listening) => {
        if (listening === false) {
          resolve(null);
          return;
        }
        this.#listening = listening;
        resolve(uws.us_socket_local_port(listening));
      });
    });
  }

  publish(topic: string, bytes: Uint8Array): void {
    this.#app.publish(topic, bytes, true, false);
  }

  /** Takes no more connections; those that are open go on. */
  stopListening(): void {
    if (this.#listening !== null) uws.us_listen_socket_close(this.#listening);
    this.#listening = null;
  }

  /** Closes everything at once. */
  close(): void {
    this.stopListening();
    this.#app.close();
  }

  #addAgents(): void {
    const { agents } = this.#options;
    this.#app.ws<AgentData<C>>('/agent', {
      compression: compressionOff,
      maxPayloadLength: bulkMessageBytesMax,
      idleTimeout: idleSeconds,
      maxBackpressure: agentBackpressureBytesMax,
      closeOnBackpressureLimit: true,
      upgrade: (res, req, context) => {
        this.#upgradeAgent(res, req, context);
      },
      open: (ws) => {
        const data = ws.getUserData();
        const socket = new UwsAgentSocket(ws);
        data.socket = socket;
        this.#guard(socket, () => agents.opened(socket, data.credential));
      },
      message: (ws, message, isBinary) => {
        const { socket } = ws.getUserData();
        if (socket === null) return;
        this.#guard(socket, () => {
          checkBinary(isBinary);
          agents.received(socket, new Uint8Array(message));
        });
      },
      pong: (ws) => {
        const { socket } = ws.getUserData();
        if (socket !== null) this.#guard(socket, () => agents.ponged(socket));
      },
      close: (ws) => {
        const data = ws.getUserData();
        if (data.socket === null) return;
        const { socket } = data;
        // From here on the library's object is dead: nothing may reach it through the socket.
        data.socket = null;
        socket.died();
        this.#guard(socket, () => agents.closed(socket));
      },
    });
  }

  #upgradeAgent(res: HttpResponse, req: UwsRequest, context: uws.us_socket_context_t): void {
    const key = req.getHeader('sec-websocket-key');
    const version = req.getHeader('sec-websocket-version');
    const protocols = req.getHeader('sec-websocket-protocol');
    const extensions = req.getHeader('sec-websocket-extensions');
    const authorization = req.getHeader('authorization');
    const origin = req.getHeader('origin');
    const aborted = new AbortController();
    res.onAborted(() => aborted.abort());
    const refuse = (status: number, why: string, retryAfterSec?: number) => {
      if (aborted.signal.aborted) return;
      this.#options.onRefused(`http_${status}`);
      write(res, {
        ...errorAnswer(new HttpError(status, why)),
        ...(retryAfterSec === undefined ? {} : { headers: { 'retry-after': String(retryAfterSec) } }),
      });
    };
    if (version !== webSocketVersion) {
      refuse(426, versionProblem);
      return;
    }
    if (origin !== '') {
      refuse(403, 'Cannot accept agent: pages are not agents');
      return;
    }
    if (!protocols.split(',').some((one) => one.trim() === agentSubprotocol)) {
      refuse(400, `Cannot accept agent: the subprotocol ${agentSubprotocol} is wanted`);
      return;
    }
    const bearer = /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization)?.[1];
    if (bearer === undefined) {
      refuse(401, 'Cannot accept agent: a bearer token is wanted');
      return;
    }
    this.#options.agents.authenticate(bearer, aborted.signal).then(
      (verdict) => {
        if (aborted.signal.aborted) return;
        if ('status' in verdict) {
          refuse(verdict.status, verdict.why, verdict.retryAfterSec);
          return;
        }
        res.cork(() => {
          const data: AgentData<C> = { kind: 'agent', credential: verdict.credential, socket: null };
          res.upgrade(data, key, agentSubprotocol, extensions, context);
        });
      },
      (error: unknown) => {
        this.#options.log.error({ err: error }, 'upgrade.failed');
        refuse(500, 'Cannot accept agent: the hub failed');
      },
    );
  }

  #addViewers(): void {
    const { viewers } = this.#options;
    this.#app.ws<ViewerData>('/live', {
      compression: compressionOff,
      maxPayloadLength: 64 * 1024,
      idleTimeout: idleSeconds,
      maxBackpressure: viewerBackpressureBytesMax,
      upgrade: (res, req, context) => {
        const problem = this.#options.access.socketProblem(headersOf(req));
        const protocols = req.getHeader('sec-websocket-protocol');
        if (problem !== null) {
          this.#refuseUpgrade(res, 403, problem);
          return;
        }
        if (req.getHeader('sec-websocket-version') !== webSocketVersion) {
          this.#refuseUpgrade(res, 426, versionProblem);
          return;
        }
        if (!protocols.split(',').some((one) => one.trim() === viewerSubprotocol)) {
          this.#refuseUpgrade(res, 400, `Cannot accept viewer: the subprotocol ${viewerSubprotocol} is wanted`);
          return;
        }
        const data: ViewerData = { kind: 'viewer', socket: null };
        res.upgrade(
          data,
          req.getHeader('sec-websocket-key'),
          viewerSubprotocol,
          req.getHeader('sec-websocket-extensions'),
          context,
        );
      },
      open: (ws) => {
        const data = ws.getUserData();
        const socket = new UwsViewerSocket(ws);
        data.socket = socket;
        this.#guard(socket, () => viewers.opened(socket));
      },
      message: (ws, message, isBinary) => {
        const { socket } = ws.getUserData();
        if (socket === null) return;
        this.#guard(socket, () => {
          checkBinary(isBinary);
          viewers.received(socket, new Uint8Array(message));
        });
      },
      drain: (ws) => {
        const { socket } = ws.getUserData();
        if (socket !== null) this.#guard(socket, () => viewers.drained(socket));
      },
      dropped: (ws) => {
        const { socket } = ws.getUserData();
        if (socket !== null) this.#guard(socket, () => viewers.dropped(socket));
      },
      close: (ws) => {
        const data = ws.getUserData();
        if (data.socket === null) return;
        const { socket } = data;
        data.socket = null;
        socket.died();
        this.#guard(socket, () => viewers.closed(socket));
      },
    });
  }

  #refuseUpgrade(res: HttpResponse, status: number, why: string): void {
    this.#options.onRefused(`http_${status}`);
    write(res, errorAnswer(new HttpError(status, why)));
  }

  /** Runs a handler; a peer's fault closes that socket, a fault of ours is logged and closes it too. */
  #guard(socket: AgentSocket | ViewerSocket, handler: () => void): void {
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

  #addRoute(route: Route): void {
    const handler = (res: HttpResponse, req: UwsRequest) => this.#exchange(res, req, route);
    switch (route.method) {
      case 'get':
        this.#app.get(route.path, handler);
        this.#app.head(route.path, handler);
        break;
      case 'post':
        this.#app.post(route.path, handler);
        break;
      case 'patch':
        this.#app.patch(route.path, handler);
        break;
      case 'delete':
        this.#app.del(route.path, handler);
        break;
    }
  }

  /** The one way through which a request is answered. */
  #exchange(res: HttpResponse, req: UwsRequest, route: Route): void {
    const aborted = new AbortController();
    res.onAborted(() => aborted.abort());
    const headers = headersOf(req);
    const path = req.getUrl();
    const method = req.getMethod();
    const query = new URLSearchParams(req.getQuery() ?? '');
    const all = new Map<string, string>();
    req.forEach((name, value) => {
      all.set(name, value);
    });
    const { signal } = aborted;
    let isSending = false;
    const finish = async (answer: HttpAnswer) => {
      try {
        if (signal.aborted) return;
        await send(res, answer, { signal, isHeadOnly: method === 'head', onStart: () => (isSending = true) });
      } finally {
        answer.settled?.();
      }
    };
    const fail = async (error: unknown) => {
      // Whatever was under way ends by an error when its client goes.
      if (signal.aborted) return;
      if (!(error instanceof HttpError)) this.#options.log.error({ err: error, path }, 'request.failed');
      if (isSending) {
        res.close();
        return;
      }
      const known =
        error instanceof HttpError ? error : new HttpError(500, 'Cannot answer: the hub failed; its log says why');
      if (error instanceof HttpError) this.#options.onRefused(`http_${error.status}`);
      await finish(errorAnswer(known));
    };
    const problem = this.#problemOf(route, headers, all.get('content-type') ?? '');
    const answer = async (body: Uint8Array) => {
      if (problem !== null) throw problem;
      const rest = route.path.endsWith('/*') ? path.slice(route.path.length - 1).split('/') : [];
      return await route.answer({
        method,
        path,
        rest,
        query,
        body,
        header: (name) => all.get(name) ?? '',
        signal,
      });
    };
    if (route.bodyBytesMax === 0) {
      answer(new Uint8Array(0)).then(finish).catch(fail);
      return;
    }
    readBody(res, route.bodyBytesMax, signal).then(answer).then(finish).catch(fail);
  }

  #problemOf(route: Route, headers: RequestHeaders, contentType: string): HttpError | null {
    const { access } = this.#options;
    const host = route.isOpen === true ? null : access.hostProblem(headers.host);
    if (host !== null) return new HttpError(403, host);
    if (!route.isChange) return null;
    const change = access.changeProblem(headers);
    if (change !== null) return new HttpError(403, change);
    const isJson = /^application\/json\s*(;|$)/i.test(contentType);
    if (route.bodyBytesMax > 0 && !isJson) {
      return new HttpError(
        415,
        `Cannot read body: content-type application/json is wanted: got ${JSON.stringify(contentType.slice(0, 80))}`,
      );
    }
    return null;
  }
}

/** A WebSocket's path, asked without an upgrade. */
function upgradeRoute(path: string): Route {
  return {
    method: 'get',
    path,
    isChange: false,
    bodyBytesMax: 0,
    answer: () => {
      throw new HttpError(426, `Cannot answer: ${path} is a WebSocket`, { upgrade: 'websocket' });
    },
  };
}

/** Whatever no route takes: a path that is not there, or a method that its route has not. */
function strayRoute(routes: readonly Route[]): Route {
  return {
    method: 'get',
    path: '/*',
    isChange: false,
    bodyBytesMax: 0,
    answer: ({ method, path }) => {
      const shown = JSON.stringify(path.slice(0, 200));
      const matching = routes.filter((route) => matches(route.path, path));
      if (matching.length === 0) throw new HttpError(404, `Cannot find ${shown}: there is no such route`);
      const methods = [
        ...new Set(
          matching.flatMap((route) => (route.method === 'get' ? ['GET', 'HEAD'] : [route.method.toUpperCase()])),
        ),
      ];
      throw new HttpError(
        405,
        `Cannot answer ${JSON.stringify(method.toUpperCase().slice(0, 20))} of ${shown}: ${methods.join(', ')} are allowed`,
        { allow: methods.join(', ') },
      );
    },
  };
}

function matches(pattern: string, path: string): boolean {
  return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

function checkBinary(isBinary: boolean): void {
  if (!isBinary) throw new ProtocolError('ERR_MESSAGE_TEXT', 'Cannot accept message: binary is wanted: got text');
}

/** Without the exclusive option two hubs would share one port, each with half of the connections. */
interface ExclusiveApp {
  listen(
    host: string,
    port: number,
    options: number,
    onListening: (listening: uws.us_listen_socket | false) => void,
  ): void;
}
