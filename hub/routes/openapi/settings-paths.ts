/**
 * The OpenAPI paths of settings of agents and of clients.
 */
import {
  clientAnswer,
  clientBody,
  clientConfigAnswer,
  clientQuery,
  clientsAnswer,
  clientsQuery,
  registerClientBody,
  registeredAnswer,
  removedClientAnswer,
  settingsAnswer,
  settingsBulkDocument,
  settingsConflictAnswer,
  settingsOutcomesAnswer,
  settingsPatchDocument,
  settingsPutDocument,
  settingsVersionsAnswer,
  unknownClientAnswer,
  updateClientBody,
  updatedAnswer,
} from '../settings/schemas.ts';
import { errors, pathParameter, queryParameters, requestBody, response } from './parts.ts';

export function settingsPaths() {
  const changed = {
    200: response('The settings as they are now', settingsAnswer),
    409: response('Somebody else has changed them, or the host has no agent', settingsConflictAnswer),
    ...errors(400, 401, 403, 404, 413, 415, 503),
  };
  const host = pathParameter('host', 'Name of the host, percent-encoded');
  const client = pathParameter('client', 'As the client calls itself, percent-encoded');
  return {
    '/api/v1/hosts/{host}/settings': {
      parameters: [host],
      get: {
        summary: 'What is set at the agent of a host, and what it made of it',
        responses: { 200: response('The settings', settingsAnswer), ...errors(401, 403, 404, 409, 503) },
      },
      put: {
        summary: 'Replace the settings of an agent',
        requestBody: requestBody(settingsPutDocument),
        responses: changed,
      },
      patch: {
        summary: 'Change some settings of an agent',
        requestBody: requestBody(settingsPatchDocument),
        responses: changed,
      },
    },
    '/api/v1/hosts/{host}/settings/versions': {
      parameters: [host],
      get: {
        summary: 'The newest hundred versions of the settings of an agent, newest first',
        responses: { 200: response('The versions', settingsVersionsAnswer), ...errors(401, 403, 404, 409, 503) },
      },
    },
    '/api/v1/settings': {
      patch: {
        summary: 'Change some settings of the agents of many hosts',
        description: 'Each host by itself: what becomes of one says nothing of the others.',
        requestBody: requestBody(settingsBulkDocument),
        responses: {
          200: response('What became of each', settingsOutcomesAnswer),
          ...errors(400, 401, 403, 404, 413, 415, 503),
        },
      },
    },
    '/client_config': {
      get: {
        summary: 'The configuration of a client that pushes',
        parameters: queryParameters(clientQuery),
        responses: {
          200: response('The configuration, and whether it is newer than last_update', clientConfigAnswer),
          404: response('It has not registered', unknownClientAnswer),
          ...errors(400, 401, 403, 503),
        },
      },
      post: {
        summary: 'A client registers',
        requestBody: requestBody(registerClientBody),
        responses: { 200: response('It is known now', registeredAnswer), ...errors(400, 401, 403, 409, 413, 415, 503) },
      },
    },
    '/admin/update_client': {
      post: {
        summary: 'Replace the configuration of a client',
        requestBody: requestBody(updateClientBody),
        responses: {
          200: response('Done', updatedAnswer),
          404: response('It has not registered', unknownClientAnswer),
          ...errors(400, 401, 403, 413, 415, 503),
        },
      },
    },
    '/api/v1/clients': {
      get: {
        summary: 'Clients that push and have registered',
        parameters: queryParameters(clientsQuery),
        responses: { 200: response('By id', clientsAnswer), ...errors(400, 401, 403, 503) },
      },
    },
    '/api/v1/clients/{client}': {
      parameters: [client],
      get: {
        summary: 'One client',
        responses: { 200: response('The client', clientAnswer), ...errors(401, 403, 404, 503) },
      },
      put: {
        summary: 'Replace the configuration of a client',
        requestBody: requestBody(clientBody),
        responses: {
          200: response('The client as it is now', clientAnswer),
          ...errors(400, 401, 403, 404, 409, 413, 415, 503),
        },
      },
      delete: {
        summary: 'Forget a client; it may register again',
        responses: { 200: response('Forgotten', removedClientAnswer), ...errors(401, 403, 404, 503) },
      },
    },
  };
}
