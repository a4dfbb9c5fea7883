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
    ['our page behind TLS', { host: 'build-7', origin: 'https://build-7', secFetchSite: 'same-origin' }],
    ['an origin in capitals', { ...ours, origin: 'HTTP://LOCALHOST:8888' }],
  ])('lets %s through', (_, headers) => {
    expect(access.changeProblem(headers)).toBeNull();
  });

  test.each([
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
    expect(access.changeProblem(headers)).toMatch(/^Cannot /);
  });
});

describe('socketProblem()', () => {
  test('wants our own origin, and an allowed host', () => {
    expect(access.socketProblem(ours)).toBeNull();
    expect(access.socketProblem({ ...ours, origin: '' })).toMatch(/Origin/);
    expect(access.socketProblem({ ...ours, origin: 'http://evil.example' })).toMatch(/Origin/);
    // DNS rebinding: host and origin agree, but the name is not ours.
    expect(access.socketProblem({ host: 'evil.example', origin: 'http://evil.example', secFetchSite: '' })).toMatch(
      /Host/,
    );
  });
});
