import { expect, test } from 'vitest';
import type { Accounts } from '../../access/accounts/accounts.ts';
import { AuditNote } from '../../access/audit.ts';
import { HttpError, type HttpRequest } from '../../http.ts';
import { sessionRoutes } from './session.ts';

const refusing = async () => {
  throw new HttpError(401, 'Cannot sign in: name or password is wrong');
};
const accounts = {
  ...{ signIn: refusing, claim: refusing },
  knownName: (name: string) => (name === 'ann' ? 'Ann' : null),
} as unknown as Accounts;
const ports = { accounts, isLoaded: () => true, hasAdmin: () => true, hours: 1, warnings: () => [] };

function requestOf(body: object): HttpRequest {
  return {
    ...{ note: new AuditNote(), body: Buffer.from(JSON.stringify(body)), header: () => '' },
    credentials: { authorization: '', cookie: '', address: '', isSecure: false },
  } as unknown as HttpRequest;
}

/** What the audit log would have as the object of a refused request. */
async function objectOf(path: string, body: object): Promise<string> {
  const request = requestOf(body);
  const route = sessionRoutes(ports).find((one) => one.path === path && one.method === 'post')!;
  await expect(async () => await route.answer(request)).rejects.toMatchObject({ status: 401 });
  return request.note.object;
}

test('what is typed into the field of the name is written down only where it is one', async () => {
  const password = 'correct horse battery';
  expect(await objectOf('/api/v1/session', { name: 'ann', password: 'x' })).toBe('Ann');
  expect(await objectOf('/api/v1/session', { name: password, password: 'x' })).toBe('(unknown name)');
  expect(await objectOf('/api/v1/setup', { name: password, password, code: 'x' })).toBe('');
});

test('who signs in, or is made the first admin, is who did it in the audit log', async () => {
  const actor = { kind: 'person', personId: 1, name: 'Ann', role: 'admin', sessionId: 2 } as const;
  const opening = async () => ({ actor, secret: 'secret' });
  const opened = { ...accounts, signIn: opening, claim: opening } as unknown as Accounts;
  const password = 'correct horse battery';
  for (const [path, body] of [
    ['/api/v1/session', { name: 'ann', password }],
    ['/api/v1/setup', { name: 'Ann', password, code: 'x' }],
  ] as const) {
    const request = requestOf(body);
    await sessionRoutes({ ...ports, accounts: opened })
      .find((one) => one.path === path && one.method === 'post')!
      .answer(request);
    expect([request.note.object, request.note.actor]).toEqual(['Ann', actor]);
  }
});
