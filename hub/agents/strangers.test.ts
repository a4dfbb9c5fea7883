import { expect, test } from 'vitest';
import { AgentsRig, hashOf } from '../testing/agents-rig.ts';
import { Strangers } from './strangers.ts';

const triesCount = 10_000;
const peerOf = (address: string) => ({ address, isProxied: false });

test('ten thousand tokens that are none, from one address, cost the database 120 looks, and keep no other agent out', async () => {
  const hub = new AgentsRig();
  hub.tokens.set(hashOf('own'), 1);
  const statuses: Record<number, number> = {};
  for (let tries = 0; tries < triesCount; tries += 1) {
    const verdict = await hub.agents.authenticate(`guess ${tries}`, peerOf('192.0.2.1'));
    if (!('status' in verdict)) throw new Error('Cannot go on: a refusal is wanted');
    statuses[verdict.status] = (statuses[verdict.status] ?? 0) + 1;
    if (verdict.status === 429) expect(verdict.retryAfterSec).toBe(60);
  }
  expect([statuses, hub.lookups]).toEqual([{ 401: 120, 429: triesCount - 120 }, 120]);
  expect(await hub.agents.authenticate('own', peerOf('192.0.2.2'))).toMatchObject({ credential: { hostId: 1 } });
  // Now it is known, also where the stranger is.
  expect(await hub.agents.authenticate('own', peerOf('192.0.2.1'))).toMatchObject({ credential: { hostId: 1 } });
});

test('addresses are remembered within bounds, and networks of IPv6 as one', () => {
  const strangers = new Strangers();
  for (let index = 0; index < 3 * triesCount; index += 1)
    strangers.failed(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 0);
  expect(strangers.count).toBe(10_000);
  for (let index = 0; index < 120; index += 1) strangers.failed(`2001:db8::${index.toString(16)}`, 0);
  expect(['2001:db8::ffff:1', '2001:db8:0:1::1'].map((address) => strangers.isTooMany(address, 0))).toEqual([
    true,
    false,
  ]);
});
