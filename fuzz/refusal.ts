/** How a body that cannot be taken is told apart from a fault, for the targets of REST. */
import { ok } from 'node:assert/strict';
import { HttpError } from '../hub/http.ts';

/** Ten problems of 500 characters each, and a few words. */
const messageCharactersMax = 6_000;

/** What `parse` makes; null when it refuses by an HttpError 400, whose text is no longer than a client deserves. */
export function unlessRefused<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    ok(error.status === 400, `a body is refused by 400: got ${error.status}`);
    ok(error.message.length <= messageCharactersMax, `a refusal is bounded: got ${error.message.length} characters`);
    return null;
  }
}
