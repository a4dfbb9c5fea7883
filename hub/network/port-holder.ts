/**
 * Who answers where this hub was to listen: somebody who starts a second one beside the first should be told just that.
 */
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { networkInterfaces } from 'node:os';

/** A hub answers at once; what does not is something else. */
const answerMsMax = 2_000;
const answerBytesMax = 1_024;

/** Whether a Pulsewire answers at `host` (an address) and `port` of this machine. */
export async function isHeldByHub(host: string, port: number): Promise<boolean> {
  // Of another machine it is not to be known, and it is not why this one cannot listen.
  if (!isOfThisMachine(host)) return false;
  const answers = await Promise.all([readHealth('http', { host, port }), readHealth('https', { host, port })]);
  return answers.some((text) => text !== null && isHealthOfHub(text));
}

/** Whether this is what `/healthz` of a hub answers, one that starts as well. */
export function isHealthOfHub(text: string): boolean {
  try {
    const health: unknown = JSON.parse(text);
    if (typeof health !== 'object' || health === null) return false;
    const { status, storage } = health as { readonly status?: unknown; readonly storage?: unknown };
    return (status === 'ok' || status === 'starting') && storage !== undefined;
  } catch {
    return false;
  }
}

function isOfThisMachine(host: string): boolean {
  if (host.startsWith('127.')) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === host) ?? false);
}

/** Null for no answer. Nothing secret is said, so it does not matter whom the certificate names. */
function readHealth(
  scheme: 'http' | 'https',
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { host, port, path: '/healthz', timeout: answerMsMax, agent: false };
    const request = scheme === 'http' ? requestPlain(options) : requestTls({ ...options, rejectUnauthorized: false });
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > answerBytesMax) request.destroy();
      });
      response.on('end', () => resolve(text));
      response.on('close', () => resolve(null));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(null));
    request.on('close', () => resolve(null));
    request.end();
  });
}
