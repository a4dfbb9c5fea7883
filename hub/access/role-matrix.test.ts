/**
 * Who may do what, for every cell: each route of the real table asked by each actor over TCP, and each message of a viewer.
 * What is expected is written down here once more, apart from the rules of the code.
 */
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { viewerSubprotocol } from '#core/message.ts';
import { EngineSlot } from '../engine-slot.ts';
import type { HealthReader } from '../health.ts';
import { jsonAnswer, type Route } from '../http.ts';
import type { HubMetrics } from '../metrics.ts';
import { Doorman } from '../network/doorman.ts';
import { TrustedProxies } from '../network/peer-address.ts';
import { routesOf } from '../route-table.ts';
import { Sockets } from '../sockets.ts';
import type { AccessState } from '../store/access/access-state.ts';
import type { AccessMethods } from '../store/access/methods.ts';
import { AccessRoom } from './access-room.ts';
import { csrfTokenOf, hashOf } from './accounts/secrets.ts';
import { type AccessRule, type Actor, roles, tokenScopes } from './actor.ts';
import { Access } from './site.ts';
import { checkViewerMessage, viewerRules } from './viewer-rules.ts';

const operatorKey = 'the-operators-key-of-this-test';
const weeksMs = 4_000_000_000;
const cookieOf = (name: string) => hashOf(name).slice(0, 43);

/** People 1 to 3 by role, 4 disabled; sessions of each, and of an admin one that has run out; tokens by scope, and what became of others. */
const state: AccessState = {
  version: 1,
  nowMs: Date.now(),
  people: [...roles, 'admin' as const].map((role, index) => ({
    ...{
      personId: index + 1,
      name: `p${index + 1}`,
      key: `p${index + 1}`,
      role,
      isDisabled: index === 3,
      passwordHash: '',
    },
  })),
  sessions: ['viewer', 'editor', 'admin', 'disabled', 'ended'].map((name, index) => ({
    ...{ sessionId: index + 1, personId: name === 'ended' ? 3 : index + 1, hash: hashOf(cookieOf(name)) },
    ...{ usedMs: Date.now(), expiresMs: Date.now() + (name === 'ended' ? -1 : weeksMs), address: '' },
  })),
  tokens: [
    ...tokenScopes.map((scope) => ({ name: scope as string, scope, personId: null, expiresMs: null })),
    { name: 'expired', scope: 'admin' as const, personId: null, expiresMs: Date.now() - 1 },
    { name: 'of a viewer', scope: 'admin' as const, personId: 1, expiresMs: null },
    { name: 'of an editor', scope: 'admin' as const, personId: 2, expiresMs: null },
    { name: 'push of a viewer', scope: 'push' as const, personId: 1, expiresMs: null },
    { name: 'of a disabled admin', scope: 'admin' as const, personId: 4, expiresMs: null },
  ].map((token, index) => ({
    ...token,
    tokenId: index + 1,
    clientId: null,
    hash: hashOf(`pw_${token.name.replaceAll(' ', '-')}`),
  })),
};

const store = { accessMark: async () => state, access: async () => state } as unknown as AccessMethods;

class Hub {
  readonly sockets: Sockets<null>;
  readonly routes: readonly Route[];
  port = 0;

