/**
 * The OpenAPI paths of hosts.
 */
import {
  hostAnswer,
  hostMapAnswer,
  hostPatchBody,
  hostProcessesAnswer,
  hostsAnswer,
  hostsQuery,
  removeHostAnswer,
  removeHostBody,
  updateTagsAnswer,
  updateTagsBody,
} from '../schemas.ts';
import { hostSeriesAnswer, seriesAnswer, seriesQuery } from '../series.ts';
import { errors, pathParameter, queryParameters, requestBody, response } from './parts.ts';

export function hostPaths() {
  const hosts = {
    summary: 'Hosts',
    parameters: queryParameters(hostsQuery),
    responses: { 200: response('By name', hostsAnswer), ...errors(400, 503) },
  };
  const removal = {
    summary: 'Remove a host with all its data',
    description:
      'It is hidden and its name is free at once; its agent is sent away; rules that mean it alone go; its data goes in the background.',
    responses: { 200: response('Hidden', removeHostAnswer), ...errors(400, 403, 404, 503) },
  };
  return {
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
    '/api/v1/hosts/{host}/series': {
      parameters: [pathParameter('host', 'Name of the host, percent-encoded')],
      get: {
        summary: 'The series of a host with units and newest values',
        responses: { 200: response('Its series', hostSeriesAnswer), ...errors(400, 404, 503) },
      },
    },
    '/api/v1/hosts/{host}/processes': {
      parameters: [pathParameter('host', 'Name of the host, percent-encoded')],
      get: {
        summary: 'The leading processes of a host, as its agent said last',
        responses: { 200: response('The newest list', hostProcessesAnswer), ...errors(400, 404, 503) },
      },
    },
    '/api/v1/series': {
      get: {
        summary: 'The series of many hosts, to choose from',
        description: 'Parameters that stand for lists are given as often as wanted.',
        parameters: queryParameters(seriesQuery),
        responses: { 200: response('What there is', seriesAnswer), ...errors(400, 503) },
      },
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
  };
}
