/**
 * The OpenAPI paths of alerts: rules, channels, downtimes, silences, what fired and who was told.
 */
import { z } from 'zod';
import { conditionKinds, ruleBody } from '../alert-schemas.ts';
import { alertAnswer, alertListAnswer, noticeListAnswer, traceAnswer } from '../alerts/alert-answers.ts';
import { acknowledgeBody, alertsQuery, noticesQuery } from '../alerts/alerts.ts';
import { channelTestAnswer } from '../alerts/channels.ts';
import {
  createdAnswer,
  hostnameQuery,
  oldDowntimeAnswer,
  oldDowntimeBody,
  oldDowntimeQuery,
  oldIdBody,
  oldRuleAnswer,
  oldRuleBody,
  oldStateBody,
  recentAlertAnswer,
  recentAlertsQuery,
  successAnswer,
} from '../alerts/old-shapes.ts';
import { ruleAnswerFields, rulesQuery } from '../alerts/rules.ts';
import { backtestAnswer, backtestBody } from '../backtest-schemas.ts';
import { channelAnswer, channelBody } from '../channel-body.ts';
import { downtimeAnswer, downtimeBody, silenceAnswer, silenceBody } from '../downtime-body.ts';
import { errors, pathParameter, queryParameters, requestBody, response, schemaOf } from './parts.ts';

const idParameter = [pathParameter('id', 'Its id')];
const changeErrors = [400, 403, 409, 413, 415, 503] as const;
const fileNote = 'What is kept in the file of alerts is changed there: 409.';

export function alertPaths() {
  return { ...oldPaths(), ...rulePaths(), ...channelPaths(), ...downtimePaths(), ...alertListPaths() };
}

function oldPaths() {
  const done = (...statuses: number[]) => ({
    200: response('Done', successAnswer),
    ...errors(403, 413, 415, 503, ...statuses),
  });
  return {
    '/alert_config': {
      get: {
        summary: 'Rules on one series of one host',
        parameters: queryParameters(hostnameQuery),
        responses: { 200: response('Those that can be said like this', z.array(oldRuleAnswer)), ...errors(400, 503) },
      },
      post: {
        summary: 'Create such a rule',
        requestBody: requestBody(oldRuleBody),
        responses: { 200: response('Created', createdAnswer), ...errors(...changeErrors, 404) },
      },
      delete: { summary: 'Remove a rule', requestBody: requestBody(oldIdBody), responses: done(400, 404, 409) },
    },
    '/alert_state': {
      post: {
        summary: 'Enable or disable a rule',
        requestBody: requestBody(oldStateBody),
        responses: done(400, 404, 409),
      },
    },
    '/downtime': {
      get: {
        summary: 'Downtimes of one host that are once',
        parameters: queryParameters(oldDowntimeQuery),
        responses: { 200: response('Newest first', z.array(oldDowntimeAnswer)), ...errors(400, 503) },
      },
      post: {
        summary: 'Create such a downtime',
        requestBody: requestBody(oldDowntimeBody),
        responses: { 200: response('Created', createdAnswer), ...errors(...changeErrors, 404) },
      },
      delete: { summary: 'Remove a downtime', requestBody: requestBody(oldIdBody), responses: done(400, 404, 409) },
    },
    '/fetch/recent_alerts': {
      get: {
        summary: 'What has fired',
        parameters: queryParameters(recentAlertsQuery),
        responses: { 200: response('Newest first', z.array(recentAlertAnswer)), ...errors(400, 503) },
      },
    },
  };
}

/** What is too large to stand in every place that it belongs to. */
export function alertSchemas() {
  return {
    RuleBody: schemaOf(ruleBody, 'input'),
    Rule: { allOf: [schemaOf(ruleBody), schemaOf(z.object(ruleAnswerFields))] },
  };
}

const ruleSchema = { $ref: '#/components/schemas/Rule' };

function ruleResponse(description: string) {
  return { description, content: { 'application/json': { schema: ruleSchema } } };
}

function rulePaths() {
  return {
    '/api/v1/rules': {
      get: {
        summary: 'Rules',
        parameters: queryParameters(rulesQuery),
        responses: {
          200: {
            description: 'In the order in which they were made',
            content: { 'application/json': { schema: { type: 'array', items: ruleSchema } } },
          },
          ...errors(400, 404, 503),
        },
      },
      post: {
        summary: 'Create a rule',
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/RuleBody' } } },
        },
        responses: { 201: ruleResponse('The rule'), ...errors(...changeErrors) },
      },
    },
    '/api/v1/rules/backtest': {
      post: {
        summary: 'What a rule would have said of the past',
        requestBody: requestBody(backtestBody),
        responses: { 200: response('Firings', backtestAnswer), ...errors(400, 403, 413, 415, 503) },
      },
    },
    '/api/v1/rules/{id}': {
      parameters: idParameter,
      get: { summary: 'One rule', responses: { 200: ruleResponse('The rule'), ...errors(404, 503) } },
      patch: patch(
        'rule',
        ruleResponse('The rule as it is now'),
        `Any fields of a rule; of conditions ${conditionKinds.join(', ')}`,
      ),
      delete: remove('rule'),
    },
  };
}

