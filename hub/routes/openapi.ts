/**
 * The OpenAPI document, made of the schemas that the routes validate by.
 */
import { jsonAnswer, type Route } from '../http.ts';
import { accessPaths } from './openapi/access-paths.ts';
import { agentPaths } from './openapi/agent-paths.ts';
import { alertPaths, alertSchemas } from './openapi/alert-paths.ts';
import { auditPaths } from './openapi/audit-paths.ts';
import { dataPaths } from './openapi/data-paths.ts';
import { hostPaths } from './openapi/host-paths.ts';
import { installPaths } from './openapi/install-paths.ts';
import { notePaths } from './openapi/note-paths.ts';
import { errors, response, text } from './openapi/parts.ts';
import { scriptPaths } from './openapi/script-paths.ts';
import { settingsPaths } from './openapi/settings-paths.ts';
import { healthAnswer, wipeAnswer } from './schemas.ts';

export function openApiRoute(version: string): Route {
  const document = openApiDocument(version);
  return {
    method: 'get',
    path: '/api/v1/openapi.json',
    access: 'viewer',
    isChange: false,
    action: null,
    bodyBytesMax: 0,
    answer: () => jsonAnswer(document),
  };
}

/** OpenAPI 3.1. */
export function openApiDocument(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pulsewire',
      version,
      description:
        'Per-second metrics of a fleet: newest values, history, alerts, and a way in for clients without a WebSocket.',
      license: { name: 'MIT' },
    },
    paths: {
      '/': {
        get: {
          summary: 'Whether the hub runs',
          responses: {
            200: text('A line of text; a browser is sent to the dashboard'),
            302: { description: 'To /dashboard' },
          },
        },
      },
      '/healthz': {
        get: {
          summary: 'Whether the hub is ready',
          responses: { 200: response('Ready', healthAnswer), 503: response('Starting', healthAnswer) },
        },
      },
      '/api/v1/wipe': {
        post: {
          summary: 'Remove all hosts and everything that is stored of them',
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { type: 'object', maxProperties: 0 } } },
          },
          responses: { 200: response('Removed', wipeAnswer), ...errors(400, 401, 403, 409, 413, 415, 503) },
        },
      },
      ...accessPaths(),
      ...auditPaths(),
      ...dataPaths(),
      ...hostPaths(),
      ...agentPaths(),
      ...alertPaths(),
      ...installPaths(),
      ...notePaths(),
      ...scriptPaths(),
      ...settingsPaths(),
    },
    components: { schemas: alertSchemas() },
  };
}
