/**
 * A token that pushes may be for one client. Whatever it asks as another is refused before anybody looks whether there is one. Pure.
 */
import { HttpError } from '../http.ts';
import type { Actor } from './actor.ts';

/** Throws HttpError 403 for a token that is for another client than the one that it names. */
export function checkOwnClient(actor: Actor, clientId: string, act: string): void {
  if (actor.kind !== 'token' || actor.clientId === null || actor.clientId === clientId) return;
  throw new HttpError(
    403,
    `Cannot ${act}: client_id: the token is for the client ${JSON.stringify(actor.clientId)} alone: got ${JSON.stringify(clientId.slice(0, 255))}`,
  );
}
