import { describe, expect, test } from 'vitest';
import { Access } from './site.ts';

const access = new Access(['Metrics.Example.org', 'build-7']);

describe('hostProblem()', () => {
  test.each([
    'localhost',
    'localhost:8888',
    'LOCALHOST:8888',
    'sub.localhost:8888',
    '127.0.0.1:8888',
    '192.168.1.20',
    '[::1]:8888',
    '[fe80::1]',
    'metrics.example.org',
    'METRICS.example.org.:443',
    'build-7:8888',
  ])('lets %j through', (host) => {
    expect(access.hostProblem(host)).toBeNull();
  });

  test.each([
    '',
    'evil.example',
    'metrics.example.org.evil.example',
    'xmetrics.example.org',
    'localhost.evil.example',
    'localhost@evil.example',
    'evil.example#localhost',
    'evil.example/localhost',
    '127.0.0.1.evil.example',
    'localhost:8888:1',
    'localhost:',
    'a b',
    'local\thost',
  ])('refuses %j', (host) => {
    expect(access.hostProblem(host)).toMatch(/^Cannot answer: the Host header must be/);
  });

  test('shows at most a hundred characters, quoted', () => {
    expect(access.hostProblem(`${'x'.repeat(5_000)}"\n`)!.length).toBeLessThan(250);
  });
});

const ours = { host: 'localhost:8888', origin: 'http://localhost:8888', secFetchSite: '' };

describe('changeProblem()', () => {
  test.each([
    ['no browser', { ...ours, origin: '' }],
    ['our page', { ...ours, secFetchSite: 'same-origin' }],
    ['an address typed in', { ...ours, origin: '', secFetchSite: 'none' }],
    ['an origin in capitals', { ...ours, origin: 'HTTP://LOCALHOST:8888' }],
  ])('lets %s through', (_, headers) => {
    expect(access.changeProblem(headers, 'http')).toBeNull();
  });

  test.each([
    ['our page over TLS, which is another', { ...ours, origin: 'https://localhost:8888', secFetchSite: '' }],
    ['a page of another site', { ...ours, origin: '', secFetchSite: 'cross-site' }],
    ['a page of a sister site', { ...ours, origin: '', secFetchSite: 'same-site' }],
    ['another origin', { ...ours, origin: 'http://evil.example' }],
    ['another port', { ...ours, origin: 'http://localhost:8889' }],
    ['a sub-domain', { ...ours, origin: 'http://x.localhost:8888' }],
    ['no origin to speak of', { ...ours, origin: 'null' }],
    ['a file', { ...ours, origin: 'file://' }],
    ['an origin with a path', { ...ours, origin: 'http://localhost:8888/x' }],
    ['an origin with a user', { ...ours, origin: 'http://localhost:8888@evil.example' }],
  ])('refuses %s', (_, headers) => {
    expect(access.changeProblem(headers, 'http')).toMatch(/^Cannot /);
  });

  test.each([
    ['http', 'http', true],
    ['http', 'https', false],
    ['https', 'https', true],
    ['https', 'http', false],
    // A proxy that does not say how it was asked.
    [null, 'http', true],
    [null, 'https', true],
    [null, 'ftp', false],
  ] as const)('of a request by %s, lets a page by %s through: %s', (scheme, given, isAllowed) => {
    const headers = { host: 'build-7', origin: `${given}://build-7`, secFetchSite: '' };
    expect(access.changeProblem(headers, scheme) === null).toBe(isAllowed);
    expect(access.socketProblem(headers, scheme) === null).toBe(isAllowed);
  });

  test('says which origin is ours, for whoever has set up a proxy', () => {
    const headers = { host: 'build-7', origin: 'https://build-7', secFetchSite: '' };
    expect(access.changeProblem(headers, 'http')).toBe(
      'Cannot accept request: Origin must be the hub\'s own, "http://build-7": got "https://build-7"',
    );
  });
});

describe('socketProblem()', () => {
  test('wants our own origin, and an allowed host', () => {
    expect(access.socketProblem(ours, 'http')).toBeNull();
    expect(access.socketProblem({ ...ours, origin: '' }, 'http')).toMatch(/Origin/);
    expect(access.socketProblem({ ...ours, origin: 'http://evil.example' }, 'http')).toMatch(/Origin/);
    // DNS rebinding: host and origin agree, but the name is not ours.
    const rebound = { host: 'evil.example', origin: 'http://evil.example', secFetchSite: '' };
    expect(access.socketProblem(rebound, 'http')).toMatch(/Host/);
  });
});
