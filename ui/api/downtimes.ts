/**
 * Downtimes by REST. When the windows of one are is asked of `#core/schedule.ts`, by the hub's clock: nothing here
 * loads that (it is large), so that any page may read downtimes.
 */
import type { Downtime, DowntimeSpec, Schedule } from '#core/downtime.ts';
import type { Asked, AskOptions, HubClient } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, wordOf } from './parse.ts';
import { parseSelector, selectorJsonOf } from './selector.ts';

const path = '/api/v1/downtimes';
const states = ['scheduled', 'active', 'over'] as const;

export interface ListedDowntime extends Downtime {
  /** As the hub saw it when it answered. */
  readonly state: (typeof states)[number];
  /** The window that lasted then, or the next one; null when there is none any more. */
  readonly window: { readonly startMs: number; readonly endMs: number } | null;
}

/** All of them, the newest first; also those that are over. */
export async function readDowntimes(
  client: HubClient,
  options: AskOptions = {},
): Promise<Asked<readonly ListedDowntime[]>> {
  const asked = await client.getJson(path, options);
  if (asked.kind === 'failed') return asked;
  return { kind: 'ok', value: parseDowntimes(asked.value.body) };
}

export async function createDowntime(client: HubClient, spec: DowntimeSpec): Promise<Asked<ListedDowntime>> {
  return oneOf(await client.sendJson('POST', path, bodyOf(spec)));
}

/** Everything that it says is replaced. */
export async function changeDowntime(
  client: HubClient,
  id: number,
  spec: DowntimeSpec,
): Promise<Asked<ListedDowntime>> {
  const isOnce = spec.schedule.kind === 'once';
  return oneOf(await client.sendJson('PATCH', `${path}/${id}`, { ...bodyOf(spec), ...(isOnce ? { rule: null } : {}) }));
}

export async function removeDowntime(client: HubClient, id: number): Promise<Asked<null>> {
  const asked = await client.sendJson('DELETE', `${path}/${id}`, {});
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

/** What cannot be read is left out: a hub of another version may have kinds of its own. */
export function parseDowntimes(body: unknown): readonly ListedDowntime[] {
  return listOf(body).flatMap((row) => parseDowntime(row) ?? []);
}

function oneOf(asked: Awaited<ReturnType<HubClient['sendJson']>>): Asked<ListedDowntime> {
  if (asked.kind === 'failed') return asked;
  const downtime = parseDowntime(asked.value.body);
  if (downtime === null)
    return { kind: 'failed', why: 'The hub answered something that is no downtime.', status: null };
  return { kind: 'ok', value: downtime };
}

function parseDowntime(row: unknown): ListedDowntime | null {
  const fields = fieldsOf(row);
  const id = numberOf(fields.get('id'));
  const schedule = parseSchedule(fields);
  if (id === null || schedule === null) return null;
  const window = fieldsOf(fields.get('window'));
  const startMs = msOf(window.get('start'));
  const endMs = msOf(window.get('end'));
  return {
    id,
    name: textOf(fields.get('name')),
    spec: {
      hosts: parseSelector(fields.get('hosts')),
      schedule,
      author: textOf(fields.get('author')),
      reason: textOf(fields.get('reason')),
    },
    origin: fields.get('read_only') === true ? 'file' : 'api',
    createdMs: msOf(fields.get('created')) ?? 0,
    state: wordOf(states, fields.get('state')) ?? 'over',
    window: startMs === null || endMs === null ? null : { startMs, endMs },
  };
}

function parseSchedule(fields: ReadonlyMap<string, unknown>): Schedule | null {
  const start = fields.get('start');
  if (typeof fields.get('rule') !== 'string') {
    const startMs = msOf(start);
    const endMs = msOf(fields.get('end'));
    return startMs === null || endMs === null ? null : { kind: 'once', startMs, endMs };
  }
  const durationMs = msOf(fields.get('duration'));
  if (typeof start !== 'string' || durationMs === null) return null;
  return { kind: 'recurring', start, rule: textOf(fields.get('rule')), durationMs, zone: textOf(fields.get('zone')) };
}

function bodyOf({ hosts, schedule, author, reason }: DowntimeSpec): Record<string, unknown> {
  const common = { hosts: selectorJsonOf(hosts), author, reason };
  if (schedule.kind === 'once') return { ...common, start: schedule.startMs / 1_000, end: schedule.endMs / 1_000 };
  const { start, rule, durationMs, zone } = schedule;
  return { ...common, start, rule, duration: durationMs / 1_000, zone };
}