  constructor(anonymousView: boolean) {
    let clockMs = 0;
    const never = () => {
      throw new Error('not asked');
    };
    const access = new AccessRoom({
      ...{ store: () => store, anonymousView, sessionIdleHours: 1_000, sessionHours: 1_000 },
      viewers: {
        opened: (socket) => socket.send(Uint8Array.of(1)),
        ...{ received: () => {}, drained: () => {}, dropped: () => {}, closed: () => {} },
      },
      operatorHash: () => createHash('sha256').update(operatorKey).digest(),
      // It runs ahead, so that wrong tokens are never too many.
      nowMonotonicMs: () => (clockMs += 500),
    });
    access.book.load(state);
    this.routes = routesOf({
      ...{ slot: new EngineSlot(never), access, warnings: () => [], wiperOf: never, metrics: {} as HubMetrics },
      health: {} as HealthReader,
      ...{ version: '0.0.0', packageFolder: '/nowhere' },
    });
    const many = new Proxy({} as ConstructorParameters<typeof Doorman>[0]['limits'], { get: () => 1_000_000 });
    this.sockets = new Sockets<null>({
      agents: {
        authenticate: async () => ({ status: 401, why: 'no agent' }),
        ...{ opened: never, received: never, ponged: never, closed: () => {} },
      },
      viewers: access.viewers,
      // The rules are the table's own; what lies behind them is not asked.
      routes: this.routes.map((route) => ({ ...route, answer: () => jsonAnswer({ isReached: true }) })),
      access: new Access([]),
      doorman: new Doorman({ limits: many, nowMs: () => 0, onLimited: () => {} }),
      ...{ proxies: new TrustedProxies([]), protection: 'loopback', certificate: null, gate: access.gate },
      ...{ audit: async () => {}, log: pino({ level: 'silent' }), onRefused: () => {} },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
}

let closed: Hub;
let open: Hub;

beforeAll(async () => {
  [closed, open] = [new Hub(false), new Hub(true)];
  for (const hub of [closed, open]) hub.port = (await hub.sockets.listen('127.0.0.1', 0))!;
});

afterAll(() => {
  for (const hub of [closed, open]) hub.sockets.close();
});

const withCookie = (name: string) => ({
  cookie: `pulsewire=${cookieOf(name)}`,
  'x-csrf-token': csrfTokenOf(cookieOf(name)),
});
const withToken = (name: string) => ({ authorization: `Bearer pw_${name.replaceAll(' ', '-')}` });

type Rights = Readonly<Record<AccessRule, 200 | 401 | 403>>;
const nothing: Rights = { public: 200, viewer: 401, editor: 401, admin: 401, push: 401, person: 401 };
const looking: Rights = { public: 200, viewer: 200, editor: 403, admin: 403, push: 403, person: 403 };
const editing: Rights = { ...looking, editor: 200, push: 200 };
const ruling: Rights = { ...editing, admin: 200 };

/** Each actor, how it makes itself known, and what it may. */
const actors: readonly (readonly [name: string, headers: Record<string, string>, rights: Rights])[] = [
  ['nobody', {}, nothing],
  ['a viewer', withCookie('viewer'), { ...looking, person: 200 }],
  ['an editor', withCookie('editor'), { ...editing, person: 200 }],
  ['an admin', withCookie('admin'), { ...ruling, person: 200 }],
  ['a disabled admin', withCookie('disabled'), nothing],
  ['an admin whose session has run out', withCookie('ended'), nothing],
  ['a made-up cookie', withCookie('made up'), nothing],
  ['the secure cookie over plain HTTP', { cookie: `__Host-pulsewire=${cookieOf('admin')}` }, nothing],
  ['a token to push', withToken('push'), { ...looking, viewer: 403, push: 200 }],
  ['a token to read', withToken('read'), looking],
  ['a token to write', withToken('write'), editing],
  ['a token of an admin', withToken('admin'), ruling],
  ['an expired token', withToken('expired'), nothing],
  ["an admin's token whose maker looks only now", withToken('of a viewer'), looking],
  ["an admin's token whose maker edits only now", withToken('of an editor'), editing],
  ['a token to push whose maker may not', withToken('push of a viewer'), nothing],
  ['a token of a disabled admin', withToken('of a disabled admin'), nothing],
  ['a made-up token', withToken('made-up'), nothing],
  ['an agent', { authorization: `Bearer ${'a'.repeat(43)}` }, nothing],
  ["somebody with a cookie's secret for a token", { authorization: `Bearer ${cookieOf('admin')}` }, nothing],
  ['somebody with a token for a cookie', { cookie: 'pulsewire=pw_admin' }, nothing],
  ['the operator', { authorization: `Bearer ${operatorKey}` }, ruling],
];

async function ask(hub: Hub, { method, path, bodyBytesMax }: Route, headers: Record<string, string>): Promise<number> {
  const answer = await fetch(hub.url + path.replace(/\*$/, '1'), {
    method: method.toUpperCase(),
    headers: { ...headers, ...(bodyBytesMax > 0 ? { 'content-type': 'application/json' } : {}) },
    ...(bodyBytesMax > 0 ? { body: '{}' } : {}),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** The status when the hub is called by this name, which `fetch` cannot do. */
function askBy(name: string, { hub, route }: { readonly hub: Hub; readonly route: Route }): Promise<number> {
  const path = route.path.replace(/\*$/, '1');
  return new Promise((resolve, reject) => {
    const sent = request(hub.url + path, { method: route.method, headers: { host: name }, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** What `asked` answers differently from what is expected, as lines to read. */
async function differences(
  routes: readonly Route[],
  asked: (route: Route) => Promise<readonly [got: number, wanted: number]>,
): Promise<string[]> {
  const lines = await Promise.all(
    routes.map(async (route) => {
      const [got, wanted] = await asked(route);
      return got === wanted ? [] : [`${route.method} ${route.path} (${route.access}): wanted ${wanted}, got ${got}`];
    }),
  );
  return lines.flat();
}

describe('each route for each actor', () => {
  let cellCount = 0;

  test.each(actors)('%s', async (_, headers, rights) => {
    const wrong = await differences(closed.routes, async (route) => {
      cellCount += 1;
      return [await ask(closed, route, headers), rights[route.access]];
    });
    expect(wrong).toEqual([]);
  });

  test('nobody, where strangers may look', async () => {
    const wrong = await differences(open.routes, async (route) => {
      cellCount += 1;
      return [await ask(open, route, {}), route.access === 'viewer' ? 200 : nothing[route.access]];
    });
    expect(wrong).toEqual([]);
  });

  test('somebody whose browser was made to ask: without what the page knows, nothing is changed', async () => {
    const { cookie } = withCookie('admin');
    for (const headers of [
      { cookie },
      { cookie, 'x-csrf-token': '' },
      { cookie, 'x-csrf-token': csrfTokenOf(cookieOf('editor')) },
    ]) {
      const wrong = await differences(closed.routes, async (route) => {
        cellCount += 1;
        return [await ask(closed, route, headers), route.isChange && route.access !== 'public' ? 403 : 200];
      });
      expect(wrong).toEqual([]);
    }
  });

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another origin', { origin: 'http://evil.example' }],
  ])('somebody from %s: nothing is changed, whatever it brings', async (_, site) => {
    const wrong = await differences(closed.routes, async (route) => {
      cellCount += 1;
      return [await ask(closed, route, { ...withCookie('admin'), ...site }), route.isChange ? 403 : 200];
    });
    expect(wrong).toEqual([]);
  });

  test("nobody, by a name that is not the hub's, where strangers may look: no route answers but the probe", async () => {
    // What a page gets that has had its own name pointed at the hub (DNS rebinding).
    const wrong = await differences(open.routes, async (route) => {
      cellCount += 1;
      return [await askBy('evil.example', { hub: open, route }), route.path === '/healthz' ? 200 : 403];
    });
    expect(wrong).toEqual([]);
  });

  test('leaves no cell out', () => {
    expect(cellCount).toBe((actors.length + 7) * closed.routes.length);
    expect(cellCount).toBeGreaterThan(1_500);
    process.stdout.write(`role matrix: ${closed.routes.length} routes, ${cellCount} cells\n`);
  });
});

describe('the table of routes', () => {
  /** Whatever is for everybody stands here, and nothing else is. */
  const forEverybody = [
    ...['get /', 'get /healthz', 'get /api/v1/session', 'post /api/v1/session', 'post /api/v1/setup'],
    // Pages and files of the dashboard hold nothing of anybody's; the install script and the agent are those of the package.
    ...['/dashboard', '/dashboard/*', '/admin', '/sign-in', '/setup'].map((path) => `get ${path}`),
  ];
  const isForEverybody = (name: string) => forEverybody.includes(name) || /^get \/install/.test(name);
  /** Reading by POST, as what is asked for may be long. */
  const readsByPost = ['post /api/v1/query', 'post /api/v1/rules/backtest'];
  /** Comes each second from each host. */
  const pushes = ['post /metrics', 'post /client_config'];
  const forAdmins = /\/(people|tokens|wipe|audit|health|enrolments|upload_metric|update_client)\b/;
  const names = () => closed.routes.map((route) => ({ ...route, name: `${route.method} ${route.path}` }));

  test('lets strangers no further than the sign-in page', () => {
    const wrong = names().filter(({ access, name }) => (access === 'public') !== isForEverybody(name));
    expect(wrong.filter(({ access }) => access === 'public').map(({ name }) => name)).toEqual([]);
  });

  test('lets nobody change anything who may only look', () => {
    const changes = names().filter(({ method, isChange }) => method !== 'get' || isChange);
    const wrong = changes.filter(({ access, name }) => access === 'viewer' && !readsByPost.includes(name));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('has every request that changes something checked for where it comes from', () => {
    const wrong = names().filter(({ method, isChange }) => method !== 'get' && !isChange);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('writes every change down, but for what comes each second', () => {
    const wrong = names().filter(
      ({ isChange, action, name }) => isChange && action === null && ![...readsByPost, ...pushes].includes(name),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('keeps for admins what is about who may do what, and what all agents run', () => {
    const wrong = names().filter(({ path, access }) => forAdmins.test(path) && access !== 'admin');
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('keeps the code of scripts from those who may only look', () => {
    const reading = names().filter(({ name }) => /(fetch_metrics|api\/v1\/scripts)/.test(name));
    expect(reading.filter(({ access }) => !['admin', 'push'].includes(access)).map(({ name }) => name)).toEqual([]);
    expect(reading.length).toBeGreaterThan(2);
  });

  test('has no route twice: the sockets do not start with one', () => {
    const [route] = closed.routes;
    const all = names().map(({ name }) => name);
    expect(new Set(all).size).toBe(all.length);
    const options = { routes: [route!, { ...route!, access: 'admin' }] };
    const start = () => new Sockets(options as unknown as ConstructorParameters<typeof Sockets>[0]);
    expect(start).toThrow('a route stands once');
  });
});

describe("a viewer's socket", () => {
  const opened = (hub: Hub, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/live`, viewerSubprotocol, {
        headers: { origin: hub.url, ...headers },
      });
      socket.once('message', () => {
        resolve(200);
        socket.terminate();
      });
      socket.once('unexpected-response', (_, answer) => {
        resolve(answer.statusCode ?? 0);
        answer.destroy();
      });
      socket.on('error', () => {});
    });

  test.each(actors)('is opened, or not, to %s', async (_, headers, rights) => {
    expect(await opened(closed, headers)).toBe(rights.viewer);
  });

  test('is opened to nobody else, but where strangers may look', async () => {
    expect(await opened(open, {})).toBe(200);
    expect(await opened(open, { origin: 'http://evil.example' })).toBe(403);
    for (const origin of [
      'null',
      'http://127.0.0.1',
      `${closed.url}.evil.example`,
      closed.url.toUpperCase().replace('HTTP', 'ftp'),
    ])
      expect(await opened(closed, { ...withCookie('admin'), origin })).toBe(403);
  });

  const stranger: Actor = { kind: 'anonymous', canRead: false };
  const pusher: Actor = { kind: 'token', tokenId: 1, name: 'ci', scope: 'push', clientId: null };
  const lookers: readonly Actor[] = [
    { kind: 'anonymous', canRead: true },
    ...roles.map((role): Actor => ({ kind: 'person', personId: 1, name: 'ann', role, sessionId: 1 })),
    ...tokenScopes.slice(1).map((scope): Actor => ({ kind: 'token', tokenId: 1, name: 'ci', scope, clientId: null })),
    { kind: 'operator' },
  ];

  test.each(Object.keys(viewerRules))('takes "%s" of whoever may look, and of nobody else', (kind) => {
    const message = { kind } as Parameters<typeof checkViewerMessage>[0];
    for (const actor of lookers) expect(() => checkViewerMessage(message, actor)).not.toThrow();
    for (const actor of [stranger, pusher])
      expect(() => checkViewerMessage(message, actor)).toThrow(
        expect.objectContaining({ code: 'ERR_MESSAGE_FORBIDDEN' }),
      );
  });
});
