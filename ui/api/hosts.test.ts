import { describe, expect, test } from 'vitest';
import { HubClient } from './client.ts';
import { changeHost, readHost, readHosts, removeHost } from './hosts.ts';

const row = {
  name: 'web/1',
  alias: 'Shop',
  kind: 'push',
  status: 'up',
  agent_tags: { env: 'prod' },
  people_tags: { env: null, site: 'north', odd: 7 },
  agent_version: '0.1.0',
  interval: 2,
  first_seen: 1_000,
};
const details = {
  name: 'web/1',
  alias: 'Shop',
  kind: 'push',
  state: 'up',
  agentTags: { env: 'prod' },
  peopleTags: { env: null, site: 'north' },
  agentVersion: '0.1.0',
  intervalMs: 2_000,
  firstSeenMs: 1_000_000,
};

function clientAnswering(body: unknown, asked: unknown[] = []): HubClient {
  return new HubClient(async (path, init) => {
    asked.push([init?.method ?? 'GET', String(path), init?.body === undefined ? null : JSON.parse(String(init.body))]);
    return Response.json(body);
  });
}

describe('hosts by REST', () => {
  test('are read with both sides of their tags', async () => {
    expect(await readHosts(clientAnswering({ 'web/1': row }))).toEqual({
      kind: 'ok',
      value: new Map([['web/1', details]]),
    });
    expect(await readHost(clientAnswering(row), 'web/1')).toEqual({ kind: 'ok', value: details });
  });

  test('of another version of the hub are read as far as they go', async () => {
    expect(await readHost(clientAnswering({ kind: 7, people_tags: [] }), 'a')).toMatchObject({
      value: { name: 'a', kind: 'agent', state: 'never', peopleTags: {}, firstSeenMs: null },
    });
  });

  test('are changed and removed by their name, whatever is in it', async () => {
    const asked: unknown[] = [];
    const client = clientAnswering(row, asked);

    await changeHost(client, 'web/1', { alias: 'Shop', peopleTags: { env: null } });
    await changeHost(client, 'web/1', { name: 'web-1' });
    await removeHost(client, 'web/1');

    expect(asked).toEqual([
      ['PATCH', '/api/v1/hosts/web%2F1', { alias: 'Shop', tags: { env: null } }],
      ['PATCH', '/api/v1/hosts/web%2F1', { name: 'web-1' }],
      ['DELETE', '/api/v1/hosts/web%2F1', {}],
    ]);
  });
});
