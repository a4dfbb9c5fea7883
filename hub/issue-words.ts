/**
 * What a value of a wrong kind is called, in the words of this project: "must be a string: got nothing". Given to each `safeParse` whose
 * problems people read, as the issue that comes out of it does not hold the value any more. Pure.
 */
import type { z } from 'zod';

/** By what the schema library calls it. */
const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

/** An error map of zod: undefined leaves a problem to the words of its schema. */
export const issueWords: z.core.$ZodErrorMap = ({ code, input, ...issue }) => {
  if (code === 'invalid_type') {
    const { expected = '' } = issue as { readonly expected?: string };
    const wanted = kinds[expected];
    return wanted === undefined ? undefined : `must be ${wanted}: got ${shownKind(input, expected)}`;
  }
  // What is wrong with a value that is there, the library says well: which ones there are.
  return code === 'invalid_value' && input === undefined ? `${wantedValues(issue)}: got nothing` : undefined;
};

function wantedValues(issue: object): string {
  const { values = [] } = issue as { readonly values?: readonly unknown[] };
  const shown = values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value)));
  return shown.length === 1 ? `must be ${shown[0]}` : `must be one of ${shown.join(', ')}`;
}

/** What it is, not what it says: it may be long, or a password in the wrong form. Of a number that was wanted it is the number. */
function shownKind(input: unknown, expected: string): string {
  if (input === undefined) return 'nothing';
  if (input === null) return 'null';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'number') return expected === 'number' || expected === 'int' ? String(input) : 'a number';
  return typeof input === 'object' ? 'an object' : `a ${typeof input}`;
}
