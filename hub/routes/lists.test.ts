/**
 * Lists that clients send: each that a body may hold, as the OpenAPI document knows them, has its bound there and in the route. A
 * new one without a bound, or without a body to try it in, fails here.
 */
import { describe, expect, test } from 'vitest';
import { type AgentSettings, emptySettings, parseSettings } from '#core/agent-settings.ts';
import { AuditNote } from '../access/audit.ts';
import type { Engine } from '../engine.ts';
import { HttpError, type HttpRequest, type Route } from '../http.ts';
import { hostIdentity } from '../testing/host-identity.ts';
import { enrolmentRoutes } from './agents/enrolments.ts';
import { channelRoutes } from './alerts/channels.ts';
import { downtimeRoutes, silenceRoutes } from './alerts/downtimes.ts';
import { ruleRoutes } from './alerts/rules.ts';
import { backtestRoute } from './backtest.ts';
import { fetchRoutes } from './fetch.ts';
import { hostRoutes } from './hosts.ts';
import { noteRoutes } from './notes.ts';
import { openApiDocument } from './openapi.ts';
import { pushRoute } from './push.ts';
import { queryRoutes } from './query.ts';
import { scriptRoutes } from './scripts.ts';
import { seriesRoute } from './series.ts';
import { clientRoutes } from './settings/clients.ts';
import { settingsRoutes } from './settings/host-settings.ts';

/** Whoever is asked for anything behind the checks has taken the body. */
class Taken extends Error {}
const taken = () => {
  throw new Taken();
};
const behind = new Proxy({}, { get: () => taken }) as never;

/** One host, whose settings are empty; whatever else is asked is behind the checks. */
const host = { identity: hostIdentity(1, { name: 'web' }), ring: { newest: () => null } };
const engine = {
  registry: { byName: (name: string) => (name === 'web' ? host : undefined), hosts: () => [host] },
  settings: {
    isLoaded: true,
    report: taken,
    change: async ([wanted]: { become: (before: AgentSettings) => unknown }[]) => {
      const parsed = parseSettings(wanted!.become(emptySettings));
      return [parsed.kind === 'settings' ? { kind: 'changed', held: { version: 1 } } : parsed];
    },
  },
  ...{ history: behind, alertBook: behind, hosts: behind, notes: behind, pusher: behind, scriptBook: behind },
  ...{ storage: behind, clients: behind },
} as unknown as Engine;

const routes: readonly Route[] = [
  ...[queryRoutes, hostRoutes, enrolmentRoutes, ruleRoutes, channelRoutes, downtimeRoutes, silenceRoutes],
  ...[noteRoutes, scriptRoutes, settingsRoutes, clientRoutes, fetchRoutes],
]
  .flatMap((routesOf) => routesOf(() => engine))
  .concat(
    backtestRoute(() => engine),
    pushRoute(() => engine),
    seriesRoute(() => engine),
  );

type Body = Record<string, unknown>;
const rule = { metric: 'load1', condition: 'above', threshold: 1 };
const override = { hosts: {} };
const escalation = { after: 60, channels: ['mail'] };
const mail = { host: 'mail.example', from: 'hub@example.org', to: ['ann@example.org'] };

/** A body that each route takes, by the path in the document. Lists are put into it. */
const bodies: Readonly<Record<string, Body>> = {
  'post /metrics': { hostname: 'web', client_id: 'c', metrics: { a: 1 } },
  'post /api/v1/query': { hosts: ['web'], series: ['load1'] },
  'patch /api/v1/hosts/{host}': { alias: 'x' },
  'post /update_tags': { hostname: 'web', tags: {} },
  'post /api/v1/enrolments': { expires: Date.now() / 1_000 + 3_600 },
  'post /api/v1/rules': { ...rule, escalations: [escalation], overrides: [override] },
  'post /api/v1/rules/backtest': { rule: { ...rule, escalations: [escalation], overrides: [override] } },
  'post /api/v1/channels': { kind: 'email', name: 'mail', settings: mail },
  'post /api/v1/downtimes': { hosts: {}, start: 1.7e9, duration: 60 },
  'post /api/v1/silences': { duration: 60, rules: ['*'] },
  'post /api/v1/notes': { text: 'Deployed' },
  'patch /api/v1/notes/{id}': { text: 'Deployed' },
  'post /admin/upload_metric': { name: 'x', code: 'x' },
  'put /api/v1/hosts/{host}/settings': { settings: {} },
  'patch /api/v1/hosts/{host}/settings': { settings: {} },
  'patch /api/v1/settings': { hosts: { names: ['web'] }, settings: {} },
  'post /client_config': { client_id: 'c' },
};

