import { describe, expect, test } from 'vitest';
import { stranger } from '../model/session.ts';
import { HubClient } from './client.ts';
import { changePassword, parseSession, readOwnSessions, readSession, setUp, signIn, signOut } from './session.ts';

const answer = {
  actor: { kind: 'person', name: 'Ann', role: 'editor' },
  csrf: 'c5',
  setup: 'done',
  can_read: true,
  warnings: [{ code: 'plain', text: 'Passwords go over the network in the clear.' }, { code: 'odd' }],
};
const ann = {
  ...stranger,
  kind: 'person',
  name: 'Ann',
  role: 'editor',
  csrf: 'c5',
  canRead: true,
  warnings: [answer.warnings[0]],
};

function clientOf(status: number, body: unknown) {
  const seen: { path: string; init: RequestInit | undefined }[] = [];
  const heard = { unknown: 0 };
  const client = new HubClient(
    async (path, init) => {
      seen.push({ path: String(path), init });
      return new Response(JSON.stringify(body), { status });
    },
    {
      csrf: () => 'c4',
      unknown: () => {
        heard.unknown += 1;
      },
    },
  );
  return { client, seen, heard };
}

describe('readSession()', () => {
  test('says who looks and what they may do', async () => {
    const { client } = clientOf(200, answer);
    expect(await readSession(client)).toEqual({ kind: 'ok', value: ann });
  });

  test('takes a cookie that is none any more for a stranger, and asks nobody about it again', async () => {
    const { client, heard } = clientOf(401, { error: 'unknown' });
    expect(await readSession(client)).toEqual({ kind: 'ok', value: stranger });
    expect(heard.unknown).toBe(0);
  });

  test('allows nothing that it does not understand', () => {
    const odd = { actor: { kind: 'robot', name: 7, role: 'owner' }, csrf: 1, setup: 'maybe', can_read: 'yes' };
    expect(parseSession(odd)).toEqual(stranger);
    expect(parseSession(null)).toEqual(stranger);
  });
});

describe('signing in and out', () => {
  test('sends name and password, and gives whoever is signed in', async () => {
    const { client, seen } = clientOf(200, answer);
    expect(await signIn(client, { name: 'Ann', password: 'p' })).toEqual({ kind: 'ok', value: ann });
    expect(seen).toEqual([
      {
        path: '/api/v1/session',
        init: expect.objectContaining({ method: 'POST', body: '{"name":"Ann","password":"p"}' }),
      },
    ]);
  });

  test('of a wrong password is no reason to doubt the session that one has', async () => {
    const { client, heard } = clientOf(401, { error: 'unknown' });
    expect(await signIn(client, { name: 'Ann', password: 'q' })).toMatchObject({ kind: 'failed', status: 401 });
    expect(await setUp(client, { code: 'x', name: 'Ann', password: 'q' })).toMatchObject({ status: 401 });
    expect(heard.unknown).toBe(0);
    expect(await changePassword(client, { old: 'q', next: 'r' })).toMatchObject({ kind: 'failed', status: 401 });
    expect(await signOut(client)).toMatchObject({ kind: 'failed', status: 401 });
    expect(heard.unknown).toBe(2);
  });

  test('a changed password answers the session as it is now', async () => {
    const { client, seen } = clientOf(200, answer);
    expect(await changePassword(client, { old: 'p', next: 'q' })).toEqual({ kind: 'ok', value: ann });
    expect(seen[0]).toMatchObject({ path: '/api/v1/session/password', init: { body: '{"old":"p","new":"q"}' } });
  });
});

test('readOwnSessions() gives where somebody is signed in, times in ms', async () => {
  const row = { id: 4, created: 10, used: 20, expires: 30, address: '::1', user_agent: 'curl/8', is_current: true };
  const { client } = clientOf(200, [row, { address: 'no id' }]);
  expect(await readOwnSessions(client)).toEqual({
    kind: 'ok',
    value: [
      {
        id: 4,
        createdMs: 10_000,
        usedMs: 20_000,
        expiresMs: 30_000,
        address: '::1',
        userAgent: 'curl/8',
        isCurrent: true,
      },
    ],
  });
});
