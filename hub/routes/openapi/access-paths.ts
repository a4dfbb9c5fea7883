/**
 * The OpenAPI paths of people, their sessions, and API tokens.
 */
import { z } from 'zod';
import {
  apiTokenBody,
  apiTokenListAnswer,
  apiTokenMadeAnswer,
  passwordBody,
  personBody,
  personChangedAnswer,
  personListAnswer,
  personPatchBody,
  sessionAnswer,
  sessionListAnswer,
  setupBody,
  signInBody,
} from '../access/schemas.ts';
import { errors, pathParameter, requestBody, response } from './parts.ts';

const success = z.object({ status: z.literal('success') });

export function accessPaths() {
  return {
    '/api/v1/session': {
      get: {
        summary: 'Who asks, and what they may do',
        responses: { 200: response('Also for who is not signed in', sessionAnswer), ...errors(503) },
      },
      post: {
        summary: 'Sign in: the answer sets a cookie',
        requestBody: requestBody(signInBody),
        responses: { 200: response('Signed in', sessionAnswer), ...errors(400, 401, 403, 413, 415, 429, 503) },
      },
      delete: {
        summary: 'Sign out',
        responses: { 200: response('Signed out', success), ...errors(401, 403, 503) },
      },
    },
    '/api/v1/session/password': {
      post: {
        summary: 'Change your own password: every session ends, and this browser gets another',
        requestBody: requestBody(passwordBody),
        responses: { 200: response('Changed', sessionAnswer), ...errors(400, 401, 403, 409, 413, 415, 429, 503) },
      },
    },
    '/api/v1/session/others': {
      get: {
        summary: 'Your own sessions',
        responses: { 200: response('The one used last first', sessionListAnswer), ...errors(401, 403, 503) },
      },
    },
    '/api/v1/session/others/{id}': {
      parameters: [pathParameter('id', 'Id of the session')],
      delete: {
        summary: 'End one of your own sessions',
        responses: { 200: response('Ended', success), ...errors(401, 403, 404, 503) },
      },
    },
    '/api/v1/setup': {
      post: {
        summary: 'Make the first admin, by the code of the link that the hub has printed',
        requestBody: requestBody(setupBody),
        responses: {
          201: response('Made, and signed in', sessionAnswer),
          ...errors(400, 403, 409, 413, 415, 429, 503),
        },
      },
    },
    '/api/v1/people': {
      get: {
        summary: 'People who may sign in',
        responses: { 200: response('By name', personListAnswer), ...errors(401, 403, 503) },
      },
      post: {
        summary: 'Let somebody sign in',
        requestBody: requestBody(personBody),
        responses: { 201: response('Made', personChangedAnswer), ...errors(400, 401, 403, 409, 413, 415, 503) },
      },
    },
    '/api/v1/people/{id}': {
      parameters: [pathParameter('id', 'Id of the person')],
      patch: {
        summary: 'Change the role of somebody, disable them, or give them another password',
        requestBody: requestBody(personPatchBody),
        responses: { 200: response('Changed', personChangedAnswer), ...errors(400, 401, 403, 404, 409, 413, 415, 503) },
      },
      delete: {
        summary: 'Remove somebody, with their sessions and API tokens',
        responses: { 200: response('Removed', success), ...errors(401, 403, 404, 409, 503) },
      },
    },
    '/api/v1/tokens': {
      get: {
        summary: 'API tokens',
        responses: { 200: response('By name', apiTokenListAnswer), ...errors(401, 403, 503) },
      },
      post: {
        summary: 'Make an API token, which is shown this once',
        requestBody: requestBody(apiTokenBody),
        responses: { 201: response('Made', apiTokenMadeAnswer), ...errors(400, 401, 403, 409, 413, 415, 503) },
      },
    },
    '/api/v1/tokens/{id}': {
      parameters: [pathParameter('id', 'Id of the token')],
      delete: {
        summary: 'Revoke an API token',
        responses: { 200: response('Revoked', success), ...errors(401, 403, 404, 503) },
      },
    },
  };
}
