/**
 * Reading a request and writing an answer with the library's objects.
 */
import type { HttpResponse, HttpRequest as UwsRequest } from 'uWebSockets.js';
import type { RequestHeaders } from '../access/site.ts';
import { type HttpAnswer, HttpError } from '../http.ts';
import type { Forwarded } from '../network/peer-address.ts';
import { sendParts, sendWhole } from './body-writer.ts';
import { writeHead } from './response-head.ts';

/** A client that takes longer to send its body is not waited for. */
const bodyMsMax = 10_000;

/** What proxies say of whom they speak for: each may have added a line of its own, and all of them count. */
export function forwardedOf(req: UwsRequest): Forwarded {
  const lines: { for: string[]; proto: string[] } = { for: [], proto: [] };
  req.forEach((name, value) => {
    if (name === 'x-forwarded-for') lines.for.push(value);
    else if (name === 'x-forwarded-proto') lines.proto.push(value);
  });
  return { for: lines.for.join(','), proto: lines.proto.join(',') };
}

/**
 * Whether everybody reads the same request here. A proxy that takes another length, or another encoding, than the library does
 * would take what follows for a request of somebody else (RFC 9112, 6.3); and one of two hosts may be forged.
 */
export function isPlainlyFramed(req: UwsRequest): boolean {
  let lengthCount = 0;
  let hostCount = 0;
  let encodings = '';
  req.forEach((name, value) => {
    if (name === 'content-length') lengthCount += 1;
    else if (name === 'host') hostCount += 1;
    else if (name === 'transfer-encoding') encodings += `${value.trim().toLowerCase()};`;
  });
  if (hostCount > 1 || lengthCount > 1) return false;
  return encodings === '' || (encodings === 'chunked;' && lengthCount === 0);
}

export function headersOf(req: UwsRequest): RequestHeaders {
  return {
    host: req.getHeader('host'),
    origin: req.getHeader('origin'),
    secFetchSite: req.getHeader('sec-fetch-site'),
  };
}

/** Collects a body; one that is too large is refused as soon as that is known. Rejects too when the client has gone. */
export function readBody(res: HttpResponse, bytesMax: number, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    let byteCount = 0;
    const late = setTimeout(
      () => reject(new HttpError(408, `Cannot read body: it must arrive within ${bodyMsMax} ms`)),
      bodyMsMax,
    );
    signal.addEventListener('abort', () => {
      clearTimeout(late);
      reject(new HttpError(400, 'Cannot read body: the client has gone'));
    });
    res.onData((part, isLast) => {
      byteCount += part.byteLength;
      if (byteCount > bytesMax) {
        clearTimeout(late);
        reject(new HttpError(413, `Cannot read body: at most ${bytesMax} bytes are allowed: got more`));
        return;
      }
      parts.push(new Uint8Array(part.slice(0)));
      if (!isLast) return;
      clearTimeout(late);
      resolve(Buffer.concat(parts));
    });
  });
}

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

/** Longer bodies are sent as their clients read. */
const wholeBytesMax = 64 * 1024;

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
