import { describe, expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import { HubClient } from './client.ts';
import { readHostSeries, readSeriesChoice } from './series.ts';

/** A client that gets this answer, and the addresses that were asked. */
function clientAnswering(answer: () => Response) {
  const paths: string[] = [];
  const client = new HubClient(async (path) => {
    paths.push(String(path));
    return answer();
  });
  return { client, paths };
}

describe('readHostSeries()', () => {
  test('gives the series with times in ms, and leaves out what is not as expected', async () => {
    const { client, paths } = clientAnswering(() =>
      Response.json({
        interval: 2,
        time: 5.5,
        source: 'memory',
        series: [
          { key: 'a', unit: 'bytes', kind: 'counter', interval: 10, value: 3 },
          { key: 'b', unit: 7, kind: 'x', value: null },
          { unit: 'bytes' },
          null,
        ],
      }),
    );
    expect(await readHostSeries(client, 'db/1 ä')).toEqual({
      kind: 'ok',
      value: {
        intervalMs: 2_000,
        timeMs: 5_500,
        source: 'memory',
        series: [
          { key: 'a', unit: 'bytes', kind: 'counter', intervalMs: 10_000, value: 3 },
          { key: 'b', unit: '', kind: 'gauge', intervalMs: 2_000, value: null },
        ],
      },
    });
    expect(paths).toEqual(['/api/v1/hosts/db%2F1%20%C3%A4/series']);
  });

  test('passes on why there is none', async () => {
    const { client } = clientAnswering(() => Response.json({ error: 'Cannot find host: got "x"' }, { status: 404 }));
    expect(await readHostSeries(client, 'x')).toEqual({
      kind: 'failed',
      why: 'Cannot find host: got "x"',
      status: 404,
    });
  });
});

describe('readSeriesChoice()', () => {
  test('asks for the hosts that a selector means, and gives what they have', async () => {
    const { client, paths } = clientAnswering(() =>
      Response.json({ hosts: 3, series: [{ key: 'a', unit: '', kind: 'gauge', hosts: 2 }], is_cut: true }),
    );
    const hosts = { ...anyHost, names: ['web-*', 'db'], tags: { role: 'a=b&c' }, notTags: { site: '*' } };
    expect(await readSeriesChoice(client, { hosts, search: 'disk used', by: 'name', countMax: 5 })).toEqual({
      kind: 'ok',
      value: { hostCount: 3, series: [{ key: 'a', unit: '', kind: 'gauge', hostCount: 2 }], isCut: true },
    });
    const asked = new URL(paths[0]!, 'http://hub');
    expect([asked.pathname, [...asked.searchParams]]).toEqual([
      '/api/v1/series',
      [
        ['search', 'disk used'],
        ['by', 'name'],
        ['limit', '5'],
        ['name', 'web-*'],
        ['name', 'db'],
        ['tag', 'role=a=b&c'],
        ['not_tag', 'site=*'],
      ],
    ]);
  });
});
