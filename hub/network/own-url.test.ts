import { expect, test } from 'vitest';
import { listenedHost, ownUrl } from './own-url.ts';

test.each([
  ['127.0.0.1', null, 'http://127.0.0.1:8888'],
  ['0.0.0.0', null, 'http://127.0.0.1:8888'],
  ['localhost', null, 'http://127.0.0.1:8888'],
  ['::1', null, 'http://[::1]:8888'],
  ['::', null, 'http://[::1]:8888'],
  ['192.0.2.1', null, 'http://192.0.2.1:8888'],
  ['2001:db8::1', null, 'http://[2001:db8::1]:8888'],
  ['0.0.0.0', ['hub.example.org', 'localhost'], 'https://localhost:8888'],
  ['0.0.0.0', ['*.example.org', 'hub.example.org'], 'https://hub.example.org:8888'],
  ['0.0.0.0', [], 'https://localhost:8888'],
  ['192.0.2.1', ['hub.example.org'], 'https://hub.example.org:8888'],
  ['192.0.2.1', ['hub.example.org', '192.0.2.1'], 'https://192.0.2.1:8888'],
])('ownUrl() of %s with the names %j is %s', (host, names, url) => {
  expect(ownUrl({ host, port: 8_888, names })).toBe(url);
});

test.each([
  ['localhost', '127.0.0.1'],
  ['LOCALHOST', '127.0.0.1'],
  ['::', '::'],
  ['192.0.2.1', '192.0.2.1'],
  ['hub.example.org', 'hub.example.org'],
])('the hub listens for %s on %s', (host, listened) => {
  expect(listenedHost(host)).toBe(listened);
});
