/**
 * Why something about accounts cannot be done, in words, and what a new name and password must be. Pure.
 */
import { HttpError } from '../../http.ts';
import type { ApiTokenDraft } from '../../store/access/api-tokens.ts';
import type { PersonRefusal } from '../../store/access/people.ts';
import { isScopeWithin } from '../actor.ts';
import { nameKeyOf, passwordProblem } from './passwords.ts';

export const peopleMax = 1_000;
export const apiTokensMax = 1_000;
/** Times travel as seconds with fractions: a client that repeats one has lost less than this of it. */
const timeToleranceMs = 1;
/** Nobody, and no token, may be mistaken in the audit log for the hub itself, its operator, or nobody. Whoever has such a name already keeps it. */
const reservedNames = ['operator', 'hub', 'system', 'anonymous'];

/** 503: nothing can be decided. */
export function awayError(act: string): HttpError {
  return new HttpError(503, `Cannot ${act}: the database is away`, { 'retry-after': '5' });
}

/** Of somebody new, or of a token. Throws HttpError 400. */
export function checkName(name: string, act: string): void {
  if (!reservedNames.includes(nameKeyOf(name))) return;
  throw new HttpError(
    400,
    `Cannot ${act}: name: another one is wanted: got ${JSON.stringify(name)}, which the audit log uses for the hub itself (as ${reservedNames.join(', ')})`,
  );
}

/** A new one, of somebody of this name. Throws HttpError 400. */
export function checkPassword(
  { name, password }: { readonly name: string; readonly password: string },
  act: string,
): void {
  const problem = passwordProblem(password, name);
  if (problem !== null) throw new HttpError(400, `Cannot ${act}: ${problem}`);
}

/** What the database says of a change of somebody, as the answer. */
export function personError(refusal: PersonRefusal, act: string): HttpError {
  switch (refusal) {
    case 'taken':
      return new HttpError(409, `Cannot ${act}: somebody of that name is there already`);
    case 'full':
      return new HttpError(409, `Cannot ${act}: at most ${peopleMax} people are kept: remove who is no more`);
    case 'unknown':
      return new HttpError(404, `Cannot ${act}: there must be such a person: got another id`);
    case 'lastAdmin':
      return new HttpError(409, `Cannot ${act}: there must be an admin left: make somebody else one first`);
    case 'claimed':
      return new HttpError(409, 'Cannot set up: there must be no admin yet: got one; sign in');
  }
}

/** What the database says of a token that is to be made, as the answer. */
export function apiTokenError(refusal: 'taken' | 'full' | 'past' | 'unknown', act: string): HttpError {
  switch (refusal) {
    case 'taken':
      return new HttpError(409, `Cannot ${act}: one of that name is there already`);
    case 'full':
      return new HttpError(409, `Cannot ${act}: at most ${apiTokensMax} are kept: revoke what is not used`);
    case 'past':
      return new HttpError(400, `Cannot ${act}: expires: a time to come is wanted`);
    case 'unknown':
      return new HttpError(409, `Cannot ${act}: whoever makes it has been removed meanwhile`);
  }
}

type Span = Pick<ApiTokenDraft, 'scope' | 'expiresMs'>;

/** Throws HttpError 403 for a token that would be more than the token that makes it. */
export function checkWithin({ scope, expiresMs }: Span, maker: Span, act: string): void {
  if (!isScopeWithin(scope, maker.scope))
    throw new HttpError(
      403,
      `Cannot ${act}: scope: a token makes none that may do more than it may itself, "${maker.scope}": got "${scope}"`,
    );
  const endMs = maker.expiresMs;
  if (endMs === null || (expiresMs !== null && expiresMs <= endMs + timeToleranceMs)) return;
  const got = expiresMs === null ? 'none, which is never' : String(expiresMs / 1_000);
  throw new HttpError(
    403,
    `Cannot ${act}: expires: a token makes none that lasts longer than itself, which is until ${endMs / 1_000} (${new Date(endMs).toISOString()}): got ${got}`,
  );
}
