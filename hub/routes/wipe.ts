/**
 * `POST /api/v1/wipe`: removes everything that is stored.
 */
import { HttpError, jsonAnswer, type Route } from '../http.ts';
import type { Wiper } from '../wiper.ts';

/** For `{}`: nothing can be asked for but all of it. */
const bodyBytesMax = 64;

/** `wiperOf` throws HttpError 503 before the hub knows its database. */
export function wipeRoute(wiperOf: () => Wiper): Route {
  return {
    method: 'post',
    path: '/api/v1/wipe',
    access: 'admin',
    isChange: true,
    action: 'hub.wiped',
    bodyBytesMax,
    answer: async (request) => {
      const wiper = wiperOf();
      if (Buffer.from(request.body).toString('utf8').replace(/\s/g, '') !== '{}')
        throw new HttpError(400, 'Cannot wipe: the body must be {}: got something else');
      return jsonAnswer(await wiper.wipe());
    },
  };
}