/** What stands in a list that is no list of names. */
const members: Readonly<Record<string, unknown>> = {
  overrides: override,
  escalations: escalation,
  severities: 'warning',
  'settings.to': 'ann@example.org',
  'settings.metrics': { pattern: 'x', every: 1 },
  'settings.collectors': {},
  'metrics of a push': 1,
};

interface Schema {
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly maxProperties?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly $ref?: string;
}

interface List {
  readonly operation: string;
  /** Names of fields from the body inwards; a list on the way has one member. */
  readonly place: readonly string[];
  readonly isObject: boolean;
  readonly max: number | undefined;
  readonly min: number;
}

const document = openApiDocument('1.2.3');
const lists = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(
    operations as Record<string, { requestBody?: { content: Record<string, { schema: Schema }> } }>,
  ).flatMap(([method, { requestBody }]) => {
    const schema = requestBody?.content['application/json']?.schema;
    const found = schema === undefined ? [] : listsOf(schema, { operation: `${method} ${path}`, place: [] });
    return [...new Map(found.map((list) => [list.place.join('.'), list])).values()];
  }),
);

function listsOf(schema: Schema, at: Pick<List, 'operation' | 'place'>): List[] {
  const { operation, place } = at;
  if (schema.$ref !== undefined) {
    const schemas = document.components.schemas as unknown as Readonly<Record<string, Schema>>;
    return listsOf(schemas[schema.$ref.split('/').at(-1)!]!, at);
  }
  const found = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((one) => listsOf(one, at));
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    found.push(...listsOf(inner, { operation, place: [...place, name] }));
  const { items, additionalProperties: values } = schema;
  if (items !== undefined) {
    found.push({ ...at, isObject: false, max: schema.maxItems, min: schema.minItems ?? 0 });
    found.push(...listsOf(items, { operation, place: [...place, '0'] }));
  }
  // An object of anything is a client's own configuration: only its bytes are bounded, and what every list may have.
  if (typeof values === 'object' && Object.keys(values).length > 0)
    found.push({ ...at, isObject: true, max: schema.maxProperties, min: 0 });
  return found;
}

const hugeList = `[${Array.from({ length: 100_000 }, () => 0).join()}]`;
const hugeObject = `{${Array.from({ length: 100_000 }, (_, index) => `"x${index}":0`).join()}}`;
const nameOf = ({ operation, place }: List) => `${operation} ${place.join('.')}`;

/** So many members, all different unless they are to be alike. */
function membersOf({ operation, place, isObject }: List, count: number, isAlike = false): string {
  const path = place.join('.').replace(/^rule\./, '');
  const known = members[operation === 'post /metrics' && path === 'metrics' ? 'metrics of a push' : path];
  const texts = Array.from({ length: count }, (_, index) => (isAlike ? 'x' : `x${index}`));
  const all = isObject
    ? Object.fromEntries(texts.map((text) => [text, known ?? 'x']))
    : texts.map((text) => known ?? text);
  return JSON.stringify(all);
}

/** `text`: the list, in JSON. */
function bodyWith(list: List, text: string): string {
  const body = structuredClone(bodies[list.operation]!);
  let inner = body;
  for (const name of list.place.slice(0, -1)) inner = (inner[name] ??= {}) as Body;
  inner[list.place.at(-1)!] = '(list)';
  return JSON.stringify(body).replace('"(list)"', text);
}

/** 'taken', or the status and the words; of many hosts what became of each. */
async function ask(operation: string, body: string, query = new URLSearchParams()): Promise<string> {
  const [method = '', path = ''] = operation.split(' ');
  const route = routes.find(
    (one) =>
      one.method === method && one.path.replace(/:\w+|\*$/, '') === path.replace(/\{\w+\}/, '').replace(/:\w+/, ''),
  )!;
  const request = {
    ...{ method, path, rest: [path.includes('{id}') ? '1' : 'web'], query, header: () => '' },
    ...{ body: Buffer.from(body), signal: new AbortController().signal, note: new AuditNote() },
    ...{ actor: { kind: 'operator' }, credentials: { authorization: '', cookie: '', address: '', isSecure: true } },
  } satisfies Partial<HttpRequest> as HttpRequest;
  try {
    const { status, body: words } = await route.answer(request);
    return String(words).includes('"refused"') ? `${status} ${words}` : 'taken';
  } catch (error) {
    if (error instanceof Taken) return 'taken';
    if (error instanceof HttpError) return `${error.status} ${error.message}`;
    throw error;
  }
}

