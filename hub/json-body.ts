/**
 * Bodies in JSON: read, checked by a schema, refused with everything that is wrong. Pure.
 */
import type { z } from 'zod';
import { HttpError } from './http.ts';

const problemsShownMax = 10;

/** Throws HttpError 400. */
export function parseJson(body: Uint8Array): unknown {
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
  const parsed = schema.safeParse(content);
  if (!parsed.success) problems.push(...problemsOf(parsed.error));
  if (parsed.success && problems.length === 0) return parsed.data;
  throw bodyError(act, problems);
}

/** Each problem with the place that it is at. */
export function problemsOf(error: z.ZodError): string[] {
  return error.issues.map(
    (issue) => `${issue.path.length === 0 ? 'body' : issue.path.join('.').slice(0, 200)}: ${issue.message}`,
  );
}

/** A schema leaves this one name out without a word; what a client said must not be lost like that. */
export function protoProblems(content: unknown): string[] {
  if (typeof content !== 'object' || content === null) return [];
  const own = Object.hasOwn(content, '__proto__') ? ['body: "__proto__" cannot be a name'] : [];
  const inner = Object.entries(content).filter(
    ([, value]) => typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__'),
  );
  return [...own, ...inner.map(([field]) => `${field.slice(0, 200)}: "__proto__" cannot be a name`)];
}

export function bodyError(act: string, problems: readonly string[]): HttpError {
  const more = problems.length > problemsShownMax ? `; and ${problems.length - problemsShownMax} more` : '';
  return new HttpError(400, `Cannot ${act}: ${problems.slice(0, problemsShownMax).join('; ')}${more}`);
}
