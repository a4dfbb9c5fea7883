/**
 * Entry of the thread that runs the modules of the metrics folder; built as a file of its own.
 *
 * It imports a module once (a changed file gets a new thread), calls `collect()` as often as it is told to,
 * and answers with checked readings, so that nothing a module returns reaches the agent as it is. Runs of
 * different modules overlap. Before any code of a module runs, its number is put into shared memory: the
 * async hook does it for what continues after an `await` or a timer.
 */
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { pathToFileURL } from 'node:url';
import { workerData } from 'node:worker_threads';
import type { HostMessage, WorkerMessage, WorkerStart } from './module-message.ts';
import { toModuleSettings } from './script-header.ts';
import { ScriptError, toErrorLine, toReadings } from './script-result.ts';

interface LoadedModule {
  readonly collect: () => unknown;
  readonly exported: { readonly everyMs?: unknown; readonly unit?: unknown };
}

const { port, running } = workerData as WorkerStart;
const current = new AsyncLocalStorage<number>();
const modules = new Map<string, Promise<LoadedModule>>();

createHook({
  before() {
    const module = current.getStore();
    if (module !== undefined) Atomics.store(running, 0, module);
  },
}).enable();

port.on('message', (message: HostMessage) => {
  switch (message.kind) {
    case 'ping':
      send({ kind: 'pong' });
      break;
    case 'run':
      send({ kind: 'began', run: message.run });
      Atomics.store(running, 0, message.module);
      current.run(message.module, () => void run(message));
      break;
  }
});
send({ kind: 'ready' });

/** Runs one module and answers; never rejects. */
async function run(message: HostMessage & { readonly kind: 'run' }): Promise<void> {
  const { path, name } = message;
  try {
    let loading = modules.get(path);
    if (loading === undefined) {
      loading = load(path);
      modules.set(path, loading);
    }
    const { collect, exported } = await loading.catch((error: unknown) => {
      modules.delete(path); // what it imports may be there the next time
      throw error;
    });
    const { everyMs, unitOf } = toModuleSettings(exported);
    const readings = toReadings(await collect(), { name, unitOf });
    send({ kind: 'done', run: message.run, readings, everyMs });
  } catch (error) {
    send({ kind: 'failed', run: message.run, error: describe(error, path) });
  }
}

async function load(path: string): Promise<LoadedModule> {
  const exported: Record<string, unknown> = await import(pathToFileURL(path).href);
  // A CommonJS file may show its exports only as the default one.
  const source = typeof exported['collect'] === 'function' ? exported : exported['default'];
  if (isRecord(source) && typeof source['collect'] === 'function') {
    const collect = source['collect'];
    return { collect: () => collect.call(source), exported: source };
  }
  throw new ScriptError('Cannot use module: it must export a function called collect: got none');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function send(message: WorkerMessage): void {
  port.postMessage(message);
}

/** A module may throw anything, even something that throws when it is looked at. */
function describe(error: unknown, path: string): string {
  try {
    if (error instanceof ScriptError) return toErrorLine(error.message);
    const line = error instanceof Error ? lineIn(String(error.stack), path) : null;
    return toErrorLine(`Cannot run collect(): ${String(error)}${line === null ? '' : ` (line ${line})`}`);
  } catch {
    return 'Cannot run collect(): it threw something that cannot be shown as text';
  }
}

/** Line of the module's own file in a stack. */
function lineIn(stack: string, path: string): string | null {
  for (const place of [`${pathToFileURL(path).href}:`, `${path}:`]) {
    const at = stack.indexOf(place);
    if (at >= 0) return /^\d+/.exec(stack.slice(at + place.length))?.[0] ?? null;
  }
  return null;
}
