/**
 * Where the hub may listen: this machine alone, unless what goes over the network is protected, or the operator has said
 * that it need not be. Pure.
 */
import { isIPv4, isIPv6 } from 'node:net';

export interface ListeningSettings {
  readonly host: string;
  readonly allowPlain: boolean;
  readonly tlsCertFile: string | null;
  readonly tlsKeyFile: string | null;
  readonly trustedProxies: readonly string[];
}

/** Whether only this machine can connect to an address; a name that is not `localhost` may be anywhere. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (isIPv4(name)) return name.startsWith('127.');
  return isIPv6(name) && (/^(0*:)*:?0*1$/.test(name) || /^::ffff:127\./.test(name));
}

export function listeningProblems(settings: ListeningSettings): string[] {
  const { host, allowPlain, tlsCertFile, tlsKeyFile, trustedProxies } = settings;
  if ((tlsCertFile === null) !== (tlsKeyFile === null)) {
    const missing = tlsCertFile === null ? 'tlsCertFile' : 'tlsKeyFile';
    return [`"tlsCertFile" and "tlsKeyFile" must be given together: got no "${missing}"`];
  }
  if (isLoopback(host) || tlsCertFile !== null || trustedProxies.length > 0 || allowPlain) return [];
  return [
    `"host" may be beyond this machine only when passwords and tokens are protected on their way: give "tlsCertFile" and "tlsKeyFile", ` +
      `or put a proxy with TLS before the hub and name it in "trustedProxies", or accept that others can read them by "allowPlain": true: got ${JSON.stringify(host)}`,
  ];
}

/** How connections are protected. `proxied`: whoever comes over the network and not through a trusted proxy is refused. */
export type Protection = 'loopback' | 'tls' | 'proxied' | 'plain';

export function protectionOf(settings: ListeningSettings): Protection {
  if (settings.tlsCertFile !== null) return 'tls';
  if (isLoopback(settings.host)) return 'loopback';
  return settings.allowPlain ? 'plain' : 'proxied';
}

/** What everybody is told of a hub that is reached without protection. */
export const plainWarning =
  'This hub is reached over the network without encryption: others on the way can read passwords, tokens and all data. Give it a TLS certificate, or put a proxy with TLS before it.';
