/** API tokens by REST: what programs sign in by. A token itself is answered once, when it is made. */
import type { Asked, AskOptions, HubClient } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, wordOf } from './parse.ts';

const path = '/api/v1/tokens';

export const tokenScopes = ['push', 'read', 'write', 'admin'] as const;
/** Push metrics and nothing else; what a viewer, an editor, an admin may. */
export type TokenScope = (typeof tokenScopes)[number];

export interface ApiToken {
  readonly id: number;
  readonly name: string;
  readonly scope: TokenScope;
  /** As which client alone it pushes; '' for whichever it says. */
  readonly clientId: string;
  /** Who made it, and with whom it goes; '' for the operator's. */
  readonly by: string;
  readonly createdMs: number;
  /** null: never. */
  readonly expiresMs: number | null;
  /** To within a minute; null: never. */
  readonly usedMs: number | null;
  readonly isExpired: boolean;
}

export interface MadeToken {
  readonly made: ApiToken;
  readonly token: string;
}

export async function readTokens(client: HubClient, options: AskOptions = {}): Promise<Asked<readonly ApiToken[]>> {
  const asked = await client.getJson(path, options);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: listOf(asked.value.body).flatMap(tokenOf) };
}

export async function createToken(
  client: HubClient,
  { name, scope, clientId, expiresMs }: Pick<ApiToken, 'name' | 'scope' | 'clientId' | 'expiresMs'>,
): Promise<Asked<MadeToken>> {
  const expires = expiresMs === null ? null : Math.round(expiresMs / 1_000);
  const body = { name, scope, ...(clientId === '' ? {} : { client: clientId }), expires };
  const asked = await client.sendJson('POST', path, body);
  if (asked.kind === 'failed') return asked;
  const [made] = tokenOf(asked.value.body);
  const token = textOf(fieldsOf(asked.value.body).get('token'));
  return made === undefined || token === ''
    ? { kind: 'failed', why: 'The hub answered a token that this page does not know. Reload the page.', status: null }
    : { kind: 'ok', value: { made, token } };
}

export async function revokeToken(client: HubClient, id: number): Promise<Asked<null>> {
  const asked = await client.sendJson('DELETE', `${path}/${id}`, undefined);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

function tokenOf(body: unknown): ApiToken[] {
  const fields = fieldsOf(body);
  const id = numberOf(fields.get('id'));
  const scope = wordOf<TokenScope>(tokenScopes, fields.get('scope'));
  if (id === null || scope === null) return [];
  return [
    {
      id,
      name: textOf(fields.get('name')),
      scope,
      clientId: textOf(fields.get('client')),
      by: textOf(fields.get('by')),
      createdMs: msOf(fields.get('created')) ?? 0,
      expiresMs: msOf(fields.get('expires')),
      usedMs: msOf(fields.get('used')),
      isExpired: fields.get('is_expired') === true,
    },
  ];
}
