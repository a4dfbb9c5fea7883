/**
 * The guard of the URLs that notices go to.
 *
 * Input: a URL in the first line, and in each further line an address that its name resolves to. Nothing is listed as
 * internal, so whatever the URL says: the guard throws TargetError, or answers addresses that are all public by a second
 * opinion, which is written here by numbers and not by the guard's lists.
 */
import { ok } from 'node:assert/strict';
import { isIP } from 'node:net';
import { AddressGuard, internalTargetProblems, parseTargetUrl, TargetError } from '../../hub/notices/address-guard.ts';

export async function fuzz(input: Buffer): Promise<void> {
  const [url = '', ...resolved] = input.toString('latin1').split('\n');
  internalTargetProblems([url]);
  const guard = new AddressGuard({ internalTargets: [], resolve: async () => resolved });
  try {
    const target = parseTargetUrl(url);
    const addresses = await guard.check(target.host, target.port);
    ok(addresses.length > 0, 'what passes has an address');
    for (const { address, family } of addresses) {
      ok(isIP(address) === family, 'what passes is an address of its family');
      ok(family === 4 ? isPublicV4(address) : isPublicV6(address), `${address} is public`);
      // The connection takes a literal as it stands, without asking anybody.
      ok(isIP(target.host) === 0 || target.host === address, 'a literal is what was checked');
    }
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
  }
}

function isPublicV4(address: string): boolean {
  const [a, b] = address.split('.').map(Number) as [number, number];
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if ((a === 169 && b === 254) || (a === 192 && b === 168)) return false;
  if (a === 172 && b >= 16 && b < 32) return false;
  return !(a === 100 && b >= 64 && b < 128) && !(a === 198 && (b === 18 || b === 19));
}

function isPublicV6(address: string): boolean {
  // Global unicast is 2000::/3, so the first group is written out, and what holds an IPv4 address is elsewhere in it.
  const [first, second] = address.split(':').map((group) => Number.parseInt(group || '0', 16)) as [number, number];
  if (address.includes('%') || first < 0x2000 || first > 0x3fff || first === 0x2002) return false;
  return !(first === 0x2001 && (second < 0x200 || second === 0xdb8));
}
