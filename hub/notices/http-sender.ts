/**
 * One HTTP request to a place that may be hostile: through the address guard, one connection, no redirects, no cookies,
 * bounded in time and in bytes. Of the answer only the status counts; its body is read to be dropped.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { type AddressGuard, type CheckedAddress, parseTargetUrl, TargetError } from './address-guard.ts';
import type { TryOutcome } from './notice.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** May be a secret. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** null: without a body. */
  readonly body: string | null;
}

export interface HttpSenderOptions {
  readonly guard: AddressGuard;
  readonly nowMs: () => number;
  /** For all of it: the name, the connection, the request, the answer. */
  readonly timeoutMs?: number;
  /** Certificates to trust instead of the usual ones: for tests. */
  readonly ca?: string;
}

export const sendMsMax = 10_000;
/** Headers have a bound of their own, of 16 KiB, in Node. */
const answerBytesMax = 64 * 1024;
/** A receiver that asks for more is asked again all the same. */
export const retryAfterMsMax = 3_600_000;

/** Statuses that blame what was sent, not who sent it or when. */
const messageStatuses = new Set([400, 411, 413, 414, 415, 422, 431]);

export class HttpSender {
  readonly #options: HttpSenderOptions;

  constructor(options: HttpSenderOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async send(request: HttpRequest): Promise<TryOutcome> {
    const deadline = AbortSignal.timeout(this.#options.timeoutMs ?? sendMsMax);
    let isConnected = false;
    try {
      const { url, host, port } = parseTargetUrl(request.url);
      const addresses = await within(deadline, this.#options.guard.check(host, port));
      const response = await this.#exchange(request, {
        url,
        addresses,
        deadline,
        onConnected: () => {
          isConnected = true;
        },
      });
      return this.#outcomeOf(response);
    } catch (error) {
      return failed(describeError(error, deadline), { mayHaveArrived: isConnected });
    }
  }

  #exchange(
    request: HttpRequest,
    connection: {
      readonly url: URL;
      readonly addresses: readonly CheckedAddress[];
      readonly deadline: AbortSignal;
      readonly onConnected: () => void;
    },
  ): Promise<Answer> {
    const { url, addresses, deadline } = connection;
    const isSecure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const open = isSecure ? requestHttps : requestHttp;
      const outgoing = open(url, {
        method: request.method,
        headers: { 'user-agent': 'Pulsewire', ...request.headers, ...lengthOf(request.body) },
        // A connection of its own: a kept one would be to an address that was checked for something else.
        agent: false,
        lookup: lookupOf(addresses),
        signal: deadline,
        ...(this.#options.ca === undefined ? {} : { ca: this.#options.ca }),
      });
      outgoing.once('socket', (socket) => socket.once(isSecure ? 'secureConnect' : 'connect', connection.onConnected));
      let answer: Answer | null = null;
      // Once the status is here it counts, whatever becomes of the rest.
      outgoing.on('error', (error) => (answer === null ? reject(error) : resolve(answer)));
      outgoing.once('response', (incoming) => {
        answer = { status: incoming.statusCode ?? 0, retryAfter: incoming.headers['retry-after'] ?? null };
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > answerBytesMax) incoming.destroy();
        });
        // Cut by the other side.
        incoming.on('error', () => {});
        incoming.once('close', () => {
          outgoing.destroy();
          resolve(answer!);
        });
      });
      outgoing.end(request.body ?? undefined);
    });
  }

  #outcomeOf({ status, retryAfter }: Answer): TryOutcome {
    if (status >= 200 && status < 300) return { kind: 'sent', answer: `HTTP ${status}` };
    const isRedirect = status >= 300 && status < 400;
    return failed(isRedirect ? `HTTP ${status}: redirects are not followed` : `HTTP ${status}`, {
      retryAfterMs: parseRetryAfter(retryAfter, this.#options.nowMs()),
      isOfMessage: messageStatuses.has(status),
      // A gateway says so of what it has passed on.
      mayHaveArrived: status >= 500 || status === 408 || status === 409,
    });
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
}

/** A failure with what is usual unless it is said. */
export function failed(
  answer: string,
  options: Partial<Omit<Extract<TryOutcome, { readonly kind: 'failed' }>, 'kind' | 'answer'>> = {},
): TryOutcome {
  return { kind: 'failed', answer, retryAfterMs: null, isOfMessage: false, mayHaveArrived: false, ...options };
}

/** Seconds or a date (RFC 9110, 10.2.3), bounded; null when there is neither. */
export function parseRetryAfter(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const isDate = /^[A-Z][a-z]{2}, .* GMT$/.test(text);
  const ms = /^\s*\d{1,10}\s*$/.test(text) ? Number(text) * 1_000 : isDate ? Date.parse(text) - nowMs : Number.NaN;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), retryAfterMsMax);
}

/** Answers what was checked, whatever it is asked for. */
export function lookupOf(addresses: readonly CheckedAddress[]): LookupFunction {
  return (_hostName, options, callback) => {
    // Not at once: an error of a connection that fails on the spot would come before anybody listens to it.
    setImmediate(() => {
      if (options.all === true) callback(null, [...addresses]);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

/** A few words for a failed connection: the code of Node or of OpenSSL, or what the guard says. */
export function describeError(error: unknown, deadline: AbortSignal): string {
  if (error instanceof TargetError) return error.message;
  if (deadline.aborted) return 'No answer in time';
  // Several addresses were tried: the first tells as much as any.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const code = first instanceof Error && 'code' in first ? first.code : null;
  return typeof code === 'string' && /^[\w-]{1,60}$/.test(code) ? `Connection failed: ${code}` : 'Connection failed';
}

/** What `work` answers, unless the deadline comes first: then it goes on unheard. */
export function within<T>(deadline: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(deadline.reason as Error);
    if (deadline.aborted) end();
    deadline.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => deadline.removeEventListener('abort', end));
  });
}

function lengthOf(body: string | null): Record<string, string> {
  return body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}
