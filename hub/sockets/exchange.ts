/**
 * Reading a request and writing an answer with the library's objects.
 */
import type { HttpResponse, HttpRequest as UwsRequest } from 'uWebSockets.js';
import type { RequestHeaders } from '../access.ts';
import { type HttpAnswer, HttpError } from '../http.ts';

/** A client that takes longer to send its body is not waited for. */
const bodyMsMax = 10_000;

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

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  426: 'Upgrade Required',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export function write(res: HttpResponse, answer: HttpAnswer, isHeadOnly = false): void {
  res.writeStatus(`${answer.status} ${reasons[answer.status] ?? ''}`);
  res.writeHeader('content-type', answer.type);
  res.writeHeader('x-content-type-options', 'nosniff');
  for (const [name, value] of Object.entries(answer.headers ?? {})) res.writeHeader(name, value);
  if (isHeadOnly) res.endWithoutBody(Buffer.byteLength(answer.body));
  else res.end(answer.body);
}
