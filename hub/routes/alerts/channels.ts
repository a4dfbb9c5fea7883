/**
 * Channels by REST. Their secrets go in and never come out.
 */
import { z } from 'zod';
import type { PlainChannel } from '../../alert-forms.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../../http.ts';
import { parseJson } from '../../json-body.ts';
import type { Channel } from '../../notices/channel.ts';
import type { NoticeMessage } from '../../notices/notice.ts';
import { channelAnswerOf, channelBody, maskProblems, patchedChannelBody, plainChannelOf } from '../channel-body.ts';
import type { EngineOf } from '../fetch.ts';
import { listAnswer } from '../list-answer.ts';
import { change, converted, idOf, noSuchPath, parsePatch, placeOf, read, removal, splitVersion } from './common.ts';

export const channelTestAnswer = z.object({
  status: z.enum(['sent', 'failed']).describe('failed is an answer as well: the hub did what it was asked to'),
  answer: z.string().describe('What the receiver said: a status and a few words'),
});

export function channelRoutes(engineOf: EngineOf): Route[] {
  return [
    {
      ...read,
      access: 'editor',
      path: '/api/v1/channels',
      answer: () => listAnswer(engineOf().alertBook.definitions.channels, channelAnswerOf),
    },
    {
      ...read,
      access: 'editor',
      path: '/api/v1/channels/*',
      answer: (request) => jsonAnswer(channelAnswerOf(engineOf().alertBook.channel(idOf(request, 'channel')))),
    },
    {
      ...change,
      access: 'admin',
      action: 'channel.created',
      path: '/api/v1/channels',
      answer: async (request) => {
        const plain = parseChannel(parseJson(request.body), 'create channel');
        const channel = await engineOf().alertBook.createChannel(plain);
        request.note.object = channel.name;
        return jsonAnswer(channelAnswerOf(channel), 201);
      },
    },
    {
      ...change,
      method: 'patch',
      access: 'admin',
      action: 'channel.changed',
      path: '/api/v1/channels/*',
      answer: async (request) => {
        const id = idOf(request, 'channel');
        const act = 'change channel';
        const { version, rest: patch } = splitVersion(parsePatch(request.body, act), act);
        const { alertBook } = engineOf();
        request.note.object = alertBook.channel(id).name;
        request.note.detail = { changed: Object.keys(patch) };
        const become = (before: Channel) =>
          parseChannel(patchedChannelBody(before, { opened: alertBook.openSettings(before), patch }), act);
        return jsonAnswer(channelAnswerOf(await alertBook.editChannel(id, { version, change: become })));
      },
    },
    {
      ...removal,
      access: 'admin',
      action: 'channel.removed',
      path: '/api/v1/channels/*',
      answer: async (request) => {
        const id = idOf(request, 'channel');
        request.note.object = engineOf().alertBook.channel(id).name;
        await engineOf().alertBook.removeChannel(id);
        return jsonAnswer({ status: 'success' });
      },
    },
    {
      ...change,
      bodyBytesMax: 0,
      access: 'admin',
      action: 'channel.tested',
      path: '/api/v1/channels/*',
      answer: (request) => answerTest(engineOf, request),
    },
  ];
}

/** Sends at once, past downtimes, silences and the outbox. */
async function answerTest(engineOf: EngineOf, request: HttpRequest) {
  const { id, action } = placeOf(request, 'channel');
  if (action !== 'test') throw noSuchPath('channel', action);
  const engine = engineOf();
  const channel = engine.alertBook.channel(id);
  const { kind, sealedSettings } = channel;
  request.note.object = channel.name;
  const sending = { channel: { kind, sealedSettings }, message: testMessage(channel, Date.now()) };
  const outcome = await engine.archive.call('sendDirect', sending).catch(() => {
    throw new HttpError(503, 'Cannot test channel: the hub is not ready to send', { 'retry-after': '5' });
  });
  return jsonAnswer({ status: outcome.kind, answer: outcome.answer } satisfies z.infer<typeof channelTestAnswer>);
}

function testMessage({ id, name }: Channel, nowMs: number): NoticeMessage {
  const key = `test.${id}.${nowMs}`;
  const event = {
    key,
    targetKey: `test.${id}`,
    kind: 'test' as const,
    isFiring: false,
    alertId: null,
    ruleName: 'Test',
    hostName: '',
    series: '',
    severity: 'info' as const,
    cause: null,
    condition: '',
    value: null,
    unit: '',
    message: `A test of the channel "${name}": notices of Pulsewire arrive here`,
    atMs: nowMs,
    firedMs: null,
    resolvedMs: null,
  };
  return { key, groupKey: 'test', events: [event], omittedCount: 0 };
}

/** Throws HttpError 400. */
function parseChannel(content: unknown, act: string): PlainChannel {
  return converted(content, {
    schema: channelBody,
    act,
    convert: (body) => {
      const problems = maskProblems(body);
      return problems.length > 0
        ? { kind: 'refused' as const, problems }
        : { kind: 'done' as const, item: plainChannelOf(body) };
    },
  });
}
