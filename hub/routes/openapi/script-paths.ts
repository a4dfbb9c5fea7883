/**
 * The OpenAPI paths of signed scripts.
 */
import { z } from 'zod';
import {
  fetchMetricsQuery,
  scriptAnswer,
  scriptBody,
  scriptDoorsAnswer,
  scriptListAnswer,
  uploadedAnswer,
  uploadMetricBody,
} from '../script-schemas.ts';
import { errors, pathParameter, queryParameters, requestBody, response } from './parts.ts';

export function scriptPaths() {
  return {
    '/api/v1/scripts': {
      get: {
        summary: 'Signed scripts, and at how many agents they stand how',
        responses: { 200: response('All', scriptListAnswer), ...errors(503) },
      },
      post: {
        summary: 'Upload a signed script, or a signed revocation',
        requestBody: requestBody(scriptBody),
        responses: {
          200: response('It is here already', uploadedAnswer),
          201: response('Taken; agents are given it at once', uploadedAnswer),
          ...errors(400, 403, 409, 413, 415, 503),
        },
      },
    },
    '/api/v1/scripts/{name}': {
      parameters: [pathParameter('name', 'Name of the script; ".agents" answers which agents run scripts at all')],
      get: {
        summary: 'A script: its versions, and what each agent reports of it',
        responses: {
          200: response('The script', z.union([scriptAnswer, scriptDoorsAnswer])),
          ...errors(404, 503),
        },
      },
      delete: {
        summary: 'Give a script to no agent any more',
        responses: { 200: response('Removed', z.object({ status: z.literal('success') })), ...errors(403, 404, 503) },
      },
    },
    '/fetch_metrics': {
      get: {
        summary: 'Signed texts of the scripts for a host, by name',
        parameters: queryParameters(fetchMetricsQuery),
        responses: { 200: response('Texts', z.record(z.string(), z.string())), ...errors(400, 403, 404) },
      },
    },
    '/admin/upload_metric': {
      post: {
        summary: 'Upload a signed script',
        requestBody: requestBody(uploadMetricBody),
        responses: {
          200: response('Taken', z.object({ message: z.string() })),
          ...errors(400, 403, 409, 413, 415, 503),
        },
      },
    },
  };
}
