import { expect, test } from 'vitest';
import type { Accounts } from '../../access/accounts/accounts.ts';
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

/** What the audit log would have as the object of a refused request. */
async function objectOf(path: string, body: object): Promise<string> {
  const note = { object: '', detail: {}, action: null };
  const request = {
    ...{ note, body: Buffer.from(JSON.stringify(body)), header: () => '' },
    credentials: { authorization: '', cookie: '', address: '', isSecure: false },
  } as unknown as HttpRequest;
  const route = sessionRoutes(ports).find((one) => one.path === path && one.method === 'post')!;
  await expect(async () => await route.answer(request)).rejects.toMatchObject({ status: 401 });
  return note.object;
}

test('what is typed into the field of the name is written down only where it is one', async () => {
  const password = 'correct horse battery';
  expect(await objectOf('/api/v1/session', { name: 'ann', password: 'x' })).toBe('Ann');
  expect(await objectOf('/api/v1/session', { name: password, password: 'x' })).toBe('(unknown name)');
  expect(await objectOf('/api/v1/setup', { name: password, password, code: 'x' })).toBe('');
});
