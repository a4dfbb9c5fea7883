import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirm } from './confirm.ts';

function terminal(isTTY: boolean, answer = '') {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  input.write(answer);
  return { input, output };
}

const never = new AbortController().signal;

test.each([
  ['y', true],
  ['YES', true],
  [' yes ', true],
  ['', false],
  ['n', false],
  ['yesterday', false],
])('the answer "%s" means %s', async (answer, isYes) => {
  const asked = terminal(true, `${answer}\n`);
  expect(await confirm('Go on?', asked, never)).toBe(isYes);
  expect(String(asked.output.read())).toContain('Go on? [y/N] ');
});

test('without a terminal nothing is taken for a yes', async () => {
  await expect(confirm('Go on?', terminal(false, 'y\n'), never)).rejects.toThrow('--yes goes on without');
});
