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
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { assert, ProtocolError } from '#core/errors.ts';
import { bulkMessageBytesMax } from '#core/limits.ts';
import { agentSubprotocol, viewerSubprotocol } from '#core/message.ts';
import { type AccessRule, type Actor, judgeAccess } from './access/actor.ts';
import { type Audit, type AuditEntry, AuditNote } from './access/audit.ts';
import type { Credentials, Gate } from './access/gate.ts';
import type { Access, RequestHeaders } from './access/site.ts';
import { errorAnswer, type HttpAnswer, HttpError, type Route } from './http.ts';
import type { ViewerSocket } from './live/fanout.ts';
import type { CertificateFiles } from './network/certificate.ts';
import type { Allowance, Doorman } from './network/doorman.ts';
import { isLoopback, type Protection } from './network/listening.ts';
import { type Peer, shortAddress, type TrustedProxies } from './network/peer-address.ts';
import type { AgentEndpoint, AgentSocket, ViewerEndpoint } from './sockets/endpoints.ts';
import { forwardedOf, headersOf, isPlainlyFramed, readBody, send, write } from './sockets/exchange.ts';
import { strictTransport } from './sockets/response-head.ts';
import { UwsAgentSocket, UwsViewerSocket } from './sockets/socket-objects.ts';

export interface SocketsOptions<C> {
  readonly agents: AgentEndpoint<C>;
  readonly viewers: ViewerEndpoint;
  readonly routes: readonly Route[];
  readonly access: Access;
  readonly gate: Gate;
  readonly audit: Audit;
  readonly doorman: Doorman;
  readonly proxies: TrustedProxies;
  readonly protection: Protection;
  /** null: without TLS. */
  readonly certificate: CertificateFiles | null;
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
/** What no agent sends: a proxy that nobody has named as trusted has passed it on. */
const proxyHeaders = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'];
const webSocketVersion = '13';
const versionProblem = `Cannot open WebSocket: Sec-WebSocket-Version ${webSocketVersion} is wanted`;

/** Apps with an earlier certificate whose connections go on. One more, and those of the oldest are asked to come back. */
const retiredAppsMax = 4;

interface AgentData<C> {
  readonly kind: 'agent';
  readonly credential: C;
  readonly address: string;
  readonly allowance: Allowance;
  socket: UwsAgentSocket<AgentData<C>> | null;
}

interface ViewerData {
  readonly kind: 'viewer';
  readonly actor: Actor;
  readonly address: string;
  readonly allowance: Allowance;
  socket: UwsViewerSocket<ViewerData> | null;
}

/** One app of the library, which has one certificate for good. */
interface Served {
  readonly app: TemplatedApp;
  /** Open WebSockets. */
  socketCount: number;
}

export class Sockets<C> {
  readonly #options: SocketsOptions<C>;
  #served: Served;
  /** Those that had an earlier certificate: they take no new connections, and what they have goes on. */
  #retired: Served[] = [];
  #listening: uws.us_listen_socket | null = null;
  #place: { readonly host: string; readonly port: number } | null = null;

  constructor(options: SocketsOptions<C>) {
    this.#options = options;
    checkRoutes(options.routes);
    this.#served = this.#build();
  }

