/**
 * Writes answers: short ones at once, those of any length as fast as their clients read, and no faster: what does not fit into
 * the socket stays where it is, in one buffer or with whoever makes the parts.
 *
 * After `onAborted` the library's object is dead: every step looks at the signal first.
 */
import type { HttpResponse } from 'uWebSockets.js';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HttpAnswer } from '../http.ts';
import { writeHead } from './response-head.ts';

/** Longer bodies are sent as their clients read. */
const wholeBytesMax = 64 * 1024;
/** What the library may have to keep of a part when the socket is full. */
const writeBytesMax = 64 * 1024;

/** An answer whose body is there, in one go. */
export function write(
  res: HttpResponse,
  answer: HttpAnswer & { readonly body: string | Uint8Array },
  { isHeadOnly = false }: { readonly isHeadOnly?: boolean } = {},
): void {
  writeHead(res, answer);
  // Such an answer has no body and says no length.
  if (answer.status === 304) res.endWithoutBody();
  else if (isHeadOnly) res.endWithoutBody(Buffer.byteLength(answer.body));
  else res.end(answer.body);
}

/** Sends an answer; settles when it has gone, or its client. Rejects when its parts fail; `onStart` says that its head is out by then. */
export async function send(
  res: HttpResponse,
  answer: HttpAnswer,
  {
    signal,
    isHeadOnly,
    onStart,
  }: { readonly signal: AbortSignal; readonly isHeadOnly: boolean; readonly onStart: () => void },
): Promise<void> {
  const { body } = answer;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    if (!isHeadOnly) await sendParts(res, { ...answer, body }, { signal, onStart });
    else
      res.cork(() => {
        writeHead(res, answer);
        res.endWithoutBody();
      });
  } else if (body instanceof Uint8Array && body.byteLength > wholeBytesMax && !isHeadOnly)
    await sendWhole(res, { ...answer, body }, signal);
  else res.cork(() => write(res, { ...answer, body }, { isHeadOnly }));
}

/** Sends a body that is there already. Settles when it has gone, or its client. */
function sendWhole(
  res: HttpResponse,
  answer: HttpAnswer & { readonly body: Uint8Array },
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const { body } = answer;
    signal.addEventListener('abort', () => resolve(), { once: true });
    let startedAt = 0;
    /** Hands over what the socket takes; answers whether it took all. */
    const push = (offset: number): boolean => {
      const [isTaken, isDone] = res.tryEnd(body.subarray(offset - startedAt), body.byteLength);
      if (isDone) resolve();
      return isTaken;
    };
    res.cork(() => {
      writeHead(res, answer);
      startedAt = res.getWriteOffset();
      res.onWritable(push);
      push(startedAt);
    });
  });
}

/**
 * Sends parts as they are made. Rejects before anything is sent when the first part fails, so that its error is still a
 * clean answer; after that (`onStart`) the caller has to cut the connection, as a part must not look like a whole.
 */
async function sendParts(
  res: HttpResponse,
  answer: HttpAnswer & { readonly body: AsyncIterable<Uint8Array> },
  { signal, onStart }: { readonly signal: AbortSignal; readonly onStart: () => void },
): Promise<void> {
  const parts = answer.body[Symbol.asyncIterator]();
  let part = await parts.next();
  let wake = () => {};
  signal.addEventListener('abort', () => wake(), { once: true });
  try {
    if (signal.aborted) return;
    onStart();
    res.cork(() => {
      writeHead(res, answer);
      res.onWritable(() => {
        wake();
        return true;
      });
    });
    for (; part.done !== true; part = await parts.next()) {
      for (let at = 0; at < part.value.byteLength; at += writeBytesMax) {
        if (signal.aborted) return;
        const piece = part.value.subarray(at, at + writeBytesMax);
        const drained = new Promise<void>((resolve) => {
          wake = resolve;
        });
        let isTaken = true;
        res.cork(() => {
          isTaken = res.write(piece);
        });
        if (isTaken) continue;
        await drained;
        // The library sends what it holds after it has told us.
        await nextTurn();
      }
    }
    if (!signal.aborted) res.cork(() => res.end());
  } finally {
    await parts.return?.();
  }
}
