/**
 * `POST /api/v1/wipe`: removes everything that is stored, for whoever shows the enrolment key.
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
    isChange: true,
    bodyBytesMax,
    answer: async (request) => {
      const wiper = wiperOf();
      const bearer = /^Bearer ([\x21-\x7e]{1,512})$/.exec(request.header('authorization'))?.[1];
      if (bearer === undefined || !wiper.isAllowed(bearer))
        throw new HttpError(401, 'Cannot wipe: the enrolment key is wanted as bearer token: got none, or another', {
          'www-authenticate': 'Bearer',
        });
      if (Buffer.from(request.body).toString('utf8').replace(/\s/g, '') !== '{}')
        throw new HttpError(400, 'Cannot wipe: the body must be {}: got something else');
      return jsonAnswer(await wiper.wipe());
    },
  };
}
