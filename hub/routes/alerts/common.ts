/**
 * What the routes of alerts share.
 */
import type { z } from 'zod';
import { HttpError, type HttpRequest } from '../../http.ts';
import { issueWords } from '../../issue-words.ts';
import { bodyError, parseJson, problemsOf, protoProblems } from '../../json-body.ts';

export const read = { method: 'get', access: 'viewer', isChange: false, action: null, bodyBytesMax: 0 } as const;
/** Two hundred overrides with some hosts each. */
export const change = { method: 'post', access: 'editor', isChange: true, bodyBytesMax: 256 * 1024 } as const;
export const removal = { method: 'delete', access: 'editor', isChange: true, bodyBytesMax: 0 } as const;

/** Ids are PostgreSQL's `int` for definitions, and `bigint` within the safe integers for alerts and notices. */
const idPattern = /^[1-9][0-9]{0,14}$/;
const intMax = 2 ** 31 - 1;

/**
 * Whose name stands under what a request makes: that of the person who is signed in, whatever is said. A token and the operator act
 * for somebody, whom they may name; a token that names nobody is named itself.
 */
export function authorOf({ actor }: HttpRequest, said: string): string {
  if (actor.kind === 'person') return actor.name;
  return said.trim() === '' && actor.kind === 'token' ? actor.name : said;
}

/** The id behind the route's path, and what follows it. Throws HttpError 404. */
export function placeOf({ rest }: HttpRequest, what: string): { readonly id: number; readonly action: string } {
  const [text = '', action = '', ...more] = rest;
  const id = idPattern.test(text) ? Number(text) : 0;
  const isInt = what === 'alert' || what === 'notice' || id <= intMax;
  if (id === 0 || !isInt || more.length > 0) throw new HttpError(404, `Cannot find ${what}: the path ends in its id`);
  return { id, action };
}

/** The id, where nothing may follow it. */
export function idOf(request: HttpRequest, what: string): number {
  const { id, action } = placeOf(request, what);
  if (action !== '' || request.rest.length > 1) throw noSuchPath(what, action);
  return id;
}

export function noSuchPath(what: string, action: string): HttpError {
  return new HttpError(404, `Cannot find ${JSON.stringify(action.slice(0, 80))} of ${what}: there is no such route`);
}

/** What changes an item: an object, checked when it has been put together with what there was. */
export function parsePatch(body: Uint8Array, act: string): Readonly<Record<string, unknown>> {
  const content = parseJson(body);
  const problems = protoProblems(content);
  const isObject = typeof content === 'object' && content !== null && !Array.isArray(content);
  if (!isObject || Object.keys(content).length === 0)
    problems.push('body: an object with what is to be changed is wanted');
  if (problems.length > 0) throw bodyError(act, problems);
  return content as Readonly<Record<string, unknown>>;
}

/** What a schema and a conversion make of it. Throws HttpError 400 with everything that is wrong. */
export function converted<S extends z.ZodType, T>(
  content: unknown,
  options: {
    readonly schema: S;
    readonly act: string;
    readonly convert: (
      body: z.output<S>,
    ) =>
      | { readonly kind: 'refused'; readonly problems: readonly string[] }
      | { readonly kind: 'done'; readonly item: T };
  },
): T {
  const { schema, act, convert } = options;
  const problems = protoProblems(content);
  const parsed = schema.safeParse(content, { error: issueWords });
  if (!parsed.success) throw bodyError(act, [...problems, ...problemsOf(parsed.error)]);
  const made = convert(parsed.data);
  if (made.kind === 'refused') throw bodyError(act, [...problems, ...made.problems]);
  if (problems.length > 0) throw bodyError(act, problems);
  return made.item;
}

/** What the client has seen, from its patch. Throws HttpError 400. */
export function splitVersion(
  patch: Readonly<Record<string, unknown>>,
  act: string,
): { readonly version: number | null; readonly rest: Readonly<Record<string, unknown>> } {
  const { version = null, ...rest } = patch;
  if (version !== null && (typeof version !== 'number' || !Number.isInteger(version) || version < 1))
    throw bodyError(act, ['version: the version that was read is wanted, a whole number']);
  if (Object.keys(rest).length === 0) throw bodyError(act, ['body: something to be changed is wanted']);
  return { version, rest };
}

/** A read of the database for a request. Throws HttpError 503 while that is away. */
export async function orAway<T>(work: Promise<T>, act: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(503, `Cannot ${act}: the database is away`, { 'retry-after': '10' });
  }
}
