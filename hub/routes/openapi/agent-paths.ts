/**
 * The OpenAPI paths of agents and enrolment tokens.
 */
import { z } from 'zod';
import {
  type AgentOrder,
  agentAnswer,
  agentListAnswer,
  agentsQuery,
  enrolmentBody,
  enrolmentListAnswer,
  enrolmentMadeAnswer,
} from '../agents/schemas.ts';
import { errors, pathParameter, queryParameters, requestBody, response } from './parts.ts';

const success = z.object({ status: z.literal('success') });

const summaries: Readonly<Record<AgentOrder, string>> = {
  rotate:
    'Give the agent a new token: at once, or when it connects next; the old one is good until the new one was used, or for an hour',
  revoke: 'Take nothing of the agent any more: its connection is closed within a second and its tokens are void',
  allow: 'Let a revoked agent enrol again',
  split: 'Give the second machine that comes under its identity one of its own, when it comes next',
};

export function agentPaths() {
  const host = pathParameter('host', 'Name of the host, percent-encoded');
  const order = (summary: string) => ({
    parameters: [host],
    post: {
      summary,
      responses: { 200: response('The agent as it is now', agentAnswer), ...errors(401, 403, 404, 409, 503) },
    },
  });
  return {
    '/api/v1/agents': {
      get: {
        summary: 'Agents: who they are, and how they are doing',
        parameters: queryParameters(agentsQuery),
        responses: { 200: response('By name', agentListAnswer), ...errors(400, 401, 403, 404, 503) },
      },
    },
    '/api/v1/agents/{host}': {
      parameters: [host],
      get: {
        summary: 'One agent',
        responses: { 200: response('The agent', agentAnswer), ...errors(401, 403, 404, 503) },
      },
    },
    '/api/v1/agents/{host}/rotate': order(summaries.rotate),
    '/api/v1/agents/{host}/revoke': order(summaries.revoke),
    '/api/v1/agents/{host}/allow': order(summaries.allow),
    '/api/v1/agents/{host}/split': order(summaries.split),
    '/api/v1/enrolments': {
      get: {
        summary: 'Enrolment tokens, without the tokens themselves',
        responses: { 200: response('The newest first', enrolmentListAnswer), ...errors(401, 403, 503) },
      },
      post: {
        summary: 'Make an enrolment token, which is answered this once',
        requestBody: requestBody(enrolmentBody),
        responses: { 201: response('Made', enrolmentMadeAnswer), ...errors(400, 401, 403, 409, 413, 415, 503) },
      },
    },
    '/api/v1/enrolments/{id}': {
      parameters: [pathParameter('id', 'Of the list')],
      delete: {
        summary: 'Revoke an enrolment token: it opens nothing any more',
        responses: { 200: response('Revoked', success), ...errors(401, 403, 404, 503) },
      },
    },
  };
}
