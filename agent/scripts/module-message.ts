/**
 * What the agent and the thread of the modules say to each other, over a port of their own: a module may
 * post to `parentPort` what it likes, nobody listens there.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ScriptReading } from './script-result.ts';

/** `workerData` of the thread. */
export interface WorkerStart {
  readonly port: MessagePort;
  /** One word of shared memory: number of the module whose code ran last. Tells who blocks a thread that no longer answers. */
  readonly running: Int32Array;
}

export type HostMessage =
  | {
      readonly kind: 'run';
      readonly run: number;
      readonly module: number;
      readonly path: string;
      readonly name: string;
    }
  | { readonly kind: 'ping' };

export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'pong' }
  | { readonly kind: 'began'; readonly run: number }
  | {
      readonly kind: 'done';
      readonly run: number;
      readonly readings: readonly ScriptReading[];
      readonly everyMs: number;
    }
  | { readonly kind: 'failed'; readonly run: number; readonly error: string };
