/**
 * Reading a request from the library's object, which is dead once its handler has returned.
 */
import type { HttpResponse, HttpRequest as UwsRequest } from 'uWebSockets.js';
import type { Credentials } from '../access/gate.ts';
import type { RequestHeaders } from '../access/site.ts';
import { HttpError } from '../http.ts';
import type { Forwarded, Peer } from '../network/peer-address.ts';

/** By which proxies say that they have passed a request on. */
const proxyHeaders = ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via'];
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
 * Whether it says that a proxy has passed it on, named as trusted or not. No page can have made a browser say so of a request
 * to another site, and no agent does.
 */
export function isPassedOn(req: UwsRequest): boolean {
  return proxyHeaders.some((name) => req.getHeader(name) !== '');
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

export function credentialsOf(req: UwsRequest, { address, isSecure }: Peer): Credentials {
  return { authorization: req.getHeader('authorization'), cookie: req.getHeader('cookie'), address, isSecure };
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
