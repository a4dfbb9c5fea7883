/**
 * One request of a route, from its arrival to its answer: what it says is read, whoever sends it is let through or not, the
 * route answers, and the audit log has its entry before the answer goes out.
 *
 * The library ends the process, uncatchably, when a handler returns without an answer or an abort handler, and when a
 * response is used after its abort. So this is the one way through which requests are answered: it always registers the
 * abort, answers at most once, and turns whatever is thrown into an answer.
 */
import type { HttpResponse, TemplatedApp, HttpRequest as UwsRequest } from 'uWebSockets.js';
import type { Actor } from '../access/actor.ts';
import { type Audit, type AuditEntry, AuditNote } from '../access/audit.ts';
import type { Credentials, Gate } from '../access/gate.ts';
import type { Access, RequestHeaders } from '../access/site.ts';
import { errorAnswer, type HttpAnswer, HttpError, type Route } from '../http.ts';
import { isLoopback } from '../network/listening.ts';
import type { Peer } from '../network/peer-address.ts';
import { identify, refusalOf } from './access-check.ts';
import { send, write } from './answer-writer.ts';
import type { Door } from './door.ts';
import { credentialsOf, headersOf, readBody } from './request-reader.ts';
import { strictTransport } from './response-head.ts';
import { restOf } from './route-match.ts';

interface ExchangePorts {
  readonly door: Door;
  readonly access: Access;
  readonly gate: Gate;
  readonly audit: Audit;
}