function channelPaths() {
  return {
    '/api/v1/channels': {
      get: {
        summary: 'Channels, their secrets masked',
        responses: { 200: response('In the order in which they were made', z.array(channelAnswer)), ...errors(503) },
      },
      post: {
        summary: 'Create a channel',
        requestBody: requestBody(channelBody),
        responses: { 201: response('The channel', channelAnswer), ...errors(...changeErrors) },
      },
    },
    '/api/v1/channels/{id}': {
      parameters: idParameter,
      get: { summary: 'One channel', responses: { 200: response('The channel', channelAnswer), ...errors(404, 503) } },
      patch: patch(
        'channel',
        response('The channel as it is now', channelAnswer),
        'Any fields of a channel. A secret that reads "(secret)" stays as it is. A new name is written into the rules',
      ),
      delete: remove('channel'),
    },
    '/api/v1/channels/{id}/test': {
      parameters: idParameter,
      post: {
        summary: 'Send a test by a channel, at once',
        responses: { 200: response('What came of it', channelTestAnswer), ...errors(403, 404, 503) },
      },
    },
  };
}

function downtimePaths() {
  return {
    '/api/v1/downtimes': {
      get: {
        summary: 'Downtimes',
        responses: { 200: response('Newest first', z.array(downtimeAnswer)), ...errors(503) },
      },
      post: {
        summary: 'Create a downtime, once or recurring',
        requestBody: requestBody(downtimeBody),
        responses: { 201: response('The downtime', downtimeAnswer), ...errors(...changeErrors) },
      },
    },
    '/api/v1/downtimes/{id}': {
      parameters: idParameter,
      get: {
        summary: 'One downtime',
        responses: { 200: response('The downtime', downtimeAnswer), ...errors(404, 503) },
      },
      patch: patch('downtime', response('The downtime as it is now', downtimeAnswer), 'Any fields of a downtime'),
      delete: remove('downtime'),
    },
    '/api/v1/silences': {
      get: {
        summary: 'Silences that last',
        responses: { 200: response('Newest first', z.array(silenceAnswer)), ...errors(503) },
      },
      post: {
        summary: 'Silence alerts until a moment',
        requestBody: requestBody(silenceBody),
        responses: { 201: response('The silence', silenceAnswer), ...errors(...changeErrors) },
      },
    },
    '/api/v1/silences/{id}': {
      parameters: idParameter,
      get: { summary: 'One silence', responses: { 200: response('The silence', silenceAnswer), ...errors(404, 503) } },
      delete: remove('silence'),
    },
  };
}

function alertListPaths() {
  return {
    '/api/v1/alerts': {
      get: {
        summary: 'Alerts, newest first',
        parameters: queryParameters(alertsQuery),
        responses: { 200: response('A page', alertListAnswer), ...errors(400, 503) },
      },
    },
    '/api/v1/alerts/{id}': {
      parameters: idParameter,
      get: { summary: 'One alert', responses: { 200: response('The alert', alertAnswer), ...errors(404, 503) } },
    },
    '/api/v1/alerts/{id}/trace': {
      parameters: idParameter,
      get: {
        summary: 'Everything that happened to an alert, and why somebody was told of it or nobody',
        responses: { 200: response('Oldest first', traceAnswer), ...errors(404, 503) },
      },
    },
    '/api/v1/alerts/{id}/ack': {
      parameters: idParameter,
      post: {
        summary: 'Acknowledge an alert: no reminders and no escalation any more; the first to do so counts',
        requestBody: requestBody(acknowledgeBody),
        responses: { 200: response('The alert', alertAnswer), ...errors(400, 403, 404, 413, 415, 503) },
      },
    },
    '/api/v1/notices': {
      get: {
        summary: 'Notices that wait, went out, or were given up; newest first',
        parameters: queryParameters(noticesQuery),
        responses: { 200: response('A page', noticeListAnswer), ...errors(400, 503) },
      },
    },
    '/api/v1/notices/{id}/retry': {
      parameters: idParameter,
      post: {
        summary: 'Try a notice again that was given up',
        responses: {
          200: response('It waits', z.object({ status: z.literal('waiting') })),
          ...errors(403, 404, 409, 503),
        },
      },
    },
  };
}

function patch(what: string, answer: object, description: string) {
  const version = { type: 'integer', description: 'The version that was read: a change in between is refused' };
  return {
    summary: `Change a ${what}`,
    description: fileNote,
    requestBody: {
      required: true,
      description,
      content: { 'application/json': { schema: { type: 'object', minProperties: 1, properties: { version } } } },
    },
    responses: { 200: answer, ...errors(...changeErrors, 404) },
  };
}

function remove(what: string) {
  return {
    summary: `Remove a ${what}`,
    description: fileNote,
    responses: { 200: response('Removed', successAnswer), ...errors(403, 404, 409, 503) },
  };
}
