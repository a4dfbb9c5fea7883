/**
 * What a REST route is, apart from any socket library: a method, a path, and a function from request to answer.
 */
import type { AccessRule, Actor } from './access/actor.ts';
import type { AuditAction, AuditNote } from './access/audit.ts';
import type { Credentials } from './access/gate.ts';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Parts of the path behind the route's own, or in place of its `:names`, still percent-encoded. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
  readonly header: (name: string) => string;
  /** The whole body, for routes that take one. */
  readonly body: Uint8Array;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** Who asks: the route's rule has let them through. */
  readonly actor: Actor;
  /** What it has brought to be known by, and where it comes from. */
  readonly credentials: Credentials;
  /** What is to stand in the audit log beside what every entry says. */
  readonly note: AuditNote;
}

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Parts are asked for one after the other, as fast as the client reads. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Called once, when the answer has been sent or the client has gone. */
  readonly settled?: () => void;
}

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** A fixed path, or one with a `:name` for a part of it, or one that ends in `/*` for a route that reads the rest itself. */
  readonly path: string;
  /** Who may use it. */
  readonly access: AccessRule;
  /** Whether a page of another site could do harm by it. */
  readonly isChange: boolean;
  /** Under which it stands in the audit log; null for what is not written down: reading, and what comes each second. */
  readonly action: AuditAction | null;
  /** Bytes of body that are taken; 0 for none. */
  readonly bodyBytesMax: number;
  /** Whether it answers whatever the Host header says: for probes, and so only where it tells nothing that a stranger's page may not read. */
  readonly isOpen?: boolean;
  answer(request: HttpRequest): Promise<HttpAnswer> | HttpAnswer;
}

/** A request that cannot be answered as asked; becomes `{"error": …}` with this status. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export function jsonAnswer(value: unknown, status = 200): HttpAnswer & { readonly body: string } {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

export function errorAnswer(error: HttpError): HttpAnswer & { readonly body: string } {
  return { ...jsonAnswer({ error: error.message }, error.status), headers: error.headers };
}
