/**
 * Where notices may go: the public internet, and what the operator has listed. A name is resolved once, all of its
 * addresses are checked, and the connection is made to one of these, so that a name cannot change its mind in between.
 *
 * Ranges: the special-purpose registries of IANA (RFC 6890 and later). Of IPv6 only global unicast passes, so that every
 * way to write an IPv4 address into one (mapped, compatible, NAT64, 6to4, Teredo) is refused whatever is in it.
 */
import { BlockList, isIP } from 'node:net';
import { parseUrl } from '../url-text.ts';

/** All addresses of a name. Rejects when there are none. */
export type Resolve = (hostName: string) => Promise<readonly string[]>;

/** An address that a socket may connect to. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Where a notice cannot go, and why. Holds no more of a URL than its host. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

interface Target {
  /** Lower case, an IPv6 address without brackets. */
  readonly host: string;
  /** null: any. */
  readonly port: number | null;
}

const refusedV4 = [
  '0.0.0.0/8', // "this network": Linux takes 0.0.0.0 as loopback
  '10.0.0.0/8',
  '100.64.0.0/10', // shared by carriers
  '127.0.0.0/8',
  '169.254.0.0/16', // link-local, and the metadata of clouds
  '172.16.0.0/12',
  '192.0.0.0/24', // IETF protocols
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
];

/** Inside of global unicast. */
const refusedV6 = [
  '2001::/23', // IETF protocols: Teredo, benchmarks, ORCHID
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
];

const refused = blockListOf([...refusedV4, ...refusedV6]);
const globalUnicast = blockListOf(['2000::/3']);

/** Whether an address may be connected to without being listed. What is no address is refused. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !refused.check(address, 'ipv4');
    case 6:
      // A zone ("%eth0") is only for addresses of a link.
      return !address.includes('%') && globalUnicast.check(address, 'ipv6') && !refused.check(address, 'ipv6');
    default:
      return false;
  }
}

/** As a URL has it: lower case, every form of an IPv4 address as four numbers, no brackets; null for what is no host. */
export function normaliseHost(text: string): string | null {
  const bracketed = isIP(text) === 6 ? `[${text}]` : text;
  const url = /[\s/?#@\\]/.test(bracketed) ? null : parseUrl(`http://${bracketed}/`);
  if (url === null || url.port !== '' || url.hostname === '') return null;
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** What is wrong with the setting `internalTargets`, a sentence for each. */
export function internalTargetProblems(targets: readonly string[]): string[] {
  return targets
    .filter((text) => parseTarget(text) === null)
    .map((text) => `"internalTargets" must hold "host" or "host:port": got ${JSON.stringify(text)}`);
}

export interface AddressGuardOptions {
  readonly resolve: Resolve;
  /** "host" or "host:port". */
  readonly internalTargets: readonly string[];
}

export class AddressGuard {
  readonly #resolve: Resolve;
  readonly #internal: readonly Target[];

  constructor(options: AddressGuardOptions) {
    this.#resolve = options.resolve;
    this.#internal = options.internalTargets.map(parseTarget).filter((target) => target !== null);
  }

  /** The addresses of the host, which may all be connected to. Rejects with TargetError. */
  async check(hostText: string, port: number): Promise<readonly CheckedAddress[]> {
    const host = normaliseHost(hostText);
    if (host === null) throw new TargetError('Cannot send: the target must be a host name or an address: got neither');
    const addresses = isIP(host) === 0 ? await this.#addressesOf(host) : [host];
    const isListed = this.#isListed(host, port);
    for (const address of addresses) {
      if (isIP(address) === 0)
        throw new TargetError(`Cannot send: the name ${JSON.stringify(host)} must have addresses: got something else`);
      // One bad address is enough: nobody knows which one a connection would take.
      if (!isListed && !isPublicAddress(address) && !this.#isListed(address, port))
        throw new TargetError(
          `Cannot send: the target must be public or in "internalTargets": got ${JSON.stringify(host)}, port ${port}, at an internal address`,
        );
    }
    return addresses.map((address) => ({ address, family: isIP(address) === 4 ? 4 : 6 }));
  }

  async #addressesOf(host: string): Promise<readonly string[]> {
    const addresses = await this.#resolve(host).catch(() => []);
    if (addresses.length === 0)
      throw new TargetError(`Cannot send: the name ${JSON.stringify(host)} must have an address: got none`);
    return addresses;
  }

  #isListed(host: string, port: number): boolean {
    return this.#internal.some((target) => target.host === host && (target.port === null || target.port === port));
  }
}

/** The URL of a notice. Throws TargetError; its message holds nothing of the URL, which may be a secret. */
export function parseTargetUrl(text: string): { readonly url: URL; readonly host: string; readonly port: number } {
  const url = parseUrl(text);
  if (url === null) throw new TargetError('Cannot send: the target must be a URL: got something else');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TargetError('Cannot send: the URL must be of http or https: got another scheme');
  if (url.username !== '' || url.password !== '')
    throw new TargetError('Cannot send: the URL must hold neither user nor password: got some');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { url, host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

function parseTarget(text: string): Target | null {
  const [, hostText, portText] = /^(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const bareHost = isIP(text) === 6 ? text : hostText?.replace(/^\[(.*)\]$/, '$1');
  const host = bareHost === undefined ? null : normaliseHost(bareHost);
  const port = portText === undefined ? null : Number(portText);
  return host === null || port === 0 || (port ?? 0) > 65_535 ? null : { host, port };
}

function blockListOf(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network, prefix] = subnet.split('/') as [string, string];
    list.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}
