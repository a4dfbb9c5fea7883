/** Bytes of an answer to what they say: small ones at once, large ones in a worker, so that no frame waits for them. */
import { DecodeError } from '#core/errors.ts';
import { workerPolicyName } from '#core/page-policy.ts';
import { decodeQueryColumns, type QueriedAnswer } from '#core/query-columns.ts';
import type { DecodeReply, DecodeRequest } from './decode-worker.ts';
import workerAddress from './decode-worker.ts?worker&url';

/** A megabyte of columns takes some 15 ms to decode; this much is done in two. */
const inlineBytesMax = 128 * 1024;

/** What browsers with trusted types have; the library of types knows it for some of them only. */
interface TrustedTypesScope {
  readonly trustedTypes?: {
    createPolicy(name: string, rules: { readonly createScriptURL: (text: string) => string }): ScriptPolicy;
  };
}

interface ScriptPolicy {
  /** An object that stands for the text; the constructor of workers takes it in its place. */
  createScriptURL(text: string): unknown;
}

let policy: ScriptPolicy | null = null;
let worker: Worker | null = null;
let nextId = 1;
const waiting = new Map<number, (answer: QueriedAnswer | null) => void>();

/** null when the bytes are no such answer. `bytes` may be moved away. */
export async function decodeAnswer(bytes: Uint8Array): Promise<QueriedAnswer | null> {
  if (bytes.byteLength <= inlineBytesMax || typeof Worker === 'undefined') return decodeHere(bytes);
  worker ??= openWorker();
  const id = nextId++;
  const reply = new Promise<QueriedAnswer | null>((resolve) => waiting.set(id, resolve));
  const request: DecodeRequest = { id, bytes };
  worker.postMessage(request, [bytes.buffer]);
  return reply;
}

function openWorker(): Worker {
  const opened = new Worker(trusted(workerAddress), { type: 'module' });
  opened.onmessage = ({ data }: MessageEvent<DecodeReply>) => {
    waiting.get(data.id)?.(data.answer);
    waiting.delete(data.id);
  };
  // Its file could not be loaded (the hub is away or has others now): who waits gets no answer and may ask again.
  opened.onerror = () => {
    for (const resolve of waiting.values()) resolve(null);
    waiting.clear();
    worker = null;
  };
  return opened;
}

/** The policy of the page takes no address of a script as text. This makes one of our own worker's, and of nothing else. */
function trusted(address: string): string {
  const { trustedTypes } = globalThis as TrustedTypesScope;
  if (trustedTypes === undefined) return address;
  policy ??= trustedTypes.createPolicy(workerPolicyName, {
    createScriptURL: (text) => {
      if (text !== workerAddress)
        throw new TypeError(`Cannot start worker: it must be ours: got ${JSON.stringify(text)}`);
      return text;
    },
  });
  return policy.createScriptURL(address) as string;
}

function decodeHere(bytes: Uint8Array): QueriedAnswer | null {
  try {
    return decodeQueryColumns(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
