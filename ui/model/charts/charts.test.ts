import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Layout } from '#core/series.ts';
import { type Section, sectionsOf } from './charts.ts';
import { findSections } from './find.ts';

function layoutOf(...keys: readonly string[]): Layout {
  return { id: 'x', intervalMs: 1_000, series: keys.map((key) => ({ key, unit: 'percent', kind: 'gauge', every: 1 })) };
}

function outline(sections: readonly Section[]): Record<string, Record<string, string[]>> {
  return Object.fromEntries(
    sections.map(({ id, charts }) => [
      id,
      Object.fromEntries(charts.map(({ title, lines }) => [title, lines.map(({ name }) => name)])),
    ]),
  );
}

describe('sectionsOf()', () => {
  test('gives each thing the chart that it belongs to', () => {
    const layout = layoutOf(
      'cpu_mode_percent{mode="user"}',
      'cpu_mode_percent{mode="idle"}',
      'cpu_core_used_percent{core="10"}',
      'cpu_core_used_percent{core="2"}',
      'disk_read_bytes_per_sec{device="vda"}',
      'disk_write_bytes_per_sec{device="vda"}',
      'disk_read_bytes_per_sec{device="vdb"}',
      'temperature_celsius{sensor="nvme/Composite"}',
    );
    expect(outline(sectionsOf(layout))).toEqual({
      cpu: { Utilisation: ['User'], 'Per core': ['2', '10'] },
      disk: { 'Throughput vda': ['Read', 'Write'], 'Throughput vdb': ['Read'] },
      temperatures: { Temperatures: ['nvme/Composite'] },
    });
  });

  test('knows what clients that push call the same things', () => {
    const layout = layoutOf('cpu_usage', 'memory_usage', 'disk_usage', 'network_in', 'network_out');
    expect(outline(sectionsOf(layout))).toEqual({
      cpu: { 'CPU used': ['Used'] },
      memory: { 'Memory used': ['Used'] },
      filesystems: { Used: ['Disk'] },
      network: { Traffic: ['In', 'Out'] },
    });
  });

  test('draws among the others what belongs to charts that are not there', () => {
    expect(outline(sectionsOf(layoutOf('cpu_used_percent')))).toEqual({
      other: { cpu_used_percent: ['cpu_used_percent'] },
    });
  });

  test('puts what nobody claims into "Other" by metric, named by the labels that differ', () => {
    const layout = layoutOf('queue_depth', 'requests{code="2xx",zone="shop"}', 'requests{code="5xx",zone="shop"}');
    const other = sectionsOf(layout).find(({ id }) => id === 'other');
    expect(outline([other!])).toEqual({ other: { queue_depth: ['queue_depth'], requests: ['2xx', '5xx'] } });
    expect(other!.charts[1]!.note).toBe('percent, zone=shop');
  });

  test.each([
    [['queue_depth'], '1 metric'],
    [['queue_depth', 'jobs_waiting'], '2 metrics'],
  ])('says of %j that "Other" has %s', (keys, note) => {
    expect(sectionsOf(layoutOf(...keys)).find(({ id }) => id === 'other')?.note).toBe(note);
  });

  test('lists filesystems with their series', () => {
    const mounts = sectionsOf(
      layoutOf(
        'filesystem_used_percent{mount="/"}',
        'filesystem_used_bytes{mount="/"}',
        'filesystem_inodes_total{mount="/"}',
      ),
    ).find(({ id }) => id === 'filesystems')?.mounts;
    expect(mounts).toEqual([
      {
        name: '/',
        usedKey: 'filesystem_used_bytes{mount="/"}',
        totalKey: null,
        availableKey: null,
        usedPercentKey: 'filesystem_used_percent{mount="/"}',
        inodesPercentKey: null,
      },
    ]);
  });

  test('parts a metric of many series into charts that can be read', () => {
    const keys = Array.from({ length: 20 }, (_, index) => `queue{name="q${index}"}`);
    const charts = sectionsOf(layoutOf(...keys)).find(({ id }) => id === 'other')!.charts;
    expect(charts.map(({ lines, note }) => [lines.length, note])).toEqual([
      [9, '1 to 9 of 20'],
      [9, '10 to 18 of 20'],
      [2, '19 to 20 of 20'],
    ]);
  });

  test('never draws a series twice, and gives each chart an id of its own', () => {
    const names = [
      'cpu_mode_percent',
      'cpu_core_used_percent',
      'tcp_connections',
      'disk_busy_percent',
      'load_1m',
      'custom',
      'swap_used_bytes',
    ];
    const key = fc
      .tuple(fc.constantFrom(...names), fc.constantFrom('user', 'idle', 'established', 'listen', 'x', 'y'))
      .map(([name, value]) => `${name}{a="${value}"}`);
    fc.assert(
      fc.property(fc.uniqueArray(key), (keys) => {
        const charts = sectionsOf(layoutOf(...keys)).flatMap((section) => section.charts);
        const drawn = charts.flatMap(({ lines }) => lines.map((line) => line.key));
        expect(new Set(drawn).size).toBe(drawn.length);
        expect(new Set(charts.map(({ id }) => id)).size).toBe(charts.length);
        expect(drawn.sort()).toEqual([...keys].sort());
      }),
      { seed: 3 },
    );
  });
});

describe('findSections()', () => {
  const sections = sectionsOf(layoutOf('load_1m', 'disk_busy_percent{device="vda"}', 'queue{name="mail"}'));

  test.each([
    ['', ['load', 'disk', 'other']],
    ['vda busy', ['disk']],
    ['MAIL', ['other']],
    ['nothing', []],
  ])('finds %j in %j', (find, ids) => {
    expect(findSections(sections, find).map(({ id }) => id)).toEqual(ids);
  });
});
