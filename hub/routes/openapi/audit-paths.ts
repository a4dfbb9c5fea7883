/**
 * The OpenAPI paths of the audit log and of the hub's own health.
 */
import { auditActionsAnswer, auditExportQuery, auditListAnswer, auditQuery } from '../access/audit-schemas.ts';
import { hubHealthAnswer } from '../access/health.ts';
import { errors, queryParameters, response } from './parts.ts';

export function auditPaths() {
  return {
    '/api/v1/audit': {
      get: {
        summary: 'Who did what, the newest first',
        parameters: queryParameters(auditQuery),
        responses: { 200: response('A page', auditListAnswer), ...errors(400, 401, 403, 503) },
      },
    },
    '/api/v1/audit/actions': {
      get: {
        summary: 'Names of the actions that were ever written down',
        responses: { 200: response('By name', auditActionsAnswer), ...errors(401, 403, 503) },
      },
    },
    '/api/v1/audit/export': {
      get: {
        summary: 'The audit log as a file, the newest first; that it was taken is written down too',
        parameters: queryParameters(auditExportQuery),
        responses: {
          200: {
            description: 'CSV in which no text begins a formula, or JSON lines',
            content: {
              'text/csv': { schema: { type: 'string' } },
              'application/x-ndjson': { schema: { type: 'string' } },
            },
          },
          ...errors(400, 401, 403, 503),
        },
      },
    },
    '/api/v1/health': {
      get: {
        summary: 'How the hub itself is: threads, queues and their bounds, the database',
        responses: { 200: response('Now', hubHealthAnswer), ...errors(401, 403) },
      },
    },
  };
}
