import { describe, expect, test } from 'vitest';
import { isLocal, proxyFor } from './proxy.ts';

const proxy = 'http://proxy.example.org:3128';

describe('proxyFor()', () => {
  test.each<[string, Record<string, string>, string | null]>([
    ['wss://hub.example.org/agent', {}, null],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: proxy }, proxy],
    ['wss://hub.example.org/agent', { HTTP_PROXY: proxy }, null],
    ['ws://hub.example.org/agent', { HTTP_PROXY: proxy }, proxy],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: 'http://other', https_proxy: proxy }, proxy],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: 'proxy.example.org:3128' }, proxy],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: 'socks5://proxy' }, null],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: '::' }, null],
    ['ws://localhost:8888/agent', { HTTP_PROXY: proxy }, null],
    ['ws://127.0.0.1:8888/agent', { HTTP_PROXY: proxy }, null],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: proxy, NO_PROXY: '*' }, null],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: proxy, NO_PROXY: 'a.org, example.org' }, null],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: proxy, NO_PROXY: '.example.org' }, null],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: proxy, NO_PROXY: '*.example.org' }, null],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: proxy, NO_PROXY: 'HUB.example.org:443' }, null],
    ['wss://hub.example.org/agent', { HTTPS_PROXY: proxy, NO_PROXY: 'hub.example.org:8443' }, proxy],
    ['wss://myexample.org/agent', { HTTPS_PROXY: proxy, NO_PROXY: 'example.org' }, proxy],
    ['wss://[fd00::1]/agent', { HTTPS_PROXY: proxy, NO_PROXY: '[fd00::1]:443' }, null],
  ])('answers for %s with %o: %s', (url, env, expected) => {
    expect(proxyFor(url, env)).toBe(expected);
  });
});

test.each([
  ['localhost', true],
  ['hub.localhost', true],
  ['127.8.0.1', true],
  ['[::1]', true],
  ['127.0.0.1.example.org', false],
  ['10.0.0.1', false],
])('isLocal() answers for %s: %s', (host, expected) => {
  expect(isLocal(host)).toBe(expected);
});
