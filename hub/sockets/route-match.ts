/**
 * Which route a path means, by the same patterns that the library is given, and what is answered where it finds none: it does
 * not tell a path that is not there from one that is there for other methods. Pure.
 */
import { assert } from '#core/errors.ts';
import { HttpError, type Route } from '../http.ts';

/** Of two routes the library would take one, and nobody would know whose rule holds. */
export function checkRoutes(routes: readonly Route[]): void {
  const seen = new Set<string>();
  for (const { method, path } of routes) {
    assert(!seen.has(`${method} ${path}`), `a route stands once: got ${method} ${path} twice`);
    seen.add(`${method} ${path}`);
  }
}

/** What the path has behind the route's `/*`, or in place of its `:names`. */
export function restOf(pattern: string, path: string): string[] {
  if (pattern.endsWith('/*')) return path.slice(pattern.length - 1).split('/');
  const given = path.split('/');
  return pattern.split('/').flatMap((part, index) => (part.startsWith(':') ? [given[index] ?? ''] : []));
}

/** A WebSocket's path, asked without an upgrade: 426. */
export function upgradeRoute(path: string): Route {
  return readingRoute(path, () => {
    throw new HttpError(426, `Cannot answer: ${path} is a WebSocket`, { upgrade: 'websocket' });
  });
}

/** Whatever no route takes: a path that is not there (404), or a method that its route has not (405). */
export function strayRoute(routes: readonly Route[]): Route {
  return readingRoute('/*', ({ method, path }) => {
    const shown = JSON.stringify(path.slice(0, 200));
    const methods = methodsOf(routes.filter((route) => isOfPattern(route.path, path)));
    if (methods.length === 0) throw new HttpError(404, `Cannot find ${shown}: there is no such route`);
    throw new HttpError(
      405,
      `Cannot answer ${JSON.stringify(method.toUpperCase().slice(0, 20))} of ${shown}: ${methods.join(', ')} are allowed`,
      { allow: methods.join(', ') },
    );
  });
}

/** Each once, in the order of the routes. The library answers HEAD wherever there is a GET. */
function methodsOf(routes: readonly Route[]): string[] {
  const all = routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return [...new Set(all)];
}

function readingRoute(path: string, answer: Route['answer']): Route {
  return { method: 'get', path, access: 'public', isChange: false, action: null, bodyBytesMax: 0, answer };
}

/** Whether a path is one of the pattern's, which is of the form of `Route.path`. */
function isOfPattern(pattern: string, path: string): boolean {
  if (pattern.endsWith('/*')) return path.startsWith(pattern.slice(0, -1));
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part === given[index] || (part.startsWith(':') && given[index] !== ''))
  );
}
