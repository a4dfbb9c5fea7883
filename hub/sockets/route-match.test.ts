import { describe, expect, test } from 'vitest';
import { type HttpError, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { checkRoutes, restOf, strayRoute, upgradeRoute } from './route-match.ts';

const route = (method: Route['method'], path: string): Route => ({
  ...{ method, path, access: 'public', isChange: false, action: null, bodyBytesMax: 0 },
  answer: () => jsonAnswer({}),
});

const routes = [
  route('get', '/'),
  route('get', '/hosts'),
  route('post', '/hosts'),
  route('get', '/hosts/:host'),
  route('patch', '/hosts/:host'),
  route('delete', '/hosts/:host'),
  route('get', '/hosts/:host/notes/:note'),
  route('get', '/pages/*'),
  route('put', '/pages/index'),
];

/** Status, "allow" and text of what a route throws. */
async function refusal(asked: Route, method: string, path: string): Promise<[number, string | undefined, string]> {
  try {
    await asked.answer({ method, path } as HttpRequest);
  } catch (error) {
    const { status, headers, message } = error as HttpError;
    return [status, headers['allow'], message];
  }
  throw new Error('It must throw');
}

describe('strayRoute()', () => {
  test.each([
    ['post', '/', 'GET, HEAD'],
    ['delete', '/hosts', 'GET, HEAD, POST'],
    ['post', '/hosts/web-1', 'GET, HEAD, PATCH, DELETE'],
    ['post', '/hosts/%2f', 'GET, HEAD, PATCH, DELETE'],
    ['post', '/hosts/web-1/notes/7', 'GET, HEAD'],
    ['post', '/pages/', 'GET, HEAD'],
    ['post', '/pages/a/b/c', 'GET, HEAD'],
    ['post', '/pages/index', 'GET, HEAD, PUT'],
  ])('of %s %s says that it is there for %s alone', async (method, path, allowed) => {
    const [status, allow, text] = await refusal(strayRoute(routes), method, path);
    expect([status, allow]).toEqual([405, allowed]);
    expect(text).toBe(`Cannot answer "${method.toUpperCase()}" of "${path}": ${allowed} are allowed`);
  });

  test.each([
    ['a part too many', '/hosts/web-1/x'],
    ['a name that is empty', '/hosts/'],
    ['a name that is empty in between', '/hosts//notes/7'],
    ['a part too few', '/hosts/web-1/notes'],
    ['the pattern without what a star stands for', '/pages'],
    ['another case', '/Hosts'],
    ['a longer word', '/hostsx'],
    ['no path at all', ''],
  ])('does not know %s', async (_, path) => {
    expect(await refusal(strayRoute(routes), 'get', path)).toEqual([
      404,
      undefined,
      `Cannot find "${path}": there is no such route`,
    ]);
  });

  test('shows a bounded part of what it was asked, quoted', async () => {
    const [, , notFound] = await refusal(strayRoute(routes), 'get', `/${'x'.repeat(5_000)}\n`);
    expect(notFound.length).toBeLessThan(300);
    expect((await refusal(strayRoute(routes), '"\n', '/a"\n'))[2]).toBe(
      'Cannot find "/a\\"\\n": there is no such route',
    );
    expect((await refusal(strayRoute(routes), 'y'.repeat(5_000), '/hosts'))[2].length).toBeLessThan(100);
  });
});

test("upgradeRoute() says that a WebSocket's path is one", async () => {
  expect(await refusal(upgradeRoute('/live'), 'get', '/live')).toEqual([
    426,
    undefined,
    'Cannot answer: /live is a WebSocket',
  ]);
});

test.each([
  ['/hosts', '/hosts', []],
  ['/hosts/:host', '/hosts/web%2F1', ['web%2F1']],
  ['/hosts/:host/notes/:note', '/hosts/web-1/notes/7', ['web-1', '7']],
  ['/pages/*', '/pages/', ['']],
  ['/pages/*', '/pages/a/b', ['a', 'b']],
  ['/pages/*', '/pages/a//b/', ['a', '', 'b', '']],
  ['/*', '/', ['']],
])('restOf(%j) finds in %j the parts %j', (pattern, path, rest) => {
  expect(restOf(pattern, path)).toEqual(rest);
});

test('checkRoutes() lets a path stand once for each method', () => {
  checkRoutes(routes);
  expect(() => checkRoutes([...routes, route('patch', '/hosts/:host')])).toThrow(
    'a route stands once: got patch /hosts/:host twice',
  );
});
