import { expect, test } from 'vitest';
import { HubClient } from '../api/client.ts';
import { readMetricNames } from './metric-names.ts';

test('readMetricNames() tells names with how many of the hosts have them', async () => {
  const paths: string[] = [];
  const client = new HubClient(async (path) => {
    paths.push(String(path));
    const series = [{ key: 'backup_age_hours', unit: '', kind: 'gauge', hosts: 1 }];
    return Response.json({ hosts: 2, series, is_cut: false });
  });
  expect(await readMetricNames(client, ['nas', 'db-02'], {})).toEqual({
    kind: 'ok',
    value: [{ name: 'backup_age_hours', hostCount: 1 }],
  });
  const { searchParams } = new URL(paths[0]!, 'http://hub');
  expect([searchParams.getAll('name'), searchParams.get('by')]).toEqual([['nas', 'db-02'], 'name']);
});
