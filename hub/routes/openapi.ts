/**
 * The OpenAPI document, made of the schemas that the routes validate by.
 */
import { z } from 'zod';
import { jsonAnswer, type Route } from '../http.ts';
import { pushBodySchema } from '../push-body.ts';
import { queryAnswer, queryBody, queryParameters as queryParametersSchema } from './query-schemas.ts';
import {
  aggregateAnswer,
  aggregateQuery,
  errorAnswerSchema,
  healthAnswer,
  historyAnswer,
  historyEnvelopeAnswer,
  historyQuery,
  hostAnswer,
  hostMapAnswer,
  hostPatchBody,
  hostsAnswer,
  hostsQuery,
  latestAnswer,
  receivedAnswer,
  removeHostAnswer,
  removeHostBody,
  storageAnswer,
  updateTagsAnswer,
  updateTagsBody,
  wipeAnswer,
} from './schemas.ts';

export function openApiRoute(version: string): Route {
  const document = openApiDocument(version);
  return {
    method: 'get',
    path: '/api/v1/openapi.json',
    isChange: false,
    bodyBytesMax: 0,
    answer: () => jsonAnswer(document),
  };
}

/** OpenAPI 3.1. */
export function openApiDocument(version: string) {
  const history = {
    summary: 'History of one series',
    parameters: [
      pathParameter('host', 'Name of the host'),
      pathParameter('metric', 'Canonical series key, percent-encoded'),
      ...queryParameters(historyQuery),
    ],
    responses: { 200: response('Points', z.union([historyAnswer, historyEnvelopeAnswer])), ...errors(400, 404, 503) },
  };
  const query = {
    summary: 'Several series of several hosts: buckets, samples, gaps',
    responses: {
      200: {
        description: 'The form that was asked for',
        content: {
          'application/json': { schema: schemaOf(queryAnswer) },
          'application/vnd.pulsewire.columns': { schema: { type: 'string', format: 'binary' } },
          'text/csv': { schema: { type: 'string' } },
        },
      },
      ...errors(400, 403, 404, 413, 415, 503),
    },
  };
  const latest = {
    summary: 'Newest values',
    parameters: queryParameters(hostsQuery),
    responses: { 200: response('By host', latestAnswer), ...errors(400, 503) },
  };
  const hosts = {
    summary: 'Hosts',
    parameters: queryParameters(hostsQuery),
    responses: { 200: response('By name', hostsAnswer), ...errors(400, 503) },
  };
  const aggregate = {
    summary: 'Compacts and rolls up now',
    parameters: queryParameters(aggregateQuery),
    responses: { 200: response('Triggered, or running already', aggregateAnswer), ...errors(400, 403, 503) },
  };
  const removal = {
    summary: 'Remove a host with all its data',
    description: 'It is hidden and its name is free at once; its agent is sent away; its data goes in the background.',
    responses: { 200: response('Hidden', removeHostAnswer), ...errors(400, 403, 404, 503) },
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pulsewire',
      version,
      description:
        'Per-second metrics of a fleet: newest values, history, and a way in for clients without a WebSocket.',
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
      '/metrics': {
        get: { summary: "The hub's own metrics", responses: { 200: text('Prometheus text') } },
        post: {
          summary: 'Push metrics of a host; answered after they are durable',
          parameters: [
            {
              name: 'Idempotency-Key',
              in: 'header',
              required: false,
              description: 'Equal for a retry',
              schema: { type: 'string', maxLength: 200 },
            },
          ],
          requestBody: requestBody(pushBodySchema),
          responses: { 200: response('Stored', receivedAnswer), ...errors(400, 403, 409, 413, 415, 503) },
        },
      },
      '/api/v1/storage': {
        get: {
          summary: 'What is stored, what it takes, how far it reaches back',
          responses: { 200: response('Now, or some seconds ago', storageAnswer), ...errors(503) },
        },
      },
      '/aggregate': { get: aggregate, post: aggregate },
      '/healthz': {
        get: {
          summary: 'Whether the hub is ready',
          responses: { 200: response('Ready', healthAnswer), 503: response('Starting', healthAnswer) },
        },
      },
      '/api/v1/wipe': {
        post: {
          summary: 'Remove all hosts and everything that is stored of them',
          description: 'Wants the enrolment key as bearer token.',
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { type: 'object', maxProperties: 0 } } },
          },
          responses: { 200: response('Removed', wipeAnswer), ...errors(400, 401, 403, 409, 413, 415, 503) },
        },
      },
      '/fetch/latest': { get: latest },
      '/api/v1/latest': { get: latest },
      '/fetch/hosts': { get: hosts },
      '/api/v1/hosts': {
        get: { ...hosts, responses: { 200: response('By name', hostMapAnswer), ...errors(400, 503) } },
      },
      '/api/v1/hosts/{host}': {
        parameters: [pathParameter('host', 'Name of the host, percent-encoded')],
        get: { summary: 'One host', responses: { 200: response('The host', hostAnswer), ...errors(400, 404, 503) } },
        patch: {
          summary: 'Give a host an alias, tags or another name',
          requestBody: requestBody(hostPatchBody),
          responses: {
            200: response('The host as it is now', hostAnswer),
            ...errors(400, 403, 404, 409, 413, 415, 503),
          },
        },
        delete: removal,
      },
      '/update_tags': {
        post: {
          summary: 'Replace the tags that people gave a host',
          requestBody: requestBody(updateTagsBody),
          responses: { 200: response('Done', updateTagsAnswer), ...errors(400, 403, 404, 413, 415, 503) },
        },
      },
      '/remove_host': {
        post: {
          ...removal,
          requestBody: requestBody(removeHostBody),
          responses: { ...removal.responses, ...errors(413, 415) },
        },
      },
      '/fetch/history/{host}/{metric}': { get: history },
      '/api/v1/history/{host}/{metric}': { get: history },
      '/api/v1/query': {
        get: { ...query, parameters: repeatedParameters() },
        post: {
          ...query,
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(queryBody, 'input') } } },
        },
      },
    },
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}

function response(description: string, schema: z.ZodType) {
  return { description, content: { 'application/json': { schema: schemaOf(schema) } } };
}

function requestBody(schema: z.ZodType) {
  return { required: true, content: { 'application/json': { schema: schemaOf(schema, 'input') } } };
}

function text(description: string) {
  return { description, content: { 'text/plain': { schema: { type: 'string' } } } };
}

function errors(...statuses: readonly number[]) {
  return Object.fromEntries(statuses.map((status) => [status, response('What was wrong', errorAnswerSchema)]));
}

function pathParameter(name: string, description: string) {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

/** Those of a query: lists are parameters that stand more than once, named by one of their members. */
function repeatedParameters() {
  const names: Readonly<Record<string, string>> = { hosts: 'host' };
  return queryParameters(queryParametersSchema).map((parameter) => {
    const name = names[parameter.name] ?? parameter.name;
    return { ...parameter, name, required: name === 'host' || name === 'series', explode: true };
  });
}

function queryParameters(schema: z.ZodObject) {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...rest } = schemaOf(field as z.ZodType, 'input');
    return { name, in: 'query', required: false, description, schema: rest };
  });
}
