/** Names of the metrics that hosts have, by REST. Apart from what reads their history: the jump field is on the first page. */
import { anyHost } from '#core/rule-spec.ts';
import type { Asked, AskOptions, HubClient } from '../api/client.ts';
import { readSeriesChoice } from '../api/series.ts';
import type { MetricName } from '../model/jump.ts';

/** Names that fit into one request. */
const namesMax = 50;

/** As many hosts as fit into one request, from all over the list. */
export function spread(hosts: readonly string[]): readonly string[] {
  const every = Math.max(1, hosts.length / namesMax);
  return hosts.filter((_, at) => at === 0 || Math.floor(at / every) !== Math.floor((at - 1) / every));
}

/** Names of what these hosts have, with how many of them do: those of one request's hosts. */
export async function readMetricNames(
  client: HubClient,
  hosts: readonly string[],
  options: AskOptions,
): Promise<Asked<MetricName[]>> {
  const asked = await readSeriesChoice(client, { hosts: { ...anyHost, names: spread(hosts) }, by: 'name' }, options);
  if (asked.kind === 'failed') return asked;
  return { kind: 'ok', value: asked.value.series.map(({ key, hostCount }) => ({ name: key, hostCount })) };
}
