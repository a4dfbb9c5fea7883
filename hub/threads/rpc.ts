/**
 * Calls between threads over a MessagePort: one request, one answer, by number. Arguments and results are
 * structured-cloned; buffers named in `transfer` change hands.
 */
import type { MessagePort, Worker } from 'node:worker_threads';

/** Any object type whose members are functions from one argument to a promise. */
export type Methods<M> = { readonly [K in keyof M]: (argument: never) => Promise<unknown> };

type ArgumentOf<F> = F extends (argument: infer A) => Promise<unknown> ? A : never;
type ResultOf<F> = F extends (argument: never) => Promise<infer R> ? R : never;

interface Request {
  readonly kind: 'request';
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

type Answer =
  | { readonly kind: 'answer'; readonly id: number; readonly result: unknown }
  | {
      readonly kind: 'failure';
      readonly id: number;
      readonly name: string;
      readonly message: string;
      readonly code: string | null;
    };

interface Event {
  readonly kind: 'event';
  readonly event: unknown;
}

/** A call failed in the other thread: its message, and the code that it carried. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly code: string | null;

  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

/** The calling side. */
export class Caller<M extends Methods<M>, E> {
  readonly #port: Worker | MessagePort;
  readonly #pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  #nextId = 1;

  constructor(port: Worker | MessagePort, onEvent: (event: E) => void) {
    this.#port = port;
    port.on('message', (message: Answer | Event) => {
      if (message.kind === 'event') onEvent(message.event as E);
      else this.#settle(message);
    });
  }

  call<K extends keyof M & string>(
    method: K,
    argument: ArgumentOf<M[K]>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<ResultOf<M[K]>> {
    const id = this.#nextId;
    this.#nextId += 1;
    const request: Request = { kind: 'request', id, method, argument };
    return new Promise<ResultOf<M[K]>>((resolve, reject) => {
      this.#port.postMessage(request, [...transfer]);
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject });
    });
  }

  #settle(answer: Answer): void {
    const waiting = this.#pending.get(answer.id);
    if (waiting === undefined) return;
    this.#pending.delete(answer.id);
    if (answer.kind === 'answer') waiting.resolve(answer.result);
    else waiting.reject(new RemoteError(answer.message, answer.code));
  }
}

/** Serves calls on a port. A method that throws fails its call and nothing else. */
export function serve<M extends Methods<M>>(port: MessagePort, methods: M): void {
  port.on('message', (request: Request) => {
    call(methods, request).then(
      (result) => port.postMessage({ kind: 'answer', id: request.id, result } satisfies Answer),
      (error: unknown) => port.postMessage(failureOf(request.id, error)),
    );
  });
}

/** A throw before the first await is a failure of the call like any other. */
async function call<M extends Methods<M>>(methods: M, request: Request): Promise<unknown> {
  const method = methods[request.method as keyof M] as unknown as (argument: unknown) => Promise<unknown>;
  return await method(request.argument);
}

/** Tells the calling side something that it did not ask for. */
export function announce<E>(port: MessagePort, event: E): void {
  port.postMessage({ kind: 'event', event } satisfies Event);
}

function failureOf(id: number, error: unknown): Answer {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: 'failure',
    id,
    name: error instanceof Error ? error.name : 'Error',
    message,
    code: typeof code === 'string' ? code : null,
  };
}
