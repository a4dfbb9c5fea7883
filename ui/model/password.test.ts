import { expect, test } from 'vitest';
import { passwordHint } from './password.ts';

test.each([
  ['', 'none'],
  ['eleven char', 'refused'],
  ['Mira Kovac likes trains', 'weak'],
  ['correct-Password-7', 'weak'],
  ['aaaaaaaaaaaaaaaaaaaa', 'weak'],
  ['abcdefghijklmnop', 'weak'],
  ['tree-9-lamp-x', 'fair'],
  ['spoon river lamp quartz', 'strong'],
  // Six characters of three bytes each are eighteen bytes.
  ['日本語日本語', 'weak'],
  ['x'.repeat(1_025), 'refused'],
])('passwordHint() says of %j that it is %s', (password, level) => {
  expect(passwordHint(password, 'Mira Kovac').level).toBe(level);
});

test('passwordHint() says how much is missing', () => {
  expect(passwordHint('eleven char', '').text).toBe('1 more character.');
  expect(passwordHint('ten charac', '').text).toBe('2 more characters.');
});
