/**
 * Which proxy leads to the hub: HTTPS_PROXY, HTTP_PROXY and NO_PROXY as other programs read them. Pure.
 *
 * There is no standard. Names in lower case come first, as in curl; hosts of this machine are never proxied, as in
 * Go, since a proxy elsewhere could not reach them.
 */
import type { Environment } from './config.ts';

/** The proxy for this ws: or wss: URL, or null for a direct connection. A proxy's URL may hold a password. */
export function proxyFor(hubUrl: string, env: Environment): string | null {
  const url = new URL(hubUrl);
  const name = url.protocol === 'wss:' ? 'https_proxy' : 'http_proxy';
  const proxy = variable(env, name);
  if (proxy === '' || isLocal(url.hostname) || isExempt(url, variable(env, 'no_proxy'))) return null;
  const full = proxy.includes('://') ? proxy : `http://${proxy}`;
  if (!URL.canParse(full)) return null;
  return ['http:', 'https:'].includes(new URL(full).protocol) ? full : null;
}

/** Whether the address is one of this machine's own: what is sent there meets no network. */
export function isLocal(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

function variable(env: Environment, name: string): string {
  return (env[name] || env[name.toUpperCase()] || '').trim();
}

/** Entries are hosts with or without a leading dot, each of which covers its subdomains, with or without a port. */
function isExempt(url: URL, noProxy: string): boolean {
  const port = url.port || (url.protocol === 'wss:' ? '443' : '80');
  return noProxy.split(/[\s,]+/).some((entry) => {
    if (entry === '*') return true;
    const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry.toLowerCase());
    const host = match?.[1]?.replace(/^\*?\./, '') ?? '';
    if (host === '' || (match?.[2] !== undefined && match[2] !== port)) return false;
    return url.hostname === host || url.hostname.endsWith(`.${host}`);
  });
}
