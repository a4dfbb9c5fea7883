/**
 * Enrolment tokens by REST, for admins. A token is answered once, when it is made.
 */
import type { z } from 'zod';
import { actorName } from '../../access/actor.ts';
import { HttpError, jsonAnswer, type Route } from '../../http.ts';
import { bodyError, parseBody } from '../../json-body.ts';
import { type Enrolment, enrolmentsMax } from '../../store/agents/enrolments.ts';
import { fresh } from '../access/session.ts';
import { idOf, orAway } from '../alerts/common.ts';
import type { EngineOf } from '../fetch.ts';
import { type enrolmentAnswer, enrolmentBody } from './schemas.ts';

const expiresMsMax = 366 * 86_400_000;

export function enrolmentRoutes(engineOf: EngineOf): Route[] {
  const admin = { access: 'admin', bodyBytesMax: 0 } as const;
  return [
    {
      ...admin,
      method: 'get',
      path: '/api/v1/enrolments',
      isChange: false,
      action: null,
      answer: async () => {
        const enrolments = await orAway(engineOf().storage.call('enrolments', null), 'read enrolment tokens');
        return { ...jsonAnswer(enrolments.map((one) => enrolmentOf(one, Date.now()))), headers: fresh };
      },
    },
    {
      ...admin,
      method: 'post',
      path: '/api/v1/enrolments',
      isChange: true,
      action: 'enrolment.created',
      bodyBytesMax: 64 * 1024,
      answer: async (request) => {
        const act = 'create enrolment token';
        const { name, uses, expires, tags } = parseBody(enrolmentBody, request.body, act);
        const nowMs = Date.now();
        const expiresMs = expires * 1_000;
        if (expiresMs <= nowMs || expiresMs > nowMs + expiresMsMax)
          throw bodyError(act, ['expires: a time within a year from now is wanted']);
        const draft = { name, usesMax: uses, expiresMs, tags, createdBy: actorName(request.actor) };
        const made = await orAway(engineOf().storage.call('createEnrolment', draft), act);
        request.note.object = name;
        request.note.detail = { uses, expires, tags, ...(made === null ? {} : { id: made.enrolment.id }) };
        if (made === null)
          throw new HttpError(409, `Cannot ${act}: at most ${enrolmentsMax} may be open: revoke some first`);
        return { ...jsonAnswer({ ...enrolmentOf(made.enrolment, nowMs), token: made.token }, 201), headers: fresh };
      },
    },
    {
      ...admin,
      method: 'delete',
      path: '/api/v1/enrolments/*',
      isChange: true,
      action: 'enrolment.revoked',
      answer: async (request) => {
        const id = idOf(request, 'enrolment token');
        const name = await orAway(engineOf().storage.call('revokeEnrolment', id), 'revoke enrolment token');
        request.note.object = name ?? '';
        request.note.detail = { id };
        if (name === null) throw new HttpError(404, `Cannot find enrolment token: got ${id}`);
        return { ...jsonAnswer({ status: 'success' }), headers: fresh };
      },
    },
  ];
}

function enrolmentOf(enrolment: Enrolment, nowMs: number): z.infer<typeof enrolmentAnswer> {
  const { id, name, usesMax, useCount, tags, createdMs, createdBy, expiresMs, revokedMs, uses } = enrolment;
  return {
    ...{ id, name, tags, uses: usesMax, used: useCount, created: createdMs / 1_000, created_by: createdBy },
    expires: expiresMs / 1_000,
    revoked: revokedMs === null ? null : revokedMs / 1_000,
    state: stateOf(enrolment, nowMs),
    hosts: uses.map(({ host, usedMs }) => ({ host, at: usedMs / 1_000 })),
  };
}

function stateOf({ revokedMs, expiresMs, useCount, usesMax }: Enrolment, nowMs: number) {
  if (revokedMs !== null) return 'revoked' as const;
  if (useCount >= usesMax) return 'used' as const;
  return expiresMs <= nowMs ? ('expired' as const) : ('open' as const);
}
