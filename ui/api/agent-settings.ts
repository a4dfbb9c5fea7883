/** Settings of agents by REST: what is wanted, what the agent made of it, earlier versions, and changes for one or many. */
import {
  type AgentSettings,
  type AgentSettingsJson,
  effectiveBounds,
  emptySettings,
  parseSettings,
  settingsStates,
} from '#core/agent-settings.ts';
import type { Asked, AskOptions, HubClient, JsonAnswer } from './client.ts';
import { entriesOf, fieldsOf, listOf, msOf, numberOf, textOf, textsOf, wordOf } from './parse.ts';

const standings = [...settingsStates, 'waiting', 'unsupported'] as const;
export type Standing = (typeof standings)[number];

export interface AgentReport {
  readonly version: number;
  readonly why: string;
  readonly atMs: number | null;
  /** Places that the agent's local file decides, as `tags.role`. */
  readonly pinned: ReadonlySet<string>;
  readonly effective: AgentSettings;
}

export interface SettingsView {
  readonly version: number;
  readonly settings: AgentSettings;
  readonly changedMs: number | null;
  readonly changedBy: string;
  readonly standing: Standing;
  /** null before the agent has said anything. */
  readonly report: AgentReport | null;
}

export interface SettingsVersion {
  readonly version: number;
  readonly settings: AgentSettings;
  readonly changedMs: number | null;
  readonly changedBy: string;
}

export interface SettingsOutcome {
  readonly host: string;
  readonly outcome: 'changed' | 'unchanged' | 'refused' | 'conflict';
  readonly why: string;
}

export async function readSettings(
  client: HubClient,
  host: string,
  options: AskOptions = {},
): Promise<Asked<SettingsView>> {
  return viewOf(await client.getJson(pathOf(host), options));
}

/** On top of the version that was seen. */
export async function saveSettings(
  client: HubClient,
  host: string,
  body: { readonly version: number; readonly settings: AgentSettingsJson },
): Promise<Asked<SettingsView>> {
  return viewOf(await client.sendJson('PUT', pathOf(host), body));
}

/** Newest first. */
export async function readVersions(client: HubClient, host: string): Promise<Asked<readonly SettingsVersion[]>> {
  const asked = await client.getJson(`${pathOf(host)}/versions`);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: listOf(asked.value.body).map(parseVersion) };
}

/** What `settings` names is changed at each of these hosts. */
export async function changeMany(
  client: HubClient,
  hosts: readonly string[],
  settings: AgentSettingsJson,
): Promise<Asked<readonly SettingsOutcome[]>> {
  const body = { hosts: { names: hosts }, settings };
  const asked = await client.sendJson('PATCH', '/api/v1/settings', body);
  if (asked.kind === 'failed') return asked;
  return { kind: 'ok', value: listOf(fieldsOf(asked.value.body).get('outcomes')).map(parseOutcome) };
}

function pathOf(host: string): string {
  return `/api/v1/hosts/${encodeURIComponent(host)}/settings`;
}

function viewOf(asked: Asked<JsonAnswer>): Asked<SettingsView> {
  if (asked.kind === 'failed') return asked;
  const fields = fieldsOf(asked.value.body);
  const standing = wordOf(standings, fields.get('state')) ?? 'waiting';
  return {
    kind: 'ok',
    value: { ...parseVersion(asked.value.body), standing, report: parseReport(fields.get('report')) },
  };
}

function parseVersion(row: unknown): SettingsVersion {
  const fields = fieldsOf(row);
  return {
    version: numberOf(fields.get('version')) ?? 0,
    settings: settingsOf(fields.get('settings')),
    changedMs: msOf(fields.get('changed')),
    changedBy: textOf(fields.get('changed_by')),
  };
}

function parseReport(row: unknown): AgentReport | null {
  if (entriesOf(row).length === 0) return null;
  const fields = fieldsOf(row);
  return {
    version: numberOf(fields.get('version')) ?? 0,
    why: textOf(fields.get('why')),
    atMs: msOf(fields.get('time')),
    pinned: new Set(textsOf(fields.get('pinned'))),
    effective: settingsOf(fields.get('effective')),
  };
}

/** What cannot be understood is as if nobody had said anything. */
function settingsOf(value: unknown): AgentSettings {
  const parsed = parseSettings(value, effectiveBounds);
  return parsed.kind === 'settings' ? parsed.settings : emptySettings;
}

function parseOutcome(row: unknown): SettingsOutcome {
  const fields = fieldsOf(row);
  return {
    host: textOf(fields.get('host')),
    outcome: wordOf(['changed', 'unchanged', 'refused', 'conflict'] as const, fields.get('outcome')) ?? 'refused',
    why: textOf(fields.get('why')),
  };
}