test('there is a body for each route that takes a list, and it is taken', async () => {
  const answers = await Promise.all(
    Object.keys(bodies).map(async (name) => [name, await ask(name, JSON.stringify(bodies[name]))]),
  );
  expect(answers.filter(([, answer]) => answer !== 'taken')).toEqual([]);
  expect([...new Set(lists.map(({ operation }) => operation))].sort()).toEqual(Object.keys(bodies).sort());
});

test('each list has a bound in the document', () => {
  expect(lists.filter(({ max }) => max === undefined || max > 10_000).map(nameOf)).toEqual([]);
  expect(lists.length).toBeGreaterThan(60);
});

describe('each list of each body', () => {
  const named = lists.map((list) => [nameOf(list), list] as const);
  /** As it is called in a refusal: settings are judged by themselves, as an agent does. */
  const shownPlace = ({ place }: List) => place.join('.').replace(/^settings\.(?!to$)/, '');

  test.each(named)('%s: is refused beyond its bound, by its name', async (_, list) => {
    const answer = await ask(list.operation, bodyWith(list, membersOf(list, list.max! + 1)));
    // Of many hosts, each has its own answer.
    expect(answer).toMatch(
      list.operation === 'patch /api/v1/settings' ? /^(400|200 .*"refused".*) ?Cannot / : /^400 Cannot /,
    );
    expect(answer).toContain(`${shownPlace(list)}: `);
    expect(answer.length).toBeLessThan(6_000);
  });

  test.each(named)('%s: is refused with 100,000 members, whatever they are, by its name', async (_, list) => {
    const answer = await ask(list.operation, bodyWith(list, list.isObject ? hugeObject : hugeList));
    expect(answer).toBe(`400 Cannot read body: ${list.place.join('.')}: at most 10000 members are allowed: got 100000`);
  });

  test.each(named)('%s: is answered when it is empty, and with the same again and again', async (_, list) => {
    const none = await ask(list.operation, bodyWith(list, membersOf(list, 0)));
    expect(none).toMatch(list.min === 0 ? /^(taken|400 Cannot )/ : /^400 Cannot /);
    const alike = await ask(list.operation, bodyWith(list, membersOf(list, list.max!, true)));
    expect(alike).toMatch(/^(taken|400 Cannot |404 Cannot )/);
  });
});

test.each([
  ['get /fetch/latest', 'series', 64],
  ['get /api/v1/latest', 'series', 64],
  ['get /api/v1/query', 'host', 100],
  ['get /api/v1/query', 'series', 100],
  ['get /api/v1/series', 'name', 100],
  ['get /api/v1/series', 'tag', 100],
  ['get /api/v1/series', 'not_name', 100],
  ['get /api/v1/series', 'not_tag', 100],
])('%s: "%s" is given %d times at most', async (operation, name, max) => {
  const given = (count: number) => {
    const query = new URLSearchParams();
    if (operation.endsWith('query')) query.append(name === 'host' ? 'series' : 'host', 'web');
    for (let index = 0; index < count; index += 1) query.append(name, `x${index}`);
    return query;
  };
  for (const count of [max + 1, 100_000]) {
    const answer = await ask(operation, '', given(count));
    expect(answer).toMatch(new RegExp(`^400 Cannot .*\\b${name}s?: `));
    expect(answer.length).toBeLessThan(6_000);
  }
  expect(await ask(operation, '', given(max))).toMatch(/^(taken|404 Cannot find host)/);
});

describe('a query', () => {
  /** Names of hosts and series that are read, of what was asked for. */
  async function read(hosts: readonly string[], series: readonly string[]): Promise<unknown> {
    const asked: { hosts: { name: string }[]; patterns: string[] }[] = [];
    const history = { read: async (query: (typeof asked)[0]) => asked.push(query) && taken() };
    const route = queryRoutes(() => ({ ...engine, history }) as unknown as Engine).find(
      ({ method }) => method === 'post',
    )!;
    const request = { body: Buffer.from(JSON.stringify({ hosts, series })) } as unknown as HttpRequest;
    await expect(async () => await route.answer(request)).rejects.toThrow();
    return asked.map((query) => [query.hosts.map(({ name }) => name), query.patterns]);
  }

  test('reads a host and a series once, however often they are named', async () => {
    const again = (name: string) => Array.from({ length: 100 }, () => name);
    expect(await read(again('web'), again('load1'))).toEqual([[['web'], ['load1']]]);
  });

  test('of one host that is not there among others reads nothing', async () => {
    expect(await read(['web', 'nobody'], ['load1'])).toEqual([]);
  });
});
