/** Signing in and out by REST, the first run, one's own password and sessions. */
import { type Role, roles, type SessionView, stranger } from '../model/session.ts';
import { type Asked, type AskOptions, type HubClient, type JsonAnswer, passwordMsMax } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, wordOf } from './parse.ts';

const path = '/api/v1/session';
const kinds = ['anonymous', 'person', 'token', 'operator'] as const;

/** One place where somebody is signed in. */
export interface OwnSession {
  readonly id: number;
  readonly createdMs: number;
  /** To within a minute. */
  readonly usedMs: number;
  readonly expiresMs: number;
  /** From which it was begun. */
  readonly address: string;
  readonly userAgent: string;
  readonly isCurrent: boolean;
}

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

export async function readSession(client: HubClient, options: AskOptions = {}): Promise<Asked<SessionView>> {
  const asked = await client.getJson(path, { ...options, isRefusalOwn: true });
  // A cookie that is none any more.
  if (asked.kind === 'failed' && asked.status === 401) return { kind: 'ok', value: stranger };
  return sessionOf(asked);
}

/** Refused with 401 when name or password is wrong, with 429 after too many tries. */
export async function signIn(client: HubClient, { name, password }: Credentials): Promise<Asked<SessionView>> {
  return sessionOf(
    await client.sendJson('POST', path, { name, password }, { isRefusalOwn: true, timeoutMs: passwordMsMax }),
  );
}

export async function signOut(client: HubClient): Promise<Asked<null>> {
  return nothingOf(await client.sendJson('DELETE', path, undefined));
}

/** Makes the first admin by the code of the link that the hub has printed, and signs in. */
export async function setUp(
  client: HubClient,
  { code, name, password }: Credentials & { readonly code: string },
): Promise<Asked<SessionView>> {
  const body = { code, name, password };
  return sessionOf(
    await client.sendJson('POST', '/api/v1/setup', body, { isRefusalOwn: true, timeoutMs: passwordMsMax }),
  );
}

/** Ends one's other sessions, and gives this one another secret. Refused with 403 when the old password is wrong. */
export async function changePassword(
  client: HubClient,
  { old, next }: { readonly old: string; readonly next: string },
): Promise<Asked<SessionView>> {
  return sessionOf(await client.sendJson('POST', `${path}/password`, { old, new: next }, { timeoutMs: passwordMsMax }));
}

export async function readOwnSessions(client: HubClient, options: AskOptions = {}): Promise<Asked<OwnSession[]>> {
  const asked = await client.getJson(`${path}/others`, options);
  if (asked.kind === 'failed') return asked;
  return { kind: 'ok', value: listOf(asked.value.body).flatMap(ownSessionOf) };
}

export async function endSession(client: HubClient, id: number): Promise<Asked<null>> {
  return nothingOf(await client.sendJson('DELETE', `${path}/others/${id}`, undefined));
}

/** Body of `/api/v1/session`. What is not understood allows nothing. */
export function parseSession(body: unknown): SessionView {
  const fields = fieldsOf(body);
  const actor = fieldsOf(fields.get('actor'));
  const csrf = fields.get('csrf');
  return {
    kind: wordOf(kinds, actor.get('kind')) ?? 'anonymous',
    name: textOf(actor.get('name')),
    role: wordOf<Role>(roles, actor.get('role')),
    csrf: typeof csrf === 'string' ? csrf : null,
    isSetupWanted: fields.get('setup') === 'wanted',
    canRead: fields.get('can_read') === true,
    warnings: listOf(fields.get('warnings')).flatMap((warning) => {
      const words = fieldsOf(warning);
      const text = textOf(words.get('text'));
      return text === '' ? [] : [{ code: textOf(words.get('code')), text }];
    }),
  };
}

function sessionOf(asked: Asked<JsonAnswer>): Asked<SessionView> {
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: parseSession(asked.value.body) };
}

function nothingOf(asked: Asked<JsonAnswer>): Asked<null> {
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

function ownSessionOf(body: unknown): OwnSession[] {
  const fields = fieldsOf(body);
  const id = numberOf(fields.get('id'));
  if (id === null) return [];
  return [
    {
      id,
      createdMs: msOf(fields.get('created')) ?? 0,
      usedMs: msOf(fields.get('used')) ?? 0,
      expiresMs: msOf(fields.get('expires')) ?? 0,
      address: textOf(fields.get('address')),
      userAgent: textOf(fields.get('user_agent')),
      isCurrent: fields.get('is_current') === true,
    },
  ];
}
