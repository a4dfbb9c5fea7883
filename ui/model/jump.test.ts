import { describe, expect, test } from 'vitest';
import type { AlertRow } from '#core/message.ts';
import { comparisonOf, findTargets, type JumpSources } from './jump.ts';
import { compareRoute, overviewRoute } from './route.ts';

const alert: AlertRow = {
  ruleId: 4,
  hostId: 2,
  series: '',
  phase: 'firing',
  alertId: 17,
  ruleName: 'Host down',
  severity: 'critical',
  cause: 'hostDown',
  sinceMs: 0,
  value: null,
  message: '',
  decision: 'told',
  isAcknowledged: false,
};
const sources: JumpSources = {
  role: 'admin',
  hosts: [
    { name: 'my-web', alias: '', tags: {} },
    { name: 'web-01', alias: '', tags: {} },
    { name: 'db-02', alias: 'Web store', tags: {} },
  ],
  alerts: [alert],
  hostNameOf: (id) => (id === 2 ? 'web-01' : ''),
  open: { host: 'db-02', keys: ['disk_used_bytes{device="vda"}', 'load_1m'] },
  compared: null,
};
const titles = (text: string, from = sources) => findTargets(text, from).map(({ title }) => title);

describe('findTargets()', () => {
  test('gives what fires and the pages while nothing is typed', () => {
    expect(titles('').slice(0, 3)).toEqual(['Host down on web-01', 'Overview', 'Compare']);
    expect(titles('')).toContain('Storage');
  });

  test('leads nobody to a page that they may not open', () => {
    const pagesOf = (role: JumpSources['role']) => titles('', { ...sources, role });
    expect(pagesOf('admin')).toContain('Audit log');
    expect(pagesOf('editor')).toEqual(expect.arrayContaining(['New rule', 'Tags', 'Hosts']));
    expect(pagesOf('editor')).not.toContain('Audit log');
    expect(pagesOf('viewer')).not.toContain('New rule');
    expect(pagesOf('viewer')).toContain('Storage');
  });

  test('puts names that begin with the words first, by alias and by name', () => {
    expect(titles('web')).toEqual(['web-01', 'Web store', 'my-web', 'Host down on web-01']);
    expect(titles('db-02')[0]).toBe('Web store');
  });

  test('finds metrics of the host that is open, and leads to its chart', () => {
    expect(findTargets('disk vda', sources)).toEqual([
      expect.objectContaining({
        group: 'Metrics',
        route: expect.objectContaining({ host: 'db-02', find: 'disk_used_bytes{device="vda"}' }),
      }),
    ]);
    expect(titles('load', { ...sources, open: null })).toEqual([]);
  });

  test('finds names of metrics where no host is open, and leads to a comparison', () => {
    const route = comparisonOf(overviewRoute, ['nas', 'db-02']);
    const compared = { route, names: [{ name: 'backup_age_hours', hostCount: 1 }] };
    expect(findTargets('backup', { ...sources, open: null, compared })).toEqual([
      {
        ...{ id: 'metric backup_age_hours', group: 'Metrics', title: 'backup_age_hours', note: 'on 1 host' },
        route: { ...compareRoute, hosts: ['nas', 'db-02'], metric: 'backup_age_hours' },
      },
    ]);
    expect(
      findTargets('host', { ...sources, open: null, compared }).filter(({ group }) => group === 'Metrics'),
    ).toEqual([]);
  });

  test('leads to the alert itself', () => {
    const [target] = findTargets('down', sources);
    expect(target).toMatchObject({ group: 'Alerts', route: { page: 'alerts', id: '17' } });
  });

  test('stops after a handful of each kind', () => {
    const hosts = Array.from({ length: 5_000 }, (_, index) => ({ name: `web-${index}`, alias: '', tags: {} }));
    expect(findTargets('web', { ...sources, hosts }).filter(({ group }) => group === 'Hosts')).toHaveLength(8);
  });

  test('finds nothing for words that nothing has', () => {
    expect(titles('zzz')).toEqual([]);
  });
});

test('comparisonOf() keeps a comparison that has hosts, and draws the highest of many', () => {
  const open = { ...compareRoute, tags: ['env=prod'], top: 3 };
  expect(comparisonOf(open, ['a'])).toBe(open);
  expect(comparisonOf(compareRoute, ['a'])).toEqual({ ...compareRoute, hosts: ['a'] });
  const many = Array.from({ length: 11 }, (_, index) => `web-${index}`);
  expect(comparisonOf(overviewRoute, many)).toEqual({ ...compareRoute, hosts: many, top: 10 });
});
