/**
 * Whom the hub answers, before there are users: by the Host header, so that no web page reaches it under a
 * name of its own (DNS rebinding); by Origin and Sec-Fetch-Site, so that no other site's page changes
 * anything or opens a socket. Loopback is no wall against a page in the operator's own browser. Pure.
 */
import type { Scheme } from '../network/peer-address.ts';

export interface RequestHeaders {
  readonly host: string;
  readonly origin: string;
  readonly secFetchSite: string;
}

/** Host names that are always ours: they cannot be pointed elsewhere by somebody's DNS. */
const loopbackNames = ['localhost'];

export class Access {
  readonly #names: ReadonlySet<string>;

  constructor(allowedHosts: readonly string[]) {
    this.#names = new Set([...loopbackNames, ...allowedHosts].map((name) => name.toLowerCase()));
  }

  /** Why a request must not be answered at all; null when it may. */
  hostProblem(host: string): string | null {
    const name = hostNameOf(host);
    if (name !== null && (isAddress(name) || this.#names.has(name) || name.endsWith('.localhost'))) return null;
    return `Cannot answer: the Host header must be an address or one of "allowedHosts": got ${JSON.stringify(host.slice(0, 100))}`;
  }

  /**
   * Why a request from a page must not change anything; null when it may. Clients that are no browsers send neither header.
   * `scheme`: by which it was asked for, null where that cannot be known.
   */
  changeProblem(headers: RequestHeaders, scheme: Scheme | null): string | null {
    const { secFetchSite, origin, host } = headers;
    if (secFetchSite !== '' && secFetchSite !== 'same-origin' && secFetchSite !== 'none') {
      return `Cannot change anything from another site: Sec-Fetch-Site must be same-origin: got ${JSON.stringify(secFetchSite.slice(0, 40))}`;
    }
    return origin === '' ? null : originProblem(origin, { scheme, host });
  }

  /** Why a viewer's socket must not be opened; null when it may. A page always says where it comes from. */
  socketProblem({ host, origin }: RequestHeaders, scheme: Scheme | null): string | null {
    return this.hostProblem(host) ?? originProblem(origin, { scheme, host });
  }
}

/**
 * Why an origin is not that of the page which the request goes back to; null when it is. The scheme counts: a page of the same
 * name without TLS may be by anybody on the way.
 */
function originProblem(
  origin: string,
  { scheme, host }: { readonly scheme: Scheme | null; readonly host: string },
): string | null {
  const own = (scheme === null ? ['http', 'https'] : [scheme]).map((one) => `${one}://${host}`.toLowerCase());
  if (own.includes(origin.toLowerCase())) return null;
  const wanted = own.map((one) => JSON.stringify(one.slice(0, 100))).join(' or ');
  return `Cannot accept request: Origin must be the hub's own, ${wanted}: got ${JSON.stringify(origin.slice(0, 100))}`;
}

/** The name in a Host header, lower-case, without the port; null when it is none. */
function hostNameOf(host: string): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:/?#@\s]+)(?::\d{1,5})?$/i.exec(host);
  return match === null ? null : match[1]!.toLowerCase().replace(/\.$/, '');
}

function isAddress(name: string): boolean {
  return name.startsWith('[') || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}
