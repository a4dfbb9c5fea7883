/**
 * Who is at the other end: the peer of the connection or, where that is a proxy which is trusted, what it says. Whatever others
 * say of where they come from is not even looked at. Pure.
 *
 * `X-Forwarded-For` grows to the right, each proxy adding whom it has seen. So the right-most address that is no trusted
 * proxy is the client; all that stands left of it was made up by the client as far as anybody knows.
 */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

export interface Forwarded {
  /** `X-Forwarded-For`, all its lines joined by commas; empty for none. */
  readonly for: string;
  /** `X-Forwarded-Proto`, all its lines joined by commas; empty for none. */
  readonly proto: string;
}

export type Scheme = 'http' | 'https';

export interface Peer {
  /** As short as can be: 203.0.113.7, 2001:db8::1. */
  readonly address: string;
  /** Whether the client's own connection is encrypted: to us, or to the proxy that says so. */
  readonly isSecure: boolean;
  /** By which scheme the client asked; null where a proxy stands between that does not say so: it may have ended TLS or not. */
  readonly scheme: Scheme | null;
  /** Whether it came through a proxy that is trusted. */
  readonly isProxied: boolean;
}

/** Longest chain of proxies that is followed; further left nobody is believed. */
const hopsMax = 32;

export class TrustedProxies {
  readonly #list = new BlockList();
  readonly count: number;

  /** `ranges` have been checked by `proxyProblems`. */
  constructor(ranges: readonly string[]) {
    this.count = ranges.length;
    for (const range of ranges) {
      const { address, prefix } = parseRange(range)!;
      this.#list.addSubnet(address, prefix, isIPv6(address) ? 'ipv6' : 'ipv4');
    }
  }

  isTrusted(address: string): boolean {
    if (this.count === 0 || isIP(address) === 0) return false;
    return this.#list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }

  /**
   * `address` is the connection's own, `isSecure` whether it is encrypted; `forwarded` is asked for only when it is believed.
   * `isPassedOn`: whether it says that some proxy has passed it on, of which nothing else is believed.
   */
  peerOf(
    address: string,
    {
      isSecure,
      forwarded,
      isPassedOn,
    }: { readonly isSecure: boolean; readonly forwarded: () => Forwarded; readonly isPassedOn: () => boolean },
  ): Peer {
    if (!this.isTrusted(address)) {
      const scheme = isSecure ? 'https' : isPassedOn() ? null : 'http';
      return { address, isSecure, scheme, isProxied: false };
    }
    const said = forwarded();
    let client = address;
    const hops = said.for === '' ? [] : said.for.split(',');
    for (let index = hops.length - 1; index >= Math.max(0, hops.length - hopsMax); index -= 1) {
      const hop = parseHop(hops[index]!);
      // What is no address says nothing: the one who passed it on is the last that is known.
      if (hop === null) break;
      client = hop;
      if (!this.isTrusted(hop)) break;
    }
    const proto = said.proto.split(',').at(-1)!.trim().toLowerCase();
    const scheme = proto === 'https' || proto === 'http' ? proto : null;
    // A proxy that says nothing of the scheme may have ended TLS or not.
    return { address: client, isSecure: proto === '' ? isSecure : proto === 'https', scheme, isProxied: true };
  }
}

export function proxyProblems(ranges: readonly string[]): string[] {
  return ranges
    .filter((range) => parseRange(range) === null)
    .map(
      (range) =>
        `"trustedProxies" must hold addresses or ranges such as "10.0.0.5" or "10.0.0.0/24": got ${JSON.stringify(range)}`,
    );
}

/** An address as the library gives it (IPv6 in full, IPv4 inside IPv6) in its short form; as it is when it is none. */
export function shortAddress(text: string): string {
  if (isIPv4(text) || !isIPv6(text)) return text;
  const short = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short);
  if (mapped === null) return short;
  const [high, low] = [Number.parseInt(mapped[1]!, 16), Number.parseInt(mapped[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** What one client is taken for where it is counted: an IPv4 address, or the /64 that one line gets of IPv6. */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const middle = new Array(Math.max(0, 8 - front.length - back.length)).fill('0');
  return `${[...front, ...middle, ...back].slice(0, 4).join(':')}::/64`;
}

function parseRange(range: string): { readonly address: string; readonly prefix: number } | null {
  const match = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(range);
  if (match === null) return null;
  const address = match[1]!;
  const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
  const prefix = match[2] === undefined ? bits : Number(match[2]);
  // The whole Internet is no proxy: then anybody could say to be anybody.
  return bits === 0 || prefix > bits || prefix === 0 ? null : { address, prefix };
}

/** An address, maybe with a port; null for anything else. */
function parseHop(text: string): string | null {
  const trimmed = text.trim();
  const bracketed = /^\[([0-9a-f:.]+)\](?::\d{1,5})?$/i.exec(trimmed)?.[1];
  const address = bracketed ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(trimmed)?.[1] ?? trimmed;
  return isIPv4(address) || isIPv6(address) ? shortAddress(address) : null;
}
