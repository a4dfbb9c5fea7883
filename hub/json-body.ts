/**
 * Bodies in JSON: read, checked by a schema, refused with everything that is wrong. Pure.
 */
import type { z } from 'zod';
import { HttpError } from './http.ts';
import { issueWords } from './issue-words.ts';

const problemsShownMax = 10;
/** Of a problem: it may repeat what the client has said. */
const problemCharactersMax = 500;
/**
 * Of one list or object. No route takes as many as this, and a schema looks at each of them before it counts: of 100,000 pushed
 * names for 360 to 540 ms, in which nobody else is answered (2026-11-27, two busy cores); of this many for 80 ms.
 */
const membersMax = 10_000;

/** Throws HttpError 400: for what is no JSON in UTF-8, and for a list or an object that is too long for any route. */
export function parseJson(body: Uint8Array): unknown {
  const content = jsonOf(body);
  for (const { value, place } of insides(content)) {
    const count = Array.isArray(value) ? value.length : Object.keys(value).length;
    if (count > membersMax)
      throw new HttpError(
        400,
        `Cannot read body: ${place === '' ? 'body' : place}: at most ${membersMax} members are allowed: got ${count}`,
      );
  }
  return content;
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new HttpError(
      400,
      `Cannot read body: JSON in UTF-8 is wanted: got ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** The body by a schema. Throws HttpError 400: *Cannot ‹act›: ‹all problems›*. */
export function parseBody<S extends z.ZodType>(schema: S, body: Uint8Array, act: string): z.infer<S> {
  const content = parseJson(body);
  const problems = protoProblems(content);
  const parsed = schema.safeParse(content, { error: issueWords });
  if (!parsed.success) problems.push(...problemsOf(parsed.error));
  if (parsed.success && problems.length === 0) return parsed.data;
  throw bodyError(act, problems);
}

/** Each problem with the place that it is at. */
export function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const place = issue.path.length === 0 ? 'body' : issue.path.join('.').slice(0, 200);
    return `${place}: ${issue.message}`.slice(0, problemCharactersMax);
  });
}

/** A schema leaves this one name out without a word; what a client said must not be lost like that, however deep it lies. */
export function protoProblems(content: unknown): string[] {
  const problems: string[] = [];
  for (const { value, place } of insides(content))
    if (Object.hasOwn(value, '__proto__'))
      problems.push(`${place === '' ? 'body' : place}: "__proto__" cannot be a name`);
  return problems;
}

/** Each list and object in a content, the outer ones first, with the place that it is at. */
function* insides(content: unknown): Generator<{ readonly value: object; readonly place: string }> {
  if (typeof content !== 'object' || content === null) return;
  const waiting = [{ value: content, place: '' }];
  // Not by recursion: how deep it is, the client says.
  for (const item of waiting) {
    yield item;
    const prefix = item.place === '' ? '' : `${item.place}.`;
    for (const [field, inner] of Object.entries(item.value) as [string, unknown][])
      if (typeof inner === 'object' && inner !== null)
        waiting.push({ value: inner, place: `${prefix}${field}`.slice(0, 200) });
  }
}

export function bodyError(act: string, problems: readonly string[]): HttpError {
  const more = problems.length > problemsShownMax ? `; and ${problems.length - problemsShownMax} more` : '';
  return new HttpError(400, `Cannot ${act}: ${problems.slice(0, problemsShownMax).join('; ')}${more}`);
}
