import { describe, expect, test } from 'vitest';
import { encodeQueryColumns, type QueriedSeries } from '#core/query-columns.ts';
import { HubClient } from '../api/client.ts';
import { readCompared, readMetricChoices } from './compare-history.ts';

interface QueryBody {
  readonly hosts: readonly string[];
  readonly series: readonly string[];
}

function seriesOf(host: string, series: string): QueriedSeries {
  const samples = { times: Float64Array.of(1_000), values: Float64Array.of(1) };
  return { host, series, unit: '', kind: 'gauge', intervalMs: 1_000, content: { kind: 'samples', samples } };
}

/** A hub that has two series of each host, in an order of its own. */
function clientOf(seen: QueryBody[], answers: (body: QueryBody) => Response | null = () => null): HubClient {
  return new HubClient(async (_, init) => {
    const body = JSON.parse(String(init?.body)) as QueryBody;
    seen.push(body);
    const series = [...body.hosts]
      .reverse()
      .flatMap((host) => [seriesOf(host, 'd{x="10"}'), seriesOf(host, 'd{x="2"}')]);
    const sinceMs = { raw: null, minute: null, hour: null };
    const head = { startMs: 0, endMs: 1, tier: 'raw', coarserBy: null, sinceMs, gaps: [], unmatched: [] } as const;
    return answers(body) ?? new Response(encodeQueryColumns({ ...head, series }) as Uint8Array<ArrayBuffer>);
  });
}

const query = { metric: 'd', startMs: 0, endMs: 60_000, stepMs: 1_000 };
const hosts = Array.from({ length: 250 }, (_, at) => `host-${at}`);

describe('readCompared()', () => {
  test('asks for a hundred hosts at a time, and gives their series in the order of the hosts', async () => {
    const seen: QueryBody[] = [];
    const asked = await readCompared(clientOf(seen), { ...query, hosts }, {});
    expect(seen.map((body) => body.hosts.length)).toEqual([100, 100, 50]);
    expect(seen[0]!.series).toEqual(['d', 'd{*']);
    if (asked.kind === 'failed') throw new Error(asked.why);
    expect(asked.value.series.map(({ host }) => host)).toEqual(hosts.flatMap((host) => [host, host]));
    expect(asked.value.series.slice(0, 2).map(({ series }) => series)).toEqual(['d{x="2"}', 'd{x="10"}']);
  });

  test('fails when one of its requests does: a part of the hosts would be a lie', async () => {
    const refuse = ({ hosts: part }: QueryBody) =>
      part.length === 50 ? Response.json({ error: 'The database is away.' }, { status: 503 }) : null;
    expect(await readCompared(clientOf([], refuse), { ...query, hosts }, {})).toEqual({
      kind: 'failed',
      why: 'The database is away.',
      status: 503,
    });
  });
});

describe('readMetricChoices()', () => {
  test('asks about hosts that are spread over the choice', async () => {
    const paths: string[] = [];
    const client = new HubClient(async (path) => {
      paths.push(String(path));
      const isByName = String(path).includes('by=name');
      const keys = isByName ? ['cpu'] : ['cpu', 'cpu{core="1"}'];
      const series = keys.map((key) => ({ key, unit: 'percent', kind: 'gauge', hosts: 2 }));
      return Response.json({ hosts: 2, series, is_cut: false });
    });
    const asked = await readMetricChoices(client, hosts, {});
    const names = new URL(paths[0]!, 'http://hub').searchParams.getAll('name');
    expect([names.length, names[0], names[1]]).toEqual([50, 'host-0', 'host-5']);
    expect(asked.kind === 'ok' && asked.value.map(({ metric }) => metric)).toEqual(['cpu', 'cpu{core="1"}']);
  });
});
