/**
 * `POST /metrics`: for clients without a WebSocket. Answered after the metrics are durable.
 */
import { randomBytes } from 'node:crypto';
import { jsonAnswer, type Route } from '../http.ts';
import { parsePush } from '../push-body.ts';
import type { EngineOf } from './fetch.ts';

const bodyBytesMax = 1024 * 1024;
/** A key is a word, not a document. */
const keyCharactersMax = 200;

export function pushRoute(engineOf: EngineOf): Route {
  return {
    method: 'post',
    path: '/metrics',
    isChange: true,
    bodyBytesMax,
    answer: async (request) => {
      const { body } = request;
      const nowMs = Date.now();
      const push = parsePush(body, nowMs);
      const idempotencyKey = request.header('idempotency-key').slice(0, keyCharactersMax);
      await engineOf().pusher.push(push, { body, idempotencyKey, random: () => randomBytes(16), nowMs });
      return jsonAnswer({ status: 'received' });
    },
  };
}
