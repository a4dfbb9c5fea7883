/**
 * Leading processes of a host by REST.
 */
import type { Processes, TopRow } from '#core/message.ts';
import type { Asked, AskOptions, HubClient } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf } from './parse.ts';

/** null while none are known. */
export async function readHostProcesses(
  client: HubClient,
  hostName: string,
  options: AskOptions = {},
): Promise<Asked<Pick<Processes, 'atMs' | 'processes'> | null>> {
  const asked = await client.getJson(`/api/v1/hosts/${encodeURIComponent(hostName)}/processes`, options);
  if (asked.kind === 'failed') return asked;
  const fields = fieldsOf(asked.value.body);
  const atMs = msOf(fields.get('time'));
  const value = atMs === null ? null : { atMs, processes: listOf(fields.get('processes')).flatMap(rowOf) };
  return { kind: 'ok', value };
}

/** None for a row without a pid. */
function rowOf(row: unknown): TopRow[] {
  const fields = fieldsOf(row);
  const pid = numberOf(fields.get('pid'));
  if (pid === null) return [];
  return [
    {
      pid,
      name: textOf(fields.get('name')),
      cpuPercent: numberOf(fields.get('cpu_percent')) ?? Number.NaN,
      memoryBytes: numberOf(fields.get('memory_bytes')) ?? Number.NaN,
      user: textOf(fields.get('user')),
    },
  ];
}