  /** Listens; answers the port, or null when the address cannot be had. */
  listen(host: string, port: number): number | null {
    let listening = listenAt(this.#served.app, { host, port });
    if (listening !== null && port === 0) {
      // The library lets an address be taken over, which a new certificate needs, only where the port was named.
      const given = uws.us_socket_local_port(listening);
      uws.us_listen_socket_close(listening);
      listening = listenAt(this.#served.app, { host, port: given });
    }
    if (listening === null) return null;
    this.#listening = listening;
    this.#place = { host, port: uws.us_socket_local_port(listening) };
    return this.#place.port;
  }

  /**
   * Takes new connections with what the certificate's files hold now; those that are open go on. Answers false, and all stays
   * as it was, when the files cannot be used. For 0.1 ms nobody listens: an app of the library cannot have another
   * certificate, and two cannot share an address without letting a second hub share it too.
   */
  renewCertificate(): boolean {
    if (this.#listening === null || this.#place === null) return false;
    let next: Served;
    try {
      next = this.#build();
    } catch {
      return false;
    }
    uws.us_listen_socket_close(this.#listening);
    const listening = listenAt(next.app, this.#place);
    if (listening === null) {
      this.#listening = listenAt(this.#served.app, this.#place);
      return false;
    }
    this.#listening = listening;
    this.#retired = [...this.#retired, this.#served].filter((served) => {
      if (served.socketCount > 0) return true;
      served.app.close();
      return false;
    });
    this.#served = next;
    while (this.#retired.length > retiredAppsMax) this.#retired.shift()!.app.close();
    return true;
  }

  publish(topic: string, bytes: Uint8Array): void {
    this.#served.app.publish(topic, bytes, true, false);
    for (const { app } of this.#retired) app.publish(topic, bytes, true, false);
  }

  /** Takes no more connections; those that are open go on. */
  stopListening(): void {
    if (this.#listening !== null) uws.us_listen_socket_close(this.#listening);
    this.#listening = null;
  }

  /** Closes everything at once. */
  close(): void {
    this.stopListening();
    for (const { app } of [...this.#retired, this.#served]) app.close();
  }

  /** Throws when the library cannot use the certificate. */
  #build(): Served {
    const { certificate, routes, doorman, proxies } = this.#options;
    const app =
      certificate === null
        ? uws.App()
        : uws.SSLApp({
            cert_file_name: certificate.certFile,
            key_file_name: certificate.keyFile,
            ssl_prefer_low_memory_usage: true,
          });
    const served: Served = { app, socketCount: 0 };
    const watch = (res: HttpResponse, change: number): void => {
      // Nobody tells of the end of what has become a WebSocket: its own handler does.
      if (change < 0) {
        doorman.disconnected();
        return;
      }
      const address = addressOf(res);
      if (!doorman.connected(address, { isTrusted: proxies.isTrusted(address) })) res.close();
    };
    app.filter(watch);
    this.#addAgents(served);
    this.#addViewers(served);
    for (const route of routes) this.#addRoute(app, route);
    for (const path of ['/agent', '/live']) this.#addRoute(app, upgradeRoute(path));
    app.any('/*', (res, req) => this.#exchange(res, req, strayRoute(routes)));
    return served;
  }

  #addAgents(served: Served): void {
    const { agents, doorman } = this.#options;
    served.app.ws<AgentData<C>>('/agent', {
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
        const socket = new UwsAgentSocket(ws, data.address);
        data.socket = socket;
        served.socketCount += 1;
        this.#guard(socket, () => agents.opened(socket, data.credential));
      },
      message: (ws, message, isBinary) => {
        const { socket, allowance } = ws.getUserData();
        if (socket === null) return;
        this.#guard(socket, () => {
          checkAllowance(allowance, message.byteLength);
          checkBinary(isBinary);
          agents.received(socket, new Uint8Array(message));
        });
      },
      ping: (ws, message) => {
        const { socket, allowance } = ws.getUserData();
        if (socket !== null) this.#guard(socket, () => checkAllowance(allowance, message.byteLength));
      },
      pong: (ws, message) => {
        const { socket, allowance } = ws.getUserData();
        if (socket === null) return;
        this.#guard(socket, () => {
          checkAllowance(allowance, message.byteLength);
          agents.ponged(socket);
        });
      },
      close: (ws) => {
        const data = ws.getUserData();
        if (data.socket === null) return;
        served.socketCount -= 1;
        doorman.closed(data.address);
        doorman.disconnected();
        const { socket } = data;
        // From here on the library's object is dead: nothing may reach it through the socket.
        data.socket = null;
        socket.died();
        this.#guard(socket, () => agents.closed(socket));
      },
    });
  }

  #upgradeAgent(res: HttpResponse, req: UwsRequest, context: uws.us_socket_context_t): void {
    if (this.#isCut(res, req)) return;
    const key = req.getHeader('sec-websocket-key');
    const version = req.getHeader('sec-websocket-version');
    const protocols = req.getHeader('sec-websocket-protocol');
    const extensions = req.getHeader('sec-websocket-extensions');
    const authorization = req.getHeader('authorization');
    const origin = req.getHeader('origin');
    const peer = this.#peerOf(res, req);
    const isProxied = peer.isProxied || proxyHeaders.some((name) => req.getHeader(name) !== '');
    const turnedAway = this.#turnedAway(peer);
    const aborted = new AbortController();
    res.onAborted(() => aborted.abort());
    const refuseBy = (error: HttpError) => {
      if (aborted.signal.aborted) return;
      this.#options.onRefused(`http_${error.status}`);
      // It may come after a look into the database: the library corks only what is written before its handler returns.
      res.cork(() => write(res, errorAnswer(error)));
    };
    const refuse = (status: number, why: string, retryAfterSec?: number) => {
      const headers = retryAfterSec === undefined ? {} : { 'retry-after': String(retryAfterSec) };
      refuseBy(new HttpError(status, why, headers));
    };
    if (turnedAway !== null) {
      refuseBy(turnedAway);
      return;
    }
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
    this.#options.agents.authenticate(bearer, { address: peer.address, isProxied }).then(
      (verdict) => {
        if (aborted.signal.aborted) return;
        if ('status' in verdict) {
          refuse(verdict.status, verdict.why, verdict.retryAfterSec);
          return;
        }
        if (!this.#options.doorman.opened(peer.address, peer)) {
          refuse(429, 'Cannot accept agent: too many connections of this address', 30);
          return;
        }
        res.cork(() => {
          const { address } = peer;
          const allowance = this.#options.doorman.agentAllowance(address);
          const data: AgentData<C> = {
            ...{ kind: 'agent', credential: verdict.credential, address, allowance, socket: null },
          };
          res.upgrade(data, key, agentSubprotocol, extensions, context);
        });
      },
      (error: unknown) => {
        refuse(500, `Cannot accept agent: ${this.#failed(error, 'upgrade.failed')}`);
      },
    );
  }

  #addViewers(served: Served): void {
    const { viewers, doorman } = this.#options;
    served.app.ws<ViewerData>('/live', {
      compression: compressionOff,
      maxPayloadLength: 64 * 1024,
      idleTimeout: idleSeconds,
      maxBackpressure: viewerBackpressureBytesMax,
      upgrade: (res, req, context) => {
        this.#upgradeViewer(res, req, context);
      },
      open: (ws) => {
        const data = ws.getUserData();
        const socket = new UwsViewerSocket(ws);
        data.socket = socket;
        served.socketCount += 1;
        this.#guard(socket, () => viewers.opened(socket, data.actor));
      },
      message: (ws, message, isBinary) => {
        const { socket, actor, allowance } = ws.getUserData();
        if (socket === null) return;
        this.#guard(socket, () => {
          checkAllowance(allowance, message.byteLength);
          checkBinary(isBinary);
          viewers.received(socket, new Uint8Array(message), actor);
        });
      },
      ping: (ws, message) => {
        const { socket, allowance } = ws.getUserData();
        if (socket !== null) this.#guard(socket, () => checkAllowance(allowance, message.byteLength));
      },
      pong: (ws, message) => {
        const { socket, allowance } = ws.getUserData();
        if (socket !== null) this.#guard(socket, () => checkAllowance(allowance, message.byteLength));
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
        served.socketCount -= 1;
        doorman.viewerClosed(personOf(data.actor, data.address));
        doorman.closed(data.address);
        doorman.disconnected();
        const { socket } = data;
        data.socket = null;
        socket.died();
        this.#guard(socket, () => viewers.closed(socket));
      },
    });
  }

  #upgradeViewer(res: HttpResponse, req: UwsRequest, context: uws.us_socket_context_t): void {
    if (this.#isCut(res, req)) return;
    const problem = this.#options.access.socketProblem(headersOf(req));
    const protocols = req.getHeader('sec-websocket-protocol');
    const key = req.getHeader('sec-websocket-key');
    const extensions = req.getHeader('sec-websocket-extensions');
    const peer = this.#peerOf(res, req);
    const credentials = credentialsOf(req, peer);
    const turnedAway = this.#turnedAway(peer);
    const aborted = new AbortController();
    res.onAborted(() => aborted.abort());
    const refuse = (error: HttpError) => {
      if (aborted.signal.aborted) return;
      this.#options.onRefused(`http_${error.status}`);
      res.cork(() => write(res, errorAnswer(error)));
    };
    if (turnedAway !== null) {
      refuse(turnedAway);
      return;
    }
    if (problem !== null) {
      refuse(new HttpError(403, problem));
      return;
    }
    if (req.getHeader('sec-websocket-version') !== webSocketVersion) {
      refuse(new HttpError(426, versionProblem));
      return;
    }
    if (!protocols.split(',').some((one) => one.trim() === viewerSubprotocol)) {
      refuse(new HttpError(400, `Cannot accept viewer: the subprotocol ${viewerSubprotocol} is wanted`));
      return;
    }
    this.#admit(credentials, 'viewer').then(
      (actor) => {
        if (aborted.signal.aborted) return;
        const { doorman } = this.#options;
        const { address } = peer;
        const person = personOf(actor, address);
        if (!doorman.viewerOpened(person, address)) {
          refuse(new HttpError(429, 'Cannot accept viewer: too many dashboards are open', { 'retry-after': '30' }));
          return;
        }
        if (!doorman.opened(address, peer)) {
          doorman.viewerClosed(person);
          refuse(
            new HttpError(429, 'Cannot accept viewer: too many connections of this address', { 'retry-after': '30' }),
          );
          return;
        }
        res.cork(() => {
          const allowance = doorman.viewerAllowance(address);
          const data: ViewerData = { kind: 'viewer', actor, address, allowance, socket: null };
          res.upgrade(data, key, viewerSubprotocol, extensions, context);
        });
      },
      (error: unknown) => {
        if (error instanceof HttpError) {
          refuse(error);
          return;
        }
        refuse(new HttpError(500, `Cannot accept viewer: ${this.#failed(error, 'upgrade.failed')}`));
      },
    );
  }

  /** Who sends it. What is for everybody is so too for those of whom nothing can be known now. Rejects with HttpError. */
  async #identify(credentials: Credentials, rule: AccessRule): Promise<Actor> {
    try {
      return await this.#options.gate.identify(credentials);
    } catch (error) {
      if (rule === 'public' && error instanceof HttpError) return { kind: 'anonymous', canRead: false };
      throw error;
    }
  }

  /** Who sends it, if the rule lets them through. Rejects with HttpError. */
  async #admit(credentials: Credentials, rule: AccessRule): Promise<Actor> {
    const actor = await this.#identify(credentials, rule);
    const verdict = judgeAccess(rule, actor);
    if (verdict === 'allowed') return actor;
    throw verdict === 'unknown' ? unknownError() : forbiddenError(rule);
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

  #peerOf(res: HttpResponse, req: UwsRequest): Peer {
    const { proxies, certificate } = this.#options;
    return proxies.peerOf(addressOf(res), { isSecure: certificate !== null, forwarded: () => forwardedOf(req) });
  }

  /** Cuts a connection on which nobody can be sure where this request ends, before the library reads what follows. Answers whether it did. */
  #isCut(res: HttpResponse, req: UwsRequest): boolean {
    if (isPlainlyFramed(req)) return false;
    this.#options.onRefused('http_400');
    // The library ends the process for whoever answers nothing without it.
    res.onAborted(() => {});
    res.close();
    return true;
  }

  /** Why whoever it is gets no answer at all; null when they may. Counts the request. */
  #turnedAway({ address, isProxied, isSecure }: Peer): HttpError | null {
    const { protection, doorman } = this.#options;
    if (protection === 'proxied' && !isProxied && !isLoopback(address))
      return new HttpError(403, 'Cannot answer: this hub is reached through its proxy, by https');
    // Passwords and cookies would have come in the clear as far as the proxy.
    if (protection === 'proxied' && isProxied && !isSecure)
      return new HttpError(403, 'Cannot answer: the proxy must be asked by https, and say so by X-Forwarded-Proto');
    if (doorman.requested(address)) return null;
    return new HttpError(429, 'Cannot answer: too many requests of this address', { 'retry-after': '1' });
  }

  /** Logs a fault of ours, and answers what to say of it: a reference, and nothing of what happened. */
  #failed(error: unknown, event: string, fields: Readonly<Record<string, unknown>> = {}): string {
    const reference = randomBytes(6).toString('hex');
    this.#options.log.error({ err: error, reference, ...fields }, event);
    return `the hub failed; its log says why, under the reference ${reference}`;
  }

  #addRoute(app: TemplatedApp, route: Route): void {
    const handler = (res: HttpResponse, req: UwsRequest) => this.#exchange(res, req, route);
    switch (route.method) {
      case 'get':
        app.get(route.path, handler);
        app.head(route.path, handler);
        break;
      case 'post':
        app.post(route.path, handler);
        break;
      case 'put':
        app.put(route.path, handler);
        break;
      case 'patch':
        app.patch(route.path, handler);
        break;
      case 'delete':
        app.del(route.path, handler);
        break;
    }
  }

  /** The one way through which a request is answered. */
  #exchange(res: HttpResponse, req: UwsRequest, route: Route): void {
    if (this.#isCut(res, req)) return;
    const peer = this.#peerOf(res, req);
    const turnedAway = this.#turnedAway(peer);
    if (turnedAway !== null) {
      // Not even written down: there may be very many.
      this.#options.onRefused(`http_${turnedAway.status}`);
      write(res, errorAnswer(turnedAway), { isHeadOnly: req.getMethod() === 'head' });
      return;
    }
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
    const credentials = credentialsOf(req, peer);
    const note = new AuditNote();
    let actor: Actor = { kind: 'anonymous', canRead: false };
    let isSending = false;
    const finish = async (answer: HttpAnswer) => {
      try {
        // Also of a client that has gone meanwhile: what it asked for was done all the same.
        const action = note.action ?? route.action;
        if (action !== null) {
          const { address } = credentials;
          const userAgent = all.get('user-agent') ?? '';
          const { status } = answer;
          await this.#options.audit({
            ...{
              atMs: Date.now(),
              actor,
              action,
              object: note.object || path,
              detail: note.detail,
            },
            ...{ result: resultOf(status), status, address, userAgent },
          });
        }
        if (signal.aborted) return;
        await send(res, peer.isSecure && !isOwnName(headers.host) ? withStrictTransport(answer) : answer, {
          signal,
          isHeadOnly: method === 'head',
          onStart: () => (isSending = true),
        });
      } finally {
        answer.settled?.();
      }
    };
    const fail = async (error: unknown) => {
      // Whatever was under way ends by an error when its client goes.
      if (signal.aborted && route.action === null) return;
      const known =
        error instanceof HttpError
          ? error
          : new HttpError(500, `Cannot answer: ${this.#failed(error, 'request.failed', { path })}`);
      if (isSending) {
        res.close();
        return;
      }
      if (error instanceof HttpError) this.#options.onRefused(`http_${error.status}`);
      await finish(errorAnswer(known));
    };
    const problem = this.#problemOf(route, headers, all.get('content-type') ?? '');
    const answer = async (body: Uint8Array) => {
      const rest = restOf(route.path, path);
      return await route.answer({
        method,
        path,
        rest,
        query,
        body,
        header: (name) => all.get(name) ?? '',
        signal,
        actor,
        credentials,
        note,
      });
    };
    const { gate } = this.#options;
    const admit = async () => {
      if (problem !== null) throw problem;
      // The cookies and tokens of strangers' pages are not even looked at.
      const found = await this.#identify(credentials, route.access);
      const verdict = judgeAccess(route.access, found);
      // Whoever may no more is written down as who they were.
      if (verdict === 'allowed' || actor.kind === 'anonymous') actor = found;
      if (verdict !== 'allowed') throw verdict === 'unknown' ? unknownError() : forbiddenError(route.access);
      if (route.isChange && route.access !== 'public')
        gate.checkChange(actor, credentials, all.get('x-csrf-token') ?? '');
    };
    // The library gives a body only to whoever takes it at once.
    const body = route.bodyBytesMax === 0 ? null : readBody(res, route.bodyBytesMax, signal);
    body?.catch(() => {});
    admit()
      .then(async () => {
        if (body === null) return await answer(new Uint8Array(0));
        const bytes = await body;
        // A body may take its time, within which whoever sends it has lost what they had.
        if (actor.kind !== 'anonymous') await admit();
        return await answer(bytes);
      })
      .then(finish)
      .catch(fail);
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

