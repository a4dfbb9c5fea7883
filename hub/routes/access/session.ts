/**
 * The first admin, signing in and out, one's own password and sessions.
 */
import type { z } from 'zod';
import type { Accounts, Opened, PersonActor, Visitor } from '../../access/accounts/accounts.ts';
import { cookieSecretOf, noSessionCookie, sessionCookie } from '../../access/accounts/cookies.ts';
import { csrfTokenOf } from '../../access/accounts/secrets.ts';
import { type Actor, actorName, judgeAccess, roleOf } from '../../access/actor.ts';
import { type HttpAnswer, HttpError, type HttpRequest, jsonAnswer, type Route } from '../../http.ts';
import { parseBody } from '../../json-body.ts';
import type { ListedSession } from '../../store/access/sessions.ts';
import { passwordBody, type sessionAnswer, type sessionListAnswer, setupBody, signInBody } from './schemas.ts';

export interface SessionPorts {
  readonly accounts: Accounts;
  /** Whether the database has been read: before, nobody can be told who they are. */
  isLoaded(): boolean;
  hasAdmin(): boolean;
  /** How long a session lasts at most. */
  readonly hours: number;
  /** What everybody who opens a page is to be told. */
  warnings(request: HttpRequest): readonly { readonly code: string; readonly text: string }[];
}

/** A password of a megabyte is not even read. */
const bodyBytesMax = 16 * 1024;
export const fresh = { 'cache-control': 'no-store' };
const unknownName = '(unknown name)';
const idPattern = /^[1-9][0-9]{0,14}$/;

export function sessionRoutes(ports: SessionPorts): Route[] {
  const { accounts, hours } = ports;
  const path = '/api/v1/session';
  const answerOpened = (opened: Opened, request: HttpRequest, status: number): HttpAnswer => {
    const { isSecure } = request.credentials;
    const cookie = sessionCookie(opened.secret, { isSecure, hours });
    const answer = sessionOf(ports, request, { actor: opened.actor, csrf: csrfTokenOf(opened.secret) });
    return { ...jsonAnswer(answer, status), headers: { ...fresh, 'set-cookie': cookie } };
  };
  return [
    {
      method: 'get',
      path,
      access: 'public',
      isChange: false,
      action: null,
      bodyBytesMax: 0,
      answer: (request) => {
        if (!ports.isLoaded())
          throw new HttpError(503, 'Cannot tell who asks: the hub waits for the database', { 'retry-after': '5' });
        const { actor, credentials } = request;
        const secret = cookieSecretOf(credentials.cookie, credentials.isSecure);
        const csrf = actor.kind === 'person' && secret !== null ? csrfTokenOf(secret) : null;
        return { ...jsonAnswer(sessionOf(ports, request, { actor, csrf })), headers: fresh };
      },
    },
    {
      method: 'post',
      path,
      access: 'public',
      isChange: true,
      action: 'session.opened',
      bodyBytesMax,
      answer: async (request) => {
        const given = parseBody(signInBody, request.body, 'sign in');
        // What nobody is called may be a password that was typed into the wrong field: it stands nowhere.
        request.note.object = accounts.knownName(given.name) ?? unknownName;
        const opened = await accounts.signIn(given, visitorOf(request));
        request.note.object = actorName(opened.actor);
        request.note.actor = opened.actor;
        return answerOpened(opened, request, 200);
      },
    },
    {
      method: 'delete',
      path,
      access: 'person',
      isChange: true,
      action: 'session.closed',
      bodyBytesMax: 0,
      answer: async (request) => {
        const actor = personOf(request);
        request.note.object = actor.name;
        await accounts.signOut(actor);
        const headers = { ...fresh, 'set-cookie': noSessionCookie(request.credentials.isSecure) };
        return { ...jsonAnswer({ status: 'success' }), headers };
      },
    },
    {
      method: 'post',
      path: '/api/v1/setup',
      access: 'public',
      isChange: true,
      action: 'hub.claimed',
      bodyBytesMax,
      answer: async (request) => {
        const claim = parseBody(setupBody, request.body, 'set up');
        const opened = await accounts.claim(claim, visitorOf(request));
        request.note.object = claim.name;
        request.note.actor = opened.actor;
        return answerOpened(opened, request, 201);
      },
    },
    {
      method: 'post',
      path: `${path}/password`,
      access: 'person',
      isChange: true,
      action: 'password.changed',
      bodyBytesMax,
      answer: async (request) => {
        const actor = personOf(request);
        request.note.object = actor.name;
        const body = parseBody(passwordBody, request.body, 'change password');
        const change = { actor, old: body.old, password: body.new };
        return answerOpened(await accounts.changePassword(change, visitorOf(request)), request, 200);
      },
    },
    {
      method: 'get',
      path: `${path}/others`,
      access: 'person',
      isChange: false,
      action: null,
      bodyBytesMax: 0,
      answer: async (request) => {
        const actor = personOf(request);
        const sessions = await accounts.sessionsOf(actor);
        const answer = sessions.map((session) => listedOf(session, actor)) satisfies z.infer<typeof sessionListAnswer>;
        return { ...jsonAnswer(answer), headers: fresh };
      },
    },
    {
      method: 'delete',
      path: `${path}/others/*`,
      access: 'person',
      isChange: true,
      action: 'session.closed',
      bodyBytesMax: 0,
      answer: async (request) => {
        const actor = personOf(request);
        request.note.object = actor.name;
        const [text = '', ...more] = request.rest;
        if (!idPattern.test(text) || more.length > 0)
          throw new HttpError(404, 'Cannot find session: the path ends in its id');
        await accounts.closeSession(actor, Number(text));
        return { ...jsonAnswer({ status: 'success' }), headers: fresh };
      },
    },
  ];
}

function sessionOf(
  ports: SessionPorts,
  request: HttpRequest,
  { actor, csrf }: { readonly actor: Actor; readonly csrf: string | null },
): z.infer<typeof sessionAnswer> {
  return {
    actor: { kind: actor.kind, name: actorName(actor), role: roleOf(actor) },
    csrf,
    setup: ports.hasAdmin() ? 'done' : 'wanted',
    can_read: judgeAccess('viewer', actor) === 'allowed',
    warnings: [...ports.warnings(request)],
  };
}

function visitorOf({ credentials, header }: HttpRequest): Visitor {
  const { address, cookie, isSecure } = credentials;
  const cookieSecret = cookieSecretOf(cookie, isSecure);
  return { address, userAgent: header('user-agent'), cookieSecret };
}

/** The rule "person" has let nobody else through. */
function personOf({ actor }: HttpRequest): PersonActor {
  if (actor.kind === 'person') return actor;
  throw new HttpError(403, 'Cannot answer: a person who is signed in is wanted');
}

function listedOf(session: ListedSession, actor: PersonActor): z.infer<typeof sessionListAnswer>[number] {
  return {
    id: session.sessionId,
    created: session.createdMs / 1_000,
    used: session.usedMs / 1_000,
    expires: session.expiresMs / 1_000,
    address: session.address,
    user_agent: session.userAgent,
    is_current: session.sessionId === actor.sessionId,
  };
}
