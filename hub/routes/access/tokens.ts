/**
 * API tokens by REST, for admins. A token is answered once; from then on only its hash is known.
 */
import type { z } from 'zod';
import type { Accounts } from '../../access/accounts/accounts.ts';
import { jsonAnswer, type Route } from '../../http.ts';
import { parseBody } from '../../json-body.ts';
import type { ListedApiToken } from '../../store/access/api-tokens.ts';
import { idOf } from '../alerts/common.ts';
import { type apiTokenAnswer, apiTokenBody, type apiTokenMadeAnswer } from './schemas.ts';
import { fresh } from './session.ts';

const bodyBytesMax = 16 * 1024;

export function tokenRoutes(accounts: Accounts): Route[] {
  const path = '/api/v1/tokens';
  return [
    {
      method: 'get',
      path,
      access: 'admin',
      isChange: false,
      action: null,
      bodyBytesMax: 0,
      answer: async () => ({ ...jsonAnswer((await accounts.apiTokens()).map(tokenOf)), headers: fresh }),
    },
    {
      method: 'post',
      path,
      access: 'admin',
      isChange: true,
      action: 'token.created',
      bodyBytesMax,
      answer: async (request) => {
        const { name, scope, client: clientId, expires } = parseBody(apiTokenBody, request.body, 'create token');
        request.note.object = name;
        request.note.detail = { scope, ...(clientId === null ? {} : { client: clientId }), expires };
        const expiresMs = expires === null ? null : expires * 1_000;
        const { token, secret } = await accounts.createApiToken({ name, scope, clientId, expiresMs }, request.actor);
        const answer = { ...tokenOf(token), token: secret } satisfies z.infer<typeof apiTokenMadeAnswer>;
        return { ...jsonAnswer(answer, 201), headers: fresh };
      },
    },
    {
      method: 'delete',
      path: `${path}/*`,
      access: 'admin',
      isChange: true,
      action: 'token.revoked',
      bodyBytesMax: 0,
      answer: async (request) => {
        request.note.object = await accounts.removeApiToken(idOf(request, 'token'));
        return { ...jsonAnswer({ status: 'success' }), headers: fresh };
      },
    },
  ];
}

function tokenOf(token: ListedApiToken): z.infer<typeof apiTokenAnswer> {
  return {
    id: token.tokenId,
    name: token.name,
    scope: token.scope,
    client: token.clientId,
    by: token.by,
    created: token.createdMs / 1_000,
    expires: token.expiresMs === null ? null : token.expiresMs / 1_000,
    used: token.usedMs === null ? null : token.usedMs / 1_000,
    is_expired: token.isExpired,
  };
}