/** Of two routes the library would take one, and nobody would know whose rule holds. */
function checkRoutes(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const { method, path } of routes) {
    assert(!seen.has(`${method} ${path}`), `a route stands once: got ${method} ${path} twice`);
    seen.add(`${method} ${path}`);
  }
}

/** A WebSocket's path, asked without an upgrade. */
function upgradeRoute(path: string): Route {
  return {
    method: 'get',
    path,
    access: 'public',
    isChange: false,
    action: null,
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
    access: 'public',
    isChange: false,
    action: null,
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
  if (pattern.endsWith('/*')) return path.startsWith(pattern.slice(0, -1));
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part === given[index] || (part.startsWith(':') && given[index] !== ''))
  );
}

/** What the path has behind the route's `/*`, or in place of its `:names`. */
function restOf(pattern: string, path: string): string[] {
  if (pattern.endsWith('/*')) return path.slice(pattern.length - 1).split('/');
  const given = path.split('/');
  return pattern.split('/').flatMap((part, index) => (part.startsWith(':') ? [given[index] ?? ''] : []));
}

function addressOf(res: HttpResponse): string {
  return shortAddress(Buffer.from(res.getRemoteAddressAsText()).toString('latin1'));
}

function credentialsOf(req: UwsRequest, { address, isSecure }: Peer): Credentials {
  return { authorization: req.getHeader('authorization'), cookie: req.getHeader('cookie'), address, isSecure };
}

