import { describe, expect, test } from 'vitest';
import { returnAddressOf, setupCodeOf, signInHref } from './sign-in.ts';

describe('the way to the sign-in page', () => {
  test.each(['/dashboard?host=web-01#network', '/admin?tab=people', '/dashboard/?alerts=open&q=a%26b'])(
    'comes back to where it began: %s',
    (address) => {
      const href = signInHref(address);
      expect(href).toMatch(/^\/sign-in\?to=/);
      expect(returnAddressOf(new URL(href, 'http://hub').search)).toBe(address);
    },
  );

  test('is plain from the overview', () => {
    expect(signInHref('/dashboard')).toBe('/sign-in');
    expect(returnAddressOf('')).toBe('/dashboard');
  });

  test.each([
    'https://evil.example/dashboard',
    '//evil.example/dashboard',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/dashboard\\..\\..\\x',
    '/dashboard/../../evil',
    '/sign-in?to=/sign-in',
    '/setup#code=x',
    '/dashboardx',
    ' /dashboard',
    '/admin\n?tab=people',
  ])('leads to no page that is not ours: %j', (address) => {
    expect(returnAddressOf(`?${new URLSearchParams({ to: address })}`)).toBe('/dashboard');
  });
});

test.each([
  ['#code=abcd-efgh_1234', 'abcd-efgh_1234'],
  ['http://localhost:8888/setup#code=abcd-efgh_1234', 'abcd-efgh_1234'],
  ['  abcd-efgh_1234 \n', 'abcd-efgh_1234'],
  ['#other=1&code=abcdefgh', 'abcdefgh'],
  ['#code=short', ''],
  ['#code=<img src=x>', ''],
  ['http://localhost:8888/setup', ''],
  ['', ''],
])('setupCodeOf(%j)', (text, code) => {
  expect(setupCodeOf(text)).toBe(code);
});
