/**
 * `POST /metrics`: for clients without a WebSocket. Answered after the metrics are durable.
 */
import { randomBytes } from 'node:crypto';
import { checkOwnClient } from '../access/own-client.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { parsePush } from '../push-body.ts';
import type { EngineOf } from './fetch.ts';

const bodyBytesMax = 1024 * 1024;
/** A key is a word, not a document. */
const keyCharactersMax = 200;

export function pushRoute(engineOf: EngineOf): Route {
  return {
    method: 'post',
    path: '/metrics',
    access: 'push',
    isChange: true,
    // Each second, of each host: what it pushes is its own record.
    action: null,
    bodyBytesMax,
    answer: async (request) => {
      const { body } = request;
      const nowMs = Date.now();
      const push = parsePush(body, nowMs);
      checkOwnClient(request.actor, push.clientId, 'accept metrics');
      const idempotencyKey = idempotencyKeyOf(request, 'accept metrics');
      await engineOf().pusher.push(push, { body, idempotencyKey, random: () => randomBytes(16), nowMs });
      return jsonAnswer({ status: 'received' });
    },
  };
}

/** By which a repetition is known; empty for none. Throws HttpError 400. */
export function idempotencyKeyOf(request: HttpRequest, act: string): string {
  const key = request.header('idempotency-key');
  // Two long keys that are cut to the same words would make one body pass for the other's retry.
  if (key.length <= keyCharactersMax) return key;
  throw new HttpError(400, `Cannot ${act}: Idempotency-Key has at most ${keyCharactersMax} characters: got more`);
}
