import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { issueWords } from './issue-words.ts';

function wordsOf(schema: z.ZodType, value: unknown): string[] {
  return schema.safeParse(value, { error: issueWords }).error?.issues.map(({ message }) => message) ?? [];
}

describe('issueWords()', () => {
  test.each<[string, z.ZodType, unknown, string]>([
    ['a missing text', z.string(), undefined, 'must be a string: got nothing'],
    ['a number that is none', z.coerce.number(), 'soon', 'must be a number: got NaN'],
    ['a number without an end', z.number(), Infinity, 'must be a number: got Infinity'],
    ['a text for a number', z.int(), 'hunter2', 'must be a number: got a string'],
    ['a fraction', z.int(), 1.5, 'must be a whole number: got 1.5'],
    ['null', z.string(), null, 'must be a string: got null'],
    ['a number for a text', z.string(), 5, 'must be a string: got a number'],
    ['a list for an object', z.strictObject({}), ['hunter2'], 'must be an object: got a list'],
    ['an object for a list', z.array(z.string()), { a: 1 }, 'must be a list: got an object'],
    ['a number for a record', z.record(z.string(), z.string()), 3, 'must be an object: got a number'],
    ['a number for a boolean', z.boolean(), 1, 'must be true or false: got a number'],
    ['a missing choice', z.enum(['a', 'b']), undefined, 'must be one of "a", "b": got nothing'],
    ['a missing literal', z.literal('a'), undefined, 'must be "a": got nothing'],
  ])('names %s', (_, schema, value, words) => {
    expect(wordsOf(schema, value)).toEqual([words]);
  });

  test('leaves to a schema what has words of its own, and what is out of bounds', () => {
    expect(wordsOf(z.string('a path'), 5)).toEqual(['a path']);
    expect(wordsOf(z.int().max(5), 6)).toEqual(['Too big: expected number to be <=5']);
  });
});