/** Has an app answer a route. */
export function addRoute(app: TemplatedApp, route: Route, ports: ExchangePorts): void {
  const handler = (res: HttpResponse, req: UwsRequest) => exchange(res, req, { route, ports });
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

/** Answers a request by a route. */
export function exchange(
  res: HttpResponse,
  req: UwsRequest,
  { route, ports }: { readonly route: Route; readonly ports: ExchangePorts },
): void {
  const { door } = ports;
  if (door.isCut(res, req)) return;
  const peer = door.peerOf(res, req);
  const turnedAway = door.turnedAway(peer);
  if (turnedAway !== null) {
    // Not even written down: there may be very many.
    door.refused(turnedAway);
    write(res, errorAnswer(turnedAway), { isHeadOnly: req.getMethod() === 'head' });
    return;
  }
  new RouteExchange(res, req, { route, ports, peer }).run();
}

class RouteExchange {
  readonly #ports: ExchangePorts;
  readonly #route: Route;
  readonly #peer: Peer;
  readonly #res: HttpResponse;
  readonly #aborted = new AbortController();
  readonly #method: string;
  readonly #path: string;
  readonly #query: URLSearchParams;
  readonly #site: RequestHeaders;
  readonly #headers = new Map<string, string>();
  readonly #credentials: Credentials;
  /** null for a route that takes none. */
  readonly #body: Promise<Uint8Array> | null;
  readonly #note = new AuditNote();
  #actor: Actor = { kind: 'anonymous', canRead: false };
  #isSending = false;

  constructor(
    res: HttpResponse,
    req: UwsRequest,
    { route, ports, peer }: { readonly route: Route; readonly ports: ExchangePorts; readonly peer: Peer },
  ) {
    this.#ports = ports;
    this.#route = route;
    this.#peer = peer;
    this.#res = res;
    res.onAborted(() => this.#aborted.abort());
    this.#method = req.getMethod();
    this.#path = req.getUrl();
    this.#query = new URLSearchParams(req.getQuery() ?? '');
    this.#site = headersOf(req);
    req.forEach((name, value) => {
      this.#headers.set(name, value);
    });
    this.#credentials = credentialsOf(req, peer);
    // The library gives a body only to whoever takes it at once.
    this.#body = route.bodyBytesMax === 0 ? null : readBody(res, route.bodyBytesMax, this.#aborted.signal);
    this.#body?.catch(() => {});
  }

  run(): void {
    this.#admit()
      .then(async () => {
        if (this.#body === null) return await this.#answer(new Uint8Array(0));
        const bytes = await this.#body;
        // A body may take its time, within which whoever sends it has lost what they had.
        if (this.#actor.kind !== 'anonymous') await this.#admit();
        return await this.#answer(bytes);
      })
      .then((answer) => this.#finish(answer))
      .catch((error: unknown) => this.#fail(error));
  }

  #header(name: string): string {
    return this.#headers.get(name) ?? '';
  }

  /** Rejects with HttpError for whoever is not let through. */
  async #admit(): Promise<void> {
    const { gate } = this.#ports;
    const { access, isChange } = this.#route;
    const problem = this.#problem();
    if (problem !== null) throw problem;
    // The cookies and tokens of strangers' pages are not even looked at.
    const found = await identify(this.#credentials, { gate, rule: access });
    const refusal = refusalOf(access, found);
    // Whoever may no more is written down as who they were.
    if (refusal === null || this.#actor.kind === 'anonymous') this.#actor = found;
    if (refusal !== null) throw refusal;
    if (isChange && access !== 'public') gate.checkChange(this.#actor, this.#credentials, this.#header('x-csrf-token'));
  }

  /** Why a request like this is not answered, whoever sends it. */
  #problem(): HttpError | null {
    const { access } = this.#ports;
    const { isOpen, isChange, bodyBytesMax } = this.#route;
    const host = isOpen === true ? null : access.hostProblem(this.#site.host);
    if (host !== null) return new HttpError(403, host);
    if (!isChange) return null;
    const change = access.changeProblem(this.#site, this.#peer.scheme);
    if (change !== null) return new HttpError(403, change);
    const contentType = this.#header('content-type');
    if (bodyBytesMax === 0 || /^application\/json\s*(;|$)/i.test(contentType)) return null;
    return new HttpError(
      415,
      `Cannot read body: content-type application/json is wanted: got ${JSON.stringify(contentType.slice(0, 80))}`,
    );
  }

  async #answer(body: Uint8Array): Promise<HttpAnswer> {
    return await this.#route.answer({
      method: this.#method,
      path: this.#path,
      rest: restOf(this.#route.path, this.#path),
      query: this.#query,
      body,
      header: (name) => this.#header(name),
      signal: this.#aborted.signal,
      actor: this.#actor,
      credentials: this.#credentials,
      note: this.#note,
    });
  }

  async #finish(answer: HttpAnswer): Promise<void> {
    const { signal } = this.#aborted;
    try {
      // Also of a client that has gone meanwhile: what it asked for was done all the same.
      await this.#record(answer.status);
      if (signal.aborted) return;
      const isToStaySecure = this.#peer.isSecure && !isOwnName(this.#site.host);
      await send(this.#res, isToStaySecure ? withStrictTransport(answer) : answer, {
        signal,
        isHeadOnly: this.#method === 'head',
        onStart: () => {
          this.#isSending = true;
        },
      });
    } finally {
      answer.settled?.();
    }
  }

  /** Settles when the audit log has it; at once for what is not written down. */
  async #record(status: number): Promise<void> {
    const note = this.#note;
    const action = note.action ?? this.#route.action;
    if (action === null) return;
    const { address } = this.#credentials;
    const userAgent = this.#header('user-agent');
    await this.#ports.audit({
      ...{ atMs: Date.now(), actor: note.actor ?? this.#actor, action },
      ...{ object: note.object || this.#path, detail: note.detail },
      ...{ result: resultOf(status), status, address, userAgent },
    });
  }

  async #fail(error: unknown): Promise<void> {
    const { door } = this.#ports;
    // Whatever was under way ends by an error when its client goes.
    if (this.#aborted.signal.aborted && this.#route.action === null) return;
    const known =
      error instanceof HttpError
        ? error
        : new HttpError(500, `Cannot answer: ${door.failed(error, 'request.failed', { path: this.#path })}`);
    if (this.#isSending) {
      this.#res.close();
      return;
    }
    if (error instanceof HttpError) door.refused(error);
    await this.#finish(errorAnswer(known));
  }
}

function isOwnName(host: string): boolean {
  return isLoopback(host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'));
}

function withStrictTransport(answer: HttpAnswer): HttpAnswer {
  return { ...answer, headers: { ...strictTransport, ...answer.headers } };
}

function resultOf(status: number): AuditEntry['result'] {
  return status < 400 ? 'done' : status < 500 ? 'refused' : 'failed';
}
