/**
 * A load generator as a process of its own, and calls to it: both ends of a small RPC over the channel of
 * `child_process.fork`. Its methods are plain async functions of one argument; results are JSON.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { assert } from '#core/errors.ts';

export type GeneratorMethods = Readonly<Record<string, (argument: never) => unknown>>;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** The runner's end. */
export class Generator<Methods extends GeneratorMethods> {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #nextId = 1;

  /** Starts `<name>.process`, which stands beside the runner. */
  constructor(name: string) {
    // The same ending as the runner's own file: built as .js, run by tsx as .ts.
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    this.#process = fork(new URL(`./${name}.process${ending}`, import.meta.url), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer.value);
      else waiting?.reject(new Error(`Cannot run ${name}: ${answer.error}`));
    });
    this.#process.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`Cannot run ${name}: it ended: got ${code ?? signal}`));
      this.#waiting.clear();
    });
  }

  get pid(): number {
    assert(this.#process.pid !== undefined, 'a generator has been started');
    return this.#process.pid;
  }

  /** Calls a method there. Rejects when it throws or the process ends. */
  call<Name extends keyof Methods & string>(
    method: Name,
    ...[argument]: Parameters<Methods[Name]>
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#process.send({ id, method, argument } satisfies Call);
    });
  }

  /** Ends the process. */
  stop(): void {
    this.#process.kill('SIGKILL');
  }
}

/** The generator's end: answers calls until the runner goes away. */
export function serveGenerator(methods: GeneratorMethods): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', async ({ id, method, argument }: Call) => {
    let answer: Answer;
    try {
      const called = methods[method];
      assert(called !== undefined, `a generator has the method ${method}`);
      answer = { id, value: (await called(argument as never)) ?? null };
    } catch (error) {
      answer = { id, error: error instanceof Error ? error.message : String(error) };
    }
    process.send?.(answer);
  });
}
