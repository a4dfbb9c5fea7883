/**
 * A request of a command to the hub on the same machine. Over TLS the hub is known by the very certificate that its settings
 * name, whoever has signed it and for whatever name: before that is certain nothing is sent.
 */
import { request as requestHttp } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';
import { ConfigError } from '#core/errors.ts';
import { codeOf } from '../store/connect.ts';
import { readLeafBytes } from './certificate.ts';

export interface OwnRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** As the hub has written it down: `readHubAddress`. */
  readonly url: string;
  /** The setting `tlsCertFile`; null without TLS. */
  readonly certFile: string | null;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for none. */
  readonly body: string;
  readonly msMax: number;
}

export interface OwnAnswer {
  readonly status: number;
  readonly text: string;
}

/** Asks the hub. Rejects with ConfigError when it does not answer, or is another. */
export async function askOwnHub(asked: OwnRequest): Promise<OwnAnswer> {
  const { method, url, certFile, path, headers, body, msMax } = asked;
  const signal = AbortSignal.timeout(msMax);
  try {
    const socket = url.startsWith('https:') ? await connectTo(new URL(url), { certFile, signal }) : null;
    return await new Promise((resolve, reject) => {
      const request = requestHttp(new URL(path, url.replace(/^https:/, 'http:')), {
        ...{ method, signal },
        headers: { ...headers, ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }) },
        ...(socket === null ? {} : { createConnection: () => socket }),
      });
      request.on('error', reject);
      request.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('error', reject);
        response.on('end', () => {
          socket?.destroy();
          resolve({ status: response.statusCode ?? 0, text });
        });
      });
      request.end(body);
    });
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([`the hub at ${url} must answer: got ${codeOf(error)}`]);
  }
}

function connectTo(
  url: URL,
  { certFile, signal }: { readonly certFile: string | null; readonly signal: AbortSignal },
): Promise<TLSSocket> {
  const wanted = certFile === null ? null : readLeafBytes(certFile);
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    // Judged below, more strictly than by its signature.
    const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false });
    const giveUp = () => socket.destroy(new Error('It did not answer in time'));
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', giveUp);
      const shown = socket.getPeerX509Certificate()?.raw;
      if (wanted !== null && shown?.equals(wanted) === true) {
        socket.off('error', reject);
        resolve(socket);
        return;
      }
      socket.destroy();
      const got = wanted === null ? 'none that can be read' : 'another';
      reject(new ConfigError([`the hub at ${url.origin} must show the certificate in "tlsCertFile": got ${got}`]));
    });
  });
}
