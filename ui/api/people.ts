/** Accounts by REST: who may sign in, and in which role. */
import { type Role, roles } from '../model/session.ts';
import { type Asked, type AskOptions, type HubClient, type JsonAnswer, passwordMsMax } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, wordOf } from './parse.ts';

const path = '/api/v1/people';

export interface Person {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  readonly isDisabled: boolean;
  readonly createdMs: number;
  /** Last; null: never. */
  readonly signedInMs: number | null;
  /** Open ones. */
  readonly sessionCount: number;
  /** API tokens, which would go with this person. */
  readonly tokenCount: number;
}

export interface ChangedPerson {
  readonly person: Person;
  /** When the hub has made one: it is shown this once. */
  readonly password: string | null;
}

export interface PersonPatch {
  readonly role?: Role;
  readonly isDisabled?: boolean;
  /** null: the hub makes one. */
  readonly password?: string | null;
}

export async function readPeople(client: HubClient, options: AskOptions = {}): Promise<Asked<readonly Person[]>> {
  const asked = await client.getJson(path, options);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: listOf(asked.value.body).flatMap(personOf) };
}

/** Without a password the hub makes one. */
export async function addPerson(
  client: HubClient,
  { name, role, password }: { readonly name: string; readonly role: Role; readonly password: string | null },
): Promise<Asked<ChangedPerson>> {
  const body = { name, role, ...(password === null ? {} : { password }) };
  return changedOf(await client.sendJson('POST', path, body, { timeoutMs: passwordMsMax }));
}

/** Refused with 409 for the last admin. */
export async function changePerson(client: HubClient, id: number, patch: PersonPatch): Promise<Asked<ChangedPerson>> {
  const { role, isDisabled, password } = patch;
  const body = {
    ...(role === undefined ? {} : { role }),
    ...(isDisabled === undefined ? {} : { is_disabled: isDisabled }),
    ...(password === undefined ? {} : { password }),
  };
  return changedOf(await client.sendJson('PATCH', `${path}/${id}`, body, { timeoutMs: passwordMsMax }));
}

export async function removePerson(client: HubClient, id: number): Promise<Asked<null>> {
  const asked = await client.sendJson('DELETE', `${path}/${id}`, undefined);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

function changedOf(asked: Asked<JsonAnswer>): Asked<ChangedPerson> {
  if (asked.kind === 'failed') return asked;
  const [person] = personOf(asked.value.body);
  const password = fieldsOf(asked.value.body).get('password');
  return person === undefined
    ? {
        kind: 'failed',
        why: 'The hub answered an account that this page does not know. Reload the page.',
        status: null,
      }
    : { kind: 'ok', value: { person, password: typeof password === 'string' ? password : null } };
}

function personOf(body: unknown): Person[] {
  const fields = fieldsOf(body);
  const id = numberOf(fields.get('id'));
  const role = wordOf<Role>(roles, fields.get('role'));
  if (id === null || role === null) return [];
  return [
    {
      id,
      name: textOf(fields.get('name')),
      role,
      isDisabled: fields.get('is_disabled') === true,
      createdMs: msOf(fields.get('created')) ?? 0,
      signedInMs: msOf(fields.get('signed_in')),
      sessionCount: numberOf(fields.get('sessions')) ?? 0,
      tokenCount: numberOf(fields.get('tokens')) ?? 0,
    },
  ];
}
