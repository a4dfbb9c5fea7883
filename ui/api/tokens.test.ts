import { expect, test } from 'vitest';
import { HubClient } from './client.ts';
import { createToken, readTokens, revokeToken } from './tokens.ts';

const row = {
  ...{ id: 5, name: 'ci', scope: 'push', client: 'backup', by: null, created: 10 },
  ...{ expires: 20, used: null, is_expired: true },
};
const ci = {
  ...{ id: 5, name: 'ci', scope: 'push', clientId: 'backup', by: '', createdMs: 10_000 },
  ...{ expiresMs: 20_000, usedMs: null, isExpired: true },
};

function clientOf(body: unknown) {
  const seen: string[] = [];
  const client = new HubClient(async (path, init) => {
    seen.push(`${init?.method ?? 'GET'} ${String(path)} ${String(init?.body ?? '')}`.trim());
    return new Response(JSON.stringify(body));
  });
  return { client, seen };
}

test('readTokens() gives tokens without their secret', async () => {
  const { client } = clientOf([row, { ...row, scope: 'everything' }, null]);
  expect(await readTokens(client)).toEqual({ kind: 'ok', value: [ci] });
  const { client: other } = clientOf([{ ...row, client: null }]);
  expect(await readTokens(other)).toEqual({ kind: 'ok', value: [{ ...ci, clientId: '' }] });
});

test('createToken() gives the token itself, this once, and sends its end in seconds', async () => {
  const { client, seen } = clientOf({ ...row, token: 'pwt_x' });
  expect(await createToken(client, { name: 'ci', scope: 'push', clientId: 'backup', expiresMs: 20_400 })).toEqual({
    kind: 'ok',
    value: { made: ci, token: 'pwt_x' },
  });
  await createToken(client, { name: 'ci', scope: 'read', clientId: '', expiresMs: null });
  expect(seen).toEqual([
    'POST /api/v1/tokens {"name":"ci","scope":"push","client":"backup","expires":20}',
    'POST /api/v1/tokens {"name":"ci","scope":"read","expires":null}',
  ]);
});

test('a token that the hub did not show cannot be kept', async () => {
  const wanted = { name: 'ci', scope: 'push', clientId: '', expiresMs: null } as const;
  expect(await createToken(clientOf(row).client, wanted)).toMatchObject({ kind: 'failed' });
  expect(await revokeToken(clientOf(null).client, 5)).toEqual({ kind: 'ok', value: null });
});
