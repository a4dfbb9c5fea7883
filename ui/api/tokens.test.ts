import { expect, test } from 'vitest';
import { HubClient } from './client.ts';
import { createToken, readTokens, revokeToken } from './tokens.ts';

const row = { id: 5, name: 'ci', scope: 'push', by: null, created: 10, expires: 20, used: null, is_expired: true };
const ci = {
  ...{ id: 5, name: 'ci', scope: 'push', by: '', createdMs: 10_000, expiresMs: 20_000, usedMs: null, isExpired: true },
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
});

test('createToken() gives the token itself, this once, and sends its end in seconds', async () => {
  const { client, seen } = clientOf({ ...row, token: 'pwt_x' });
  expect(await createToken(client, { name: 'ci', scope: 'push', expiresMs: 20_400 })).toEqual({
    kind: 'ok',
    value: { made: ci, token: 'pwt_x' },
  });
  await createToken(client, { name: 'ci', scope: 'read', expiresMs: null });
  expect(seen).toEqual([
    'POST /api/v1/tokens {"name":"ci","scope":"push","expires":20}',
    'POST /api/v1/tokens {"name":"ci","scope":"read","expires":null}',
  ]);
});

test('a token that the hub did not show cannot be kept', async () => {
  expect(await createToken(clientOf(row).client, { name: 'ci', scope: 'push', expiresMs: null })).toMatchObject({
    kind: 'failed',
  });
  expect(await revokeToken(clientOf(null).client, 5)).toEqual({ kind: 'ok', value: null });
});
