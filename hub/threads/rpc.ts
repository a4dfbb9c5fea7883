/**
 * Calls between threads over a MessagePort: one request, one answer, by number. Arguments and results are
 * structured-cloned; buffers that are transferred change hands. A caller that has lost interest cancels: the method
 * then sees its signal aborted, and whatever it answers is dropped.
 */
import type { MessagePort, Worker } from 'node:worker_threads';

/** Any object type whose members are functions from one argument to a promise. */
export type Methods<M> = { readonly [K in keyof M]: (argument: never, signal: AbortSignal) => Promise<unknown> };

type ArgumentOf<F> = F extends (argument: infer A, signal: AbortSignal) => Promise<unknown> ? A : never;
type ResultOf<F> = F extends (argument: never, signal: AbortSignal) => Promise<infer R> ? R : never;

export interface CallOptions {
  readonly transfer?: readonly ArrayBuffer[];
  /** Once aborted the call rejects with its reason, and the other thread is told. */
  readonly signal?: AbortSignal;
}

interface Request {
  readonly kind: 'request';
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

interface Cancel {
  readonly kind: 'cancel';
  readonly id: number;
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
  #closedWhy: string | null = null;

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
    { transfer = [], signal }: CallOptions = {},
  ): Promise<ResultOf<M[K]>> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const id = this.#nextId;
    this.#nextId += 1;
    const request: Request = { kind: 'request', id, method, argument };
    return new Promise<ResultOf<M[K]>>((resolve, reject) => {
      if (this.#closedWhy !== null) throw new RemoteError(this.#closedWhy, null);
      this.#port.postMessage(request, [...transfer]);
      const cancel = () => {
        this.#pending.delete(id);
        this.#port.postMessage({ kind: 'cancel', id } satisfies Cancel);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      const end = () => signal?.removeEventListener('abort', cancel);
      this.#pending.set(id, {
        resolve: (result) => {
          end();
          resolve(result as ResultOf<M[K]>);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      });
    });
  }

  /** The other side has ended: calls that wait for an answer fail, and so do those to come. */
  close(why: string): void {
    this.#closedWhy = why;
    for (const { reject } of this.#pending.values()) reject(new RemoteError(why, null));
    this.#pending.clear();
  }

  #settle(answer: Answer): void {
    const waiting = this.#pending.get(answer.id);
    if (waiting === undefined) return;
    this.#pending.delete(answer.id);
    if (answer.kind === 'answer') waiting.resolve(answer.result);
    else waiting.reject(new RemoteError(answer.message, answer.code));
  }
}

/** The methods of the other side as an object, for an engine that asks for such a port. */
export function methodsOver<M extends Methods<M>>(caller: Caller<M, never> | Caller<M, unknown>): M {
  const call = (caller as Caller<M, never>).call.bind(caller) as (method: string, argument: unknown) => unknown;
  return new Proxy({} as M, { get: (_, method) => (argument: unknown) => call(String(method), argument) });
}

/** Buffers of a result that change hands with it. */
const transfers = new WeakMap<object, readonly ArrayBuffer[]>();

/** Marks a method's result: `buffers` in it are handed over instead of copied. Answers the result. */
export function handingOver<T extends object>(result: T, buffers: readonly ArrayBuffer[]): T {
  transfers.set(result, buffers);
  return result;
}

/** Serves calls on a port. A method that throws fails its call and nothing else. */
export function serve<M extends Methods<M>>(port: MessagePort, methods: M): void {
  const running = new Map<number, AbortController>();
  port.on('message', (message: Request | Cancel) => {
    const { id } = message;
    if (message.kind === 'cancel') {
      running.get(id)?.abort();
      running.delete(id);
      return;
    }
    const cancelled = new AbortController();
    running.set(id, cancelled);
    const answer = (toAnswer: Answer, buffers: readonly ArrayBuffer[] = []) => {
      if (running.delete(id)) port.postMessage(toAnswer, [...buffers]);
    };
    call(methods, message, cancelled.signal).then(
      (result) => answer({ kind: 'answer', id, result }, transfersOf(result)),
      (error: unknown) => answer(failureOf(id, error)),
    );
  });
}

function transfersOf(result: unknown): readonly ArrayBuffer[] {
  return typeof result === 'object' && result !== null ? (transfers.get(result) ?? []) : [];
}

/** A throw before the first await is a failure of the call like any other. */
async function call<M extends Methods<M>>(methods: M, request: Request, signal: AbortSignal): Promise<unknown> {
  const method = methods[request.method as keyof M] as unknown as (
    argument: unknown,
    signal: AbortSignal,
  ) => Promise<unknown>;
  return await method(request.argument, signal);
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
