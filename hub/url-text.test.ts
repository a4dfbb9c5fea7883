import { expect, test } from 'vitest';
import { parseUrl } from './url-text.ts';

test('parseUrl() tells the parts of a URL, or that it is none', () => {
  expect(parseUrl('https://hub.example.org:8443/a')?.host).toBe('hub.example.org:8443');
  expect(parseUrl('hub.example.org')).toBeNull();
  expect(parseUrl('http://[::1')).toBeNull();
});

test('parseUrl() says the same of text beyond ASCII however often it is asked', () => {
  const answers = new Set<string | undefined>();
  for (let turn = 0; turn < 20_000; turn += 1)
    answers.add(`${parseUrl('http://b\u00fccher.example/')?.hostname} ${parseUrl('http://\u00c6\u008a*/')?.hostname}`);
  expect([...answers]).toEqual(['xn--bcher-kva.example undefined']);
});
