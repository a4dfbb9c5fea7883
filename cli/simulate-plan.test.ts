import { describe, expect, test } from 'vitest';
import { askAnswers, isYes, parseCount, type SimulateAnswers } from './simulate-plan.ts';

/** Asks with these answers, one after the other. */
async function run(given: Partial<SimulateAnswers>, answers: readonly string[] | null) {
  const asked: string[] = [];
  const said: string[] = [];
  const left = [...(answers ?? [])];
  const ask = (question: string) => {
    asked.push(question);
    return Promise.resolve(left.shift() ?? '');
  };
  const result = await askAnswers({ given, ask: answers === null ? null : ask, say: (line) => said.push(line) });
  return { result, asked, said };
}

describe('askAnswers()', () => {
  test('asks three questions, and takes the default for an empty answer', async () => {
    const { result, asked } = await run({}, ['5', '', '3600']);
    expect(result).toEqual({ hosts: 5, days: 30, perHour: 3_600 });
    expect(asked).toEqual([
      'How many hosts? [10] ',
      'How many days of data, up to now? [30] ',
      'How many entries per hour? [60] ',
    ]);
  });

  test('asks again what was answered wrongly', async () => {
    const { result, asked, said } = await run({ hosts: 1, perHour: 60 }, ['many', '-1', '7']);
    expect([result.days, asked.length]).toEqual([7, 3]);
    expect(said[0]).toBe('Cannot take that: it must be a whole number from 0 to 1126: got "many"');
  });

  test('asks nothing that was given', async () => {
    expect((await run({ hosts: 2, days: 3, perHour: 4 }, [])).asked).toEqual([]);
  });

  test('takes the defaults and says them where nobody is asked', async () => {
    const { result, said } = await run({ hosts: 2 }, null);
    expect(result).toEqual({ hosts: 2, days: 30, perHour: 60 });
    expect(said).toEqual(['Not asked, so taken: --days 30 --per-hour 60']);
  });
});

test.each([
  ['7', 7],
  [' 10 ', 10],
  ['0', 'a whole number from 1 to 10: got "0"'],
  ['11', 'a whole number from 1 to 10: got "11"'],
  ['1.5', 'a whole number from 1 to 10: got "1.5"'],
  ['1e1', 'a whole number from 1 to 10: got "1e1"'],
  ['', 'a whole number from 1 to 10: got ""'],
])('parseCount(%j) is %j', (text, result) => {
  expect(parseCount(text, { min: 1, max: 10 })).toBe(result);
});

test.each([
  ['', true],
  ['Y', true],
  ['yes', true],
  ['n', false],
  ['what', false],
])('%j is a yes: %s', (text, result) => {
  expect(isYes(text)).toBe(result);
});
