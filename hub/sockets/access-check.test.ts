import { describe, expect, test } from 'vitest';
import type { Actor } from '../access/actor.ts';
import type { Gate } from '../access/gate.ts';
import { HttpError } from '../http.ts';
import { identify, refusalOf } from './access-check.ts';

const credentials = { authorization: '', cookie: '', address: '192.0.2.1', isSecure: false };
const viewer: Actor = { kind: 'person', personId: 1, name: 'ann', role: 'viewer', sessionId: 1 };
const stranger: Actor = { kind: 'anonymous', canRead: false };

/** A gate that answers whatever it is told to, or fails by it. */
const gateOf = (found: Actor | Error): Gate => ({
  identify: () => {
    if (found instanceof Error) throw found;
    return found;
  },
  checkChange: () => {},
});

describe('identify()', () => {
  const away = new HttpError(503, 'Cannot tell who asks: the database is away');

  test('says whom the gate knows', async () => {
    expect(await identify(credentials, { gate: gateOf(viewer), rule: 'admin' })).toBe(viewer);
  });

  test('takes whoever cannot be known for a stranger where that is enough, and not elsewhere', async () => {
    expect(await identify(credentials, { gate: gateOf(away), rule: 'public' })).toEqual(stranger);
    await expect(identify(credentials, { gate: gateOf(away), rule: 'viewer' })).rejects.toBe(away);
  });

  test('hides no fault of ours', async () => {
    const bug = new Error('secret of the hub');
    await expect(identify(credentials, { gate: gateOf(bug), rule: 'public' })).rejects.toBe(bug);
  });
});

describe('refusalOf()', () => {
  test('is none for whoever is let through', () => {
    expect([refusalOf('viewer', viewer), refusalOf('public', stranger)]).toEqual([null, null]);
  });

  test('asks a stranger to sign in, and says how', () => {
    expect(refusalOf('viewer', stranger)).toMatchObject({
      ...{ status: 401, headers: { 'www-authenticate': 'Bearer realm="pulsewire"' } },
      message: expect.stringContaining('sign in'),
    });
  });

  test('tells somebody who is known what they would have to be', () => {
    expect(refusalOf('admin', viewer)).toMatchObject({
      ...{ status: 403, headers: {}, message: 'Cannot answer: the role admin is wanted' },
    });
  });
});
