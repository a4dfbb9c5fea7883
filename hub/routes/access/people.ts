/**
 * People by REST, for admins. A password that the hub has made is answered once.
 */
import type { z } from 'zod';
import type { Accounts, Asker } from '../../access/accounts/accounts.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../../http.ts';
import { parseBody } from '../../json-body.ts';
import type { ListedPerson } from '../../store/access/people.ts';
import { idOf } from '../alerts/common.ts';
import { type personAnswer, personBody, type personChangedAnswer, personPatchBody } from './schemas.ts';
import { fresh } from './session.ts';

const bodyBytesMax = 16 * 1024;

export function peopleRoutes(accounts: Accounts): Route[] {
  const change = { access: 'admin', isChange: true, bodyBytesMax } as const;
  const nameOf = async (personId: number): Promise<string> => {
    const known = (await accounts.people()).find((person) => person.personId === personId);
    return known?.name ?? `person ${personId}`;
  };
  return [
    {
      method: 'get',
      path: '/api/v1/people',
      access: 'admin',
      isChange: false,
      action: null,
      bodyBytesMax: 0,
      answer: async () => ({ ...jsonAnswer((await accounts.people()).map(personOf)), headers: fresh }),
    },
    {
      ...change,
      method: 'post',
      path: '/api/v1/people',
      action: 'person.created',
      answer: async (request) => {
        const { name, role, password = null } = parseBody(personBody, request.body, 'create person');
        request.note.object = name;
        request.note.detail = { role };
        const { person, made } = await accounts.createPerson({ name, role, password }, askerOf(request));
        return { ...jsonAnswer(changedOf(person, made), 201), headers: fresh };
      },
    },
    {
      ...change,
      method: 'patch',
      path: '/api/v1/people/*',
      action: 'person.changed',
      answer: async (request) => {
        const personId = idOf(request, 'person');
        const { role, is_disabled: isDisabled, password } = parseBody(personPatchBody, request.body, 'change person');
        request.note.object = await nameOf(personId);
        request.note.detail = {
          ...(role === undefined ? {} : { role }),
          ...(isDisabled === undefined ? {} : { is_disabled: isDisabled }),
          ...(password === undefined ? {} : { password: 'changed' }),
        };
        const { actor } = request;
        // Whoever finds an open browser must not be able to shut its person out.
        if (password !== undefined && actor.kind === 'person' && actor.personId === personId)
          throw new HttpError(
            403,
            'Cannot change person: your own password changes at /api/v1/session/password, by the old one',
          );
        const { person, made } = await accounts.editPerson(personId, { role, isDisabled, password }, askerOf(request));
        return { ...jsonAnswer(changedOf(person, made)), headers: fresh };
      },
    },
    {
      ...change,
      method: 'delete',
      path: '/api/v1/people/*',
      bodyBytesMax: 0,
      action: 'person.removed',
      answer: async (request) => {
        const personId = idOf(request, 'person');
        request.note.object = await nameOf(personId);
        await accounts.removePerson(personId);
        return { ...jsonAnswer({ status: 'success' }), headers: fresh };
      },
    },
  ];
}

function personOf(person: ListedPerson): z.infer<typeof personAnswer> {
  return {
    id: person.personId,
    name: person.name,
    role: person.role,
    is_disabled: person.isDisabled,
    created: person.createdMs / 1_000,
    signed_in: person.signedInMs === null ? null : person.signedInMs / 1_000,
    sessions: person.sessionCount,
    tokens: person.tokenCount,
  };
}

function changedOf(person: ListedPerson, made: string | null): z.infer<typeof personChangedAnswer> {
  return { ...personOf(person), ...(made === null ? {} : { password: made }) };
}

function askerOf({ actor, credentials }: HttpRequest): Asker {
  return { actor, address: credentials.address };
}
