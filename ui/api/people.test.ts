import { expect, test } from 'vitest';
import { HubClient } from './client.ts';
import { addPerson, changePerson, readPeople, removePerson } from './people.ts';

const row = {
  ...{ id: 3, name: 'Ann', role: 'editor', is_disabled: false, created: 10, signed_in: null, sessions: 1, tokens: 2 },
};
const ann = {
  ...{ id: 3, name: 'Ann', role: 'editor', isDisabled: false, createdMs: 10_000, signedInMs: null },
  ...{ sessionCount: 1, tokenCount: 2 },
};

function clientOf(body: unknown) {
  const seen: string[] = [];
  const client = new HubClient(async (path, init) => {
    seen.push(`${init?.method ?? 'GET'} ${String(path)} ${String(init?.body ?? '')}`.trim());
    return new Response(JSON.stringify(body));
  });
  return { client, seen };
}

test('readPeople() gives accounts, and leaves out what it does not understand', async () => {
  const { client } = clientOf([row, { ...row, role: 'owner' }]);
  expect(await readPeople(client)).toEqual({ kind: 'ok', value: [ann] });
});

test('addPerson() sends a password when there is one, and gives the one that the hub has made', async () => {
  const { client, seen } = clientOf({ ...row, password: 'a-b-c' });
  expect(await addPerson(client, { name: 'Ann', role: 'editor', password: null })).toEqual({
    kind: 'ok',
    value: { person: ann, password: 'a-b-c' },
  });
  await addPerson(client, { name: 'Ann', role: 'editor', password: 'typed' });
  expect(seen).toEqual([
    'POST /api/v1/people {"name":"Ann","role":"editor"}',
    'POST /api/v1/people {"name":"Ann","role":"editor","password":"typed"}',
  ]);
});

test('changePerson() sends only what changes; null lets the hub make a password', async () => {
  const { client, seen } = clientOf(row);
  expect(await changePerson(client, 3, { role: 'admin' })).toMatchObject({ value: { password: null } });
  await changePerson(client, 3, { isDisabled: true });
  await changePerson(client, 3, { password: null });
  await removePerson(client, 3);
  expect(seen).toEqual([
    'PATCH /api/v1/people/3 {"role":"admin"}',
    'PATCH /api/v1/people/3 {"is_disabled":true}',
    'PATCH /api/v1/people/3 {"password":null}',
    'DELETE /api/v1/people/3',
  ]);
});
