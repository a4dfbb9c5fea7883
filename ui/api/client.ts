/**
 * The one way to ask the hub by REST. Every answer is either a value or a sentence that says what happened and what to
 * do, ready to be shown: no network, no answer in time and a refusal are weather and never thrown. What bodies mean is
 * known by the files beside this one, one for each subject.
 */

export interface Ok<T> {
  readonly kind: 'ok';
  readonly value: T;
}

export interface Failed {
  readonly kind: 'failed';
  /** For people: what happened. Of a refusal, the hub's own words. */
  readonly why: string;
  /** HTTP status of a refusal; null when there was no answer. */
  readonly status: number | null;
}

export type Asked<T> = Ok<T> | Failed;

export interface JsonAnswer {
  readonly body: unknown;
  /** The hub's clock, from the head of the answer; null when it does not say. */
  readonly hubMs: number | null;
}

export interface AskOptions {
  /** Ends the request: nobody waits for it any more. The answer is then `failed`, and of no interest. */
  readonly signal?: AbortSignal;
  /** For what is known to take longer than `answerMsMax`. */
  readonly timeoutMs?: number;
  /** A refusal is about what was sent, as a wrong password, and no reason to doubt who looks. */
  readonly isRefusalOwn?: boolean;
}

export interface HubClientOptions {
  /** What a change is sent with, so that no page of another site can make it; null: nothing. */
  readonly csrf: () => string | null;
  /** The hub has answered 401 or 403: whoever looks at the page may be another to it than they were. */
  readonly unknown: () => void;
}

type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** For what makes the hub work out a password's hash: slow on purpose, and one after the other. */
export const passwordMsMax = 45_000;

/** An answer that takes longer is as good as none. */
export const answerMsMax = 10_000;

/** Pages ask for what they show by themselves; a change is sent again by nobody but the person who made it. */
const tried = 'The hub cannot be reached. It is tried again as soon as it answers.';

export class HubClient {
  readonly #fetch: typeof fetch;
  readonly #options: HubClientOptions;

  constructor(fetchAnswer: typeof fetch, options: HubClientOptions = { csrf: () => null, unknown: () => {} }) {
    this.#fetch = fetchAnswer;
    this.#options = options;
  }

  /** GET. `path` with its query. */
  getJson(path: string, options: AskOptions = {}): Promise<Asked<JsonAnswer>> {
    return this.#ask(path, { headers: { accept: 'application/json' } }, options, readJson);
  }

  /** A change; `body` is sent as JSON, also by DELETE. An answer without content has the body null. */
  sendJson(method: Method, path: string, body: unknown, options: AskOptions = {}): Promise<Asked<JsonAnswer>> {
    const unreachable = 'The hub cannot be reached. Try again when it answers.';
    return this.#ask(path, this.#requestOf(method, body), { ...options, unreachable }, readJson);
  }

  /** POST of JSON that is answered by bytes. */
  postForBytes(path: string, body: unknown, options: AskOptions = {}): Promise<Asked<Uint8Array>> {
    const read = async (answer: Response) => new Uint8Array(await answer.arrayBuffer());
    return this.#ask(path, this.#requestOf('POST', body), options, read);
  }

  #requestOf(method: Method, body: unknown): RequestInit {
    const csrf = this.#options.csrf();
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    return {
      method,
      headers: csrf === null ? headers : { ...headers, 'x-csrf-token': csrf },
      body: JSON.stringify(body),
    };
  }

  async #ask<T>(
    path: string,
    init: RequestInit,
    options: AskOptions & { readonly unreachable?: string },
    read: (answer: Response) => Promise<T>,
  ): Promise<Asked<T>> {
    const { signal, timeoutMs = answerMsMax, unreachable = tried, isRefusalOwn = false } = options;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await this.#fetch(path, {
        ...init,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      if ((answer.status === 401 || answer.status === 403) && !isRefusalOwn) this.#options.unknown();
      if (!answer.ok) return { kind: 'failed', why: await refusalOf(answer), status: answer.status };
      return { kind: 'ok', value: await read(answer) };
    } catch (error) {
      // No network, no answer in time, no JSON: all weather.
      if (error instanceof DOMException && error.name === 'TimeoutError')
        return failed(`The hub did not answer within ${timeoutMs / 1_000} s. Try again.`);
      if (error instanceof SyntaxError) return failed('The hub answered something that is no JSON.');
      if (error instanceof TypeError || error instanceof DOMException) return failed(unreachable);
      throw error;
    }
  }
}

function failed(why: string): Failed {
  return { kind: 'failed', why, status: null };
}

async function readJson(answer: Response): Promise<JsonAnswer> {
  const dateMs = Date.parse(answer.headers.get('date') ?? '');
  const text = await answer.text();
  return { body: text === '' ? null : JSON.parse(text), hubMs: Number.isNaN(dateMs) ? null : dateMs };
}

/** The hub says why in `error`; a proxy in between may not. */
async function refusalOf(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const { error } = (JSON.parse(text) ?? {}) as { readonly error?: unknown };
    if (typeof error === 'string') return error;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return `The hub answered ${answer.status}.`;
}