/** Whose dashboards are counted together. */
function personOf(actor: Actor, address: string): string {
  switch (actor.kind) {
    case 'person':
      return `person ${actor.personId}`;
    case 'token':
      return `token ${actor.tokenId}`;
    case 'operator':
      return 'operator';
    case 'anonymous':
      return `address ${address}`;
  }
}

function isOwnName(host: string): boolean {
  return isLoopback(host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
}

function withStrictTransport(answer: HttpAnswer): HttpAnswer {
  return { ...answer, headers: { ...strictTransport, ...answer.headers } };
}

/** Listens at once; null when the address cannot be had. */
function listenAt(
  app: TemplatedApp,
  { host, port }: { readonly host: string; readonly port: number },
): uws.us_listen_socket | null {
  let listening: uws.us_listen_socket | null = null;
  // Types know options only without a host; the library takes both. It calls back before it returns.
  (app as unknown as ExclusiveApp).listen(host, port, exclusivePort, (socket) => {
    if (socket !== false) listening = socket;
  });
  return listening;
}

function unknownError(): HttpError {
  return new HttpError(401, 'Cannot answer: sign in, or send an API token as "authorization: Bearer …"', {
    'www-authenticate': 'Bearer realm="pulsewire"',
  });
}

function forbiddenError(rule: AccessRule): HttpError {
  const wanted: Readonly<Record<AccessRule, string>> = {
    public: 'nothing is wanted',
    viewer: 'the role viewer is wanted',
    editor: 'the role editor is wanted',
    admin: 'the role admin is wanted',
    push: 'the role editor, or a token with the scope "push", is wanted',
    person: 'a person who is signed in is wanted',
  };
  return new HttpError(403, `Cannot answer: ${wanted[rule]}`);
}

function resultOf(status: number): AuditEntry['result'] {
  return status < 400 ? 'done' : status < 500 ? 'refused' : 'failed';
}

function checkAllowance(allowance: Allowance, bytes: number): void {
  const limit = allowance.take(bytes);
  if (limit !== null) throw new ProtocolError('ERR_RATE_EXCEEDED', `Cannot go on: too much is sent (${limit})`);
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
