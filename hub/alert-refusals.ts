/**
 * What stands in the way of a change of rules, channels, downtimes and silences, as answers to clients.
 */
import { HttpError } from './http.ts';
import type { Refusal } from './store/alerts/rules.ts';

export function awayError(act: string): HttpError {
  return new HttpError(503, `Cannot ${act}: the database is away`, { 'retry-after': '10' });
}

/** Nothing is known yet, for a moment after the start or for as long as the database is away. */
export function unreadError(act: string): HttpError {
  return new HttpError(503, `Cannot ${act}: what is known of alerts must have been read from the database`, {
    'retry-after': '1',
  });
}

/** Why nothing was changed, for a client. `got`: the name or id in question. */
export function refusedError(refusal: Refusal, act: string, got: string): HttpError {
  switch (refusal.kind) {
    case 'unknown':
      return new HttpError(404, `Cannot ${act}: it must be there: got ${got}`);
    case 'taken':
      return new HttpError(409, `Cannot ${act}: a name is given once${got === '' ? '' : `: got ${got}`}`);
    case 'readOnly':
      return new HttpError(409, `Cannot ${act}: it is kept in the file of alerts: change it there`);
    case 'changed':
      return new HttpError(409, `Cannot ${act}: it has been changed meanwhile: read it again`);
    case 'full':
      return new HttpError(409, `Cannot ${act}: there are as many as there may be: remove what is not needed`);
  }
}
