/**
 * The OpenAPI paths of data: what comes in, newest values, history, queries, and how it is kept.
 */
import { z } from 'zod';
import { pushBodySchema } from '../../push-body.ts';
import { queryAnswer, queryBody, queryParameters as queryParametersSchema } from '../query-schemas.ts';
import {
  aggregateAnswer,
  aggregateQuery,
  historyAnswer,
  historyEnvelopeAnswer,
  historyQuery,
  latestAnswer,
  latestQuery,
  receivedAnswer,
  storageAnswer,
} from '../schemas.ts';
import { errors, pathParameter, queryParameters, requestBody, response, schemaOf, text } from './parts.ts';

export function dataPaths() {
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
    parameters: queryParameters(latestQuery),
    responses: { 200: response('By host', latestAnswer), ...errors(400, 503) },
  };
  const aggregate = {
    summary: 'Compacts and rolls up now',
    parameters: queryParameters(aggregateQuery),
    responses: { 200: response('Triggered, or running already', aggregateAnswer), ...errors(400, 403, 503) },
  };
  return {
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
    '/fetch/latest': { get: latest },
    '/api/v1/latest': { get: latest },
    '/fetch/history/{host}/{metric}': { get: history },
    '/api/v1/history/{host}/{metric}': { get: history },
    '/api/v1/query': {
      get: { ...query, parameters: repeatedParameters() },
      post: {
        ...query,
        requestBody: { required: true, content: { 'application/json': { schema: schemaOf(queryBody, 'input') } } },
      },
    },
  };
}

/** Those of a query: lists are parameters that stand more than once, named by one of their members. */
function repeatedParameters() {
  const names: Readonly<Record<string, string>> = { hosts: 'host' };
  return queryParameters(queryParametersSchema).map((parameter) => {
    const name = names[parameter.name] ?? parameter.name;
    return { ...parameter, name, required: name === 'host' || name === 'series', explode: true };
  });
}
