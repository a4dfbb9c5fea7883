import { expect, test } from 'vitest';
import { HubClient } from './client.ts';
import { readDoors, readScript, readScripts, removeScript, uploadScript } from './scripts.ts';

const manifest = {
  ...{ name: 'queue', kind: 'script', version: 7, key: 'ed25519:AA', interpreter: 'sh', interval_ms: 10_000 },
  ...{ limits: {}, network: true, targets: ['all'], not_before: 0, not_after: 20, uploaded: 10, uploaded_by: 'Ann' },
};
const shown = {
  ...{ name: 'queue', isRevocation: false, version: 7, key: 'ed25519:AA', interpreter: 'sh', intervalMs: 10_000 },
  ...{ hasNetwork: true, targets: ['all'], notAfterMs: 20_000, uploadedMs: 10_000, uploadedBy: 'Ann' },
};

function clientOf(body: unknown) {
  const seen: string[] = [];
  const client = new HubClient(async (path, init) => {
    seen.push(`${init?.method ?? 'GET'} ${String(path)} ${String(init?.body ?? '')}`.trim());
    return new Response(JSON.stringify(body));
  });
  return { client, seen };
}

test('readScripts() gives scripts with the agents that this page knows a word for', async () => {
  const { client } = clientOf([{ ...manifest, revoked_version: 3, agents: { well: 2, dreaming: 1 } }]);
  expect(await readScripts(client)).toEqual({
    kind: 'ok',
    value: [{ ...shown, revokedVersion: 3, agents: { well: 2 } }],
  });
});

test('readScript() gives versions and agents, and asks by a name that is no path', async () => {
  const agent = { host: 'web-1', version: 7, state: 'failing', problem: 'p', exit_code: 1, last_run: 5, output: 'o' };
  const { client, seen } = clientOf({
    versions: [{ ...manifest, removed: null, code: 'echo' }],
    agents: [agent, { state: 'dreaming' }, null],
    hosts: ['web-1', 5],
  });
  expect(await readScript(client, 'a/b')).toMatchObject({
    kind: 'ok',
    value: {
      versions: [{ ...shown, removedMs: null, code: 'echo' }],
      agents: [{ host: 'web-1', state: 'failing', exitCode: 1, lastRunMs: 5_000, nextRunMs: null, runCount: 0 }],
      hosts: ['web-1'],
    },
  });
  expect(seen).toEqual(['GET /api/v1/scripts/a%2Fb']);
});

test('readDoors() leaves out what it does not know', async () => {
  const { client } = clientOf([{ host: 'a', door: 'blocked', problem: 'p' }, { host: 'b', door: 'ajar' }, null]);
  expect(await readDoors(client)).toEqual({ kind: 'ok', value: [{ host: 'a', door: 'blocked', problem: 'p' }] });
});

test('uploadScript() sends the text as it is, and removeScript() the name', async () => {
  const { client, seen } = clientOf({ ...manifest, kind: 'revocation' });
  expect(await uploadScript(client, '# x\n')).toEqual({
    kind: 'ok',
    value: { name: 'queue', version: 7, isRevocation: true },
  });
  await removeScript(client, 'queue');
  expect(seen).toEqual(['POST /api/v1/scripts {"text":"# x\\n"}', 'DELETE /api/v1/scripts/queue']);
});
