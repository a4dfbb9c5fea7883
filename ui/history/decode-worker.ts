/** Decodes large answers beside the page's own thread: what comes is bytes, what goes back is moved and not copied. */
import { DecodeError } from '#core/errors.ts';
import { decodeQueryColumns, type QueriedAnswer } from '#core/query-columns.ts';

export interface DecodeRequest {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export interface DecodeReply {
  readonly id: number;
  /** null: the bytes are no such answer. */
  readonly answer: QueriedAnswer | null;
}

/** The part of a worker's global scope that is used here; the page's own types do not have it. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<DecodeRequest>) => void) | null;
  postMessage(reply: DecodeReply, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data: { id, bytes } }) => {
  const answer = decoded(bytes);
  scope.postMessage({ id, answer }, answer === null ? [] : buffersOf(answer));
};

function decoded(bytes: Uint8Array): QueriedAnswer | null {
  try {
    return decodeQueryColumns(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function buffersOf({ series }: QueriedAnswer): Transferable[] {
  const arrays = series.flatMap(({ content }) =>
    content.kind === 'samples' ? Object.values(content.samples) : Object.values(content.buckets),
  );
  return [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))];
}
