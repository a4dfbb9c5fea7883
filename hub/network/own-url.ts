/**
 * Under which address people on this machine reach the hub: what is printed, and what commands beside it use. Pure.
 *
 * Without TLS it is the very address that is listened on, which nobody else can have meanwhile. A name such as localhost may mean
 * another one too, on which somebody else waits for the operator's key.
 */

export interface OwnPlace {
  readonly host: string;
  readonly port: number;
  /** Of the certificate; null without TLS. */
  readonly names: readonly string[] | null;
}

export function ownUrl({ host, port, names }: OwnPlace): string {
  if (names === null) return `http://${bracketed(reachedHost(host))}:${port}`;
  const candidates = isEverywhere(host) ? ['localhost', '127.0.0.1', '::1'] : [host];
  // A browser must find the name in the certificate, so one that is there goes before one that is not.
  const name = candidates.find((one) => names.includes(one)) ?? names.find((one) => !one.includes('*'));
  return `https://${bracketed(name ?? candidates[0]!)}:${port}`;
}

/** What to listen on: `localhost` may be either of two addresses, so it is one of them. */
export function listenedHost(host: string): string {
  return host.toLowerCase() === 'localhost' ? '127.0.0.1' : host;
}

/** Where one that listens so is reached on this machine. */
export function reachedHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : listenedHost(host);
}

function isEverywhere(host: string): boolean {
  return ['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
