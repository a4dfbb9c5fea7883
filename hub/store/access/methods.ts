/**
 * What the storage thread does about people, sessions and API tokens. Each rejects when the database is away.
 */
import type { Sql } from '../connect.ts';
import { readAccess, readAccessMark } from './access-state.ts';
import { createApiToken, readApiTokens, removeApiToken } from './api-tokens.ts';
import {
  claimHub,
  createPerson,
  editPerson,
  type PersonDraft,
  type PersonEdit,
  readPeople,
  removePerson,
} from './people.ts';
import {
  changePassword,
  closeSession,
  openSession,
  readSessions,
  renewPasswordHash,
  reviveSession,
  type SessionDraft,
  tendAccess,
} from './sessions.ts';

export type AccessMethods = ReturnType<typeof accessMethods>;

export function accessMethods(sql: Sql) {
  return {
    accessMark: (_: null) => readAccessMark(sql),
    access: (_: null) => readAccess(sql),
    people: (_: null) => readPeople(sql),
    createPerson: (request: Parameters<typeof createPerson>[1]) => createPerson(sql, request),
    claimHub: (draft: Omit<PersonDraft, 'role'>) => claimHub(sql, draft),
    editPerson: (edit: PersonEdit) => editPerson(sql, edit),
    removePerson: (personId: number) => removePerson(sql, personId),
    openSession: (draft: SessionDraft) => openSession(sql, draft),
    closeSession: (request: Parameters<typeof closeSession>[1]) => closeSession(sql, request),
    sessionsOf: (personId: number) => readSessions(sql, personId),
    changePassword: (change: Parameters<typeof changePassword>[1]) => changePassword(sql, change),
    renewPasswordHash: (change: Parameters<typeof renewPasswordHash>[1]) => renewPasswordHash(sql, change),
    reviveSession: (request: Parameters<typeof reviveSession>[1]) => reviveSession(sql, request),
    tendAccess: (used: Parameters<typeof tendAccess>[1]) => tendAccess(sql, used),
    apiTokens: (_: null) => readApiTokens(sql),
    createApiToken: (request: Parameters<typeof createApiToken>[1]) => createApiToken(sql, request),
    removeApiToken: (tokenId: number) => removeApiToken(sql, tokenId),
  };
}
