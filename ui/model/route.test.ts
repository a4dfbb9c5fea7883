import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AdminTab,
  adminFilters,
  adminRoute,
  adminTabs,
  alertLists,
  alertsRoute,
  compareLayouts,
  compareReferences,
  compareRoute,
  compareStats,
  densities,
  downtimeSpans,
  downtimesRoute,
  downtimeViews,
  fleetMetrics,
  formatRoute,
  hostRoute,
  hostSorts,
  hostStatuses,
  hostsRoute,
  hrefOf,
  overviewRoute,
  parseRoute,
  type Route,
  ruleRoute,
} from './route.ts';
import { rangePresets, type TimeRange } from './time-range.ts';

const text = fc.string({ maxLength: 20 });
const name = fc.string({ minLength: 1, maxLength: 20 });
const tag = fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), text).map(([key, value]) => `${key}=${value}`);
const range: fc.Arbitrary<TimeRange> = fc.oneof(
  fc.constantFrom(...rangePresets).map(({ spanMs }) => ({ kind: 'live' as const, spanMs })),
  fc
    .tuple(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: 5_000, max: 1e10 }))
    .map(([fromMs, spanMs]) => ({ kind: 'fixed' as const, fromMs, toMs: fromMs + spanMs })),
);

const routes: fc.Arbitrary<Route> = fc.oneof(
  fc.record({
    page: fc.constant('overview' as const),
    query: text,
    tags: fc.array(tag, { maxLength: 3 }),
    statuses: fc.subarray([...hostStatuses]),
    groupBy: fc.option(text),
    sort: fc.constantFrom(...hostSorts),
    view: fc.option(fc.constantFrom(...densities)),
    metric: fc.constantFrom(...fleetMetrics),
    isAutoScaled: fc.boolean(),
    isTv: fc.boolean(),
    rotateS: fc.integer({ min: 5, max: 3_600 }),
  }),
  fc.record({
    page: fc.constant('host' as const),
    host: name,
    range,
    find: text,
    columns: fc.constantFrom(1 as const, 2 as const, 3 as const),
    section: text,
  }),
  fc.record({
    page: fc.constant('compare' as const),
    hosts: fc.array(name, { maxLength: 4 }),
    tags: fc.array(tag, { maxLength: 3 }),
    metric: name,
    stat: fc.constantFrom(...compareStats),
    layout: fc.constantFrom(...compareLayouts),
    against: fc.constantFrom(...compareReferences),
    top: fc.integer({ min: 0, max: 100 }),
    order: fc.constantFrom('highest' as const, 'lowest' as const),
    focus: text,
    range,
  }),
  fc.record({
    page: fc.constant('alerts' as const),
    list: fc.constantFrom(...alertLists),
    query: text,
    severity: fc.option(fc.constantFrom('critical' as const, 'warning' as const, 'info' as const)),
    id: text,
  }),
  fc.record({
    page: fc.constant('rule' as const),
    id: fc.option(fc.integer({ min: 1, max: 1e9 })),
    host: text,
    metric: text,
    copyOf: fc.option(fc.integer({ min: 1 })),
  }),
  fc.record({
    page: fc.constant('downtimes' as const),
    view: fc.constantFrom(...downtimeViews),
    span: fc.constantFrom(...downtimeSpans),
    at: fc.constantFrom('', '2026-11-16'),
    zone: text,
    id: text,
    host: text,
  }),
  fc.record({ page: fc.constant('hosts' as const), query: text, edit: text }),
  fc.constantFrom(...adminTabs).chain((tab) =>
    fc.record({
      page: fc.constant('admin' as const),
      tab: fc.constant(tab),
      query: text,
      open: text,
      filters: filtersOf(tab),
    }),
  ),
);

function filtersOf(tab: AdminTab): fc.Arbitrary<Record<string, string>> {
  if (adminFilters[tab].length === 0) return fc.constant({});
  return fc.dictionary(fc.constantFrom(...adminFilters[tab]), name, { noNullPrototype: true });
}

describe('parseRoute()', () => {
  test('reads back whatever hrefOf() has written', () => {
    fc.assert(
      fc.property(routes, (route) => {
        expect(parseRoute(hrefOf(route))).toEqual(route);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  test.each([
    ['', overviewRoute],
    ['?status=down,lost,stale&view=wall&sort=size&rotate=1', { ...overviewRoute, statuses: ['stale', 'down'] }],
    ['?tag=env&tag=role=web', { ...overviewRoute, tags: ['role=web'] }],
    ['?host=web-01&range=9y&cols=7', { ...hostRoute, host: 'web-01' }],
    ['?host=web-01&from=200&to=100', { ...hostRoute, host: 'web-01' }],
    ['?host=web-01#%E0', { ...hostRoute, host: 'web-01', section: '%E0' }],
    ['?compare=web-01,db%25zz&top=-1', { ...compareRoute, hosts: ['web-01', 'db%zz'] }],
    ['?compare=', compareRoute],
    ['?alerts=everything&sev=loud', alertsRoute],
    ['?rule=new', ruleRoute],
    ['?rule=-4', ruleRoute],
    ['?downtimes=year&at=2026-13-45', downtimesRoute],
    ['?downtimes=week&at=2026-02-31', downtimesRoute],
    ['/dashboard', overviewRoute],
    ['/dashboard?tab=people', overviewRoute],
    ['/admin', hostsRoute],
    ['/admin?tab=everything', hostsRoute],
    ['/admin?tab=people&actor=ann', { ...adminRoute, tab: 'people' as const }],
  ])('leaves at its default what it does not understand: %s', (address, route) => {
    expect(parseRoute(address)).toEqual(route);
  });
});

test.each([
  ['/dashboard?admin=hosts&q=web&on=web-01', { ...hostsRoute, query: 'web', edit: 'web-01' }],
  ['/dashboard?admin=storage', { ...adminRoute, tab: 'storage' as const }],
])('parseRoute() knows addresses from before administration had its own path: %s', (address, route) => {
  expect(parseRoute(address)).toEqual(route);
});

describe('formatRoute()', () => {
  test.each([
    [overviewRoute, ''],
    [{ ...overviewRoute, statuses: ['down', 'stale'], view: 'table' } as const, '?status=down%2Cstale&view=table'],
    [{ ...hostRoute, host: 'web-01' }, '?host=web-01'],
    [
      { ...hostRoute, host: 'web-01', range: { kind: 'fixed', fromMs: 1_000, toMs: 61_500 } } as const,
      '?host=web-01&from=1&to=61.5',
    ],
    [{ ...alertsRoute, id: '12' }, '?alerts=open&id=12'],
  ])('leaves defaults out: %j', (route, address) => {
    expect(formatRoute(route)).toBe(address);
  });
});
