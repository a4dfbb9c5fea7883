/**
 * Signed scripts by REST: what there is, how each stands at each agent, uploading and removing. What an agent says of a
 * script is what it has told the hub: states and fields are those of the message.
 */
import { type ScriptDoor, type ScriptReport, type ScriptRunState, scriptDoors, scriptStates } from '#core/message.ts';
import type { Asked, AskOptions, HubClient } from './client.ts';
import { entriesOf, fieldsOf, listOf, msOf, numberOf, textOf, textsOf, wordOf } from './parse.ts';

const path = '/api/v1/scripts';

export interface ScriptManifest {
  readonly name: string;
  readonly isRevocation: boolean;
  readonly version: number;
  /** "ed25519:…" */
  readonly key: string;
  readonly interpreter: string;
  readonly intervalMs: number;
  readonly hasNetwork: boolean;
  readonly targets: readonly string[];
  /** null: no limit. */
  readonly notAfterMs: number | null;
  readonly uploadedMs: number;
  readonly uploadedBy: string;
}

export interface ListedScript extends ScriptManifest {
  /** 0 for none. */
  readonly revokedVersion: number;
  readonly agents: Readonly<Partial<Record<ScriptRunState, number>>>;
}

export interface ScriptVersion extends ScriptManifest {
  readonly removedMs: number | null;
  readonly code: string;
}

/** One script at one agent. */
export interface ScriptAtAgent extends Omit<ScriptReport, 'name'> {
  readonly host: string;
}

export interface ScriptDetail {
  readonly name: string;
  /** The newest first. */
  readonly versions: readonly ScriptVersion[];
  readonly agents: readonly ScriptAtAgent[];
  /** Hosts that are given it. */
  readonly hosts: readonly string[];
}

export interface AgentDoor {
  readonly host: string;
  readonly door: ScriptDoor;
  readonly problem: string;
}

export async function readScripts(
  client: HubClient,
  options: AskOptions = {},
): Promise<Asked<readonly ListedScript[]>> {
  const asked = await client.getJson(path, options);
  if (asked.kind === 'failed') return asked;
  const value = listOf(asked.value.body).map((body) => {
    const fields = fieldsOf(body);
    const agents = Object.fromEntries(
      entriesOf(fields.get('agents')).flatMap(([state, count]) => {
        const known = wordOf<ScriptRunState>(scriptStates, state);
        return known === null ? [] : [[known, numberOf(count) ?? 0]];
      }),
    );
    return { ...manifestOf(fields), revokedVersion: numberOf(fields.get('revoked_version')) ?? 0, agents };
  });
  return { kind: 'ok', value };
}

export async function readScript(
  client: HubClient,
  name: string,
  options: AskOptions = {},
): Promise<Asked<ScriptDetail>> {
  const asked = await client.getJson(`${path}/${encodeURIComponent(name)}`, options);
  if (asked.kind === 'failed') return asked;
  const fields = fieldsOf(asked.value.body);
  const versions = listOf(fields.get('versions')).map((body) => {
    const version = fieldsOf(body);
    return { ...manifestOf(version), removedMs: msOf(version.get('removed')), code: textOf(version.get('code')) };
  });
  const agents = listOf(fields.get('agents')).flatMap(agentOf);
  return { kind: 'ok', value: { name, versions, agents, hosts: textsOf(fields.get('hosts')) } };
}

export async function readDoors(client: HubClient, options: AskOptions = {}): Promise<Asked<readonly AgentDoor[]>> {
  const asked = await client.getJson(`${path}/.agents`, options);
  if (asked.kind === 'failed') return asked;
  const value = listOf(asked.value.body).flatMap((body) => {
    const fields = fieldsOf(body);
    const door = wordOf<ScriptDoor>(scriptDoors, fields.get('door'));
    return door === null ? [] : [{ host: textOf(fields.get('host')), door, problem: textOf(fields.get('problem')) }];
  });
  return { kind: 'ok', value };
}

/** What was uploaded; `isNew` false when it was there already. */
export async function uploadScript(
  client: HubClient,
  text: string,
): Promise<Asked<{ readonly name: string; readonly version: number; readonly isRevocation: boolean }>> {
  const asked = await client.sendJson('POST', path, { text });
  if (asked.kind === 'failed') return asked;
  const { name, version, isRevocation } = manifestOf(fieldsOf(asked.value.body));
  return { kind: 'ok', value: { name, version, isRevocation } };
}

export async function removeScript(client: HubClient, name: string): Promise<Asked<null>> {
  const asked = await client.sendJson('DELETE', `${path}/${encodeURIComponent(name)}`, undefined);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: null };
}

function manifestOf(fields: ReadonlyMap<string, unknown>): ScriptManifest {
  return {
    name: textOf(fields.get('name')),
    isRevocation: fields.get('kind') === 'revocation',
    version: numberOf(fields.get('version')) ?? 0,
    key: textOf(fields.get('key')),
    interpreter: textOf(fields.get('interpreter')),
    intervalMs: numberOf(fields.get('interval_ms')) ?? 0,
    hasNetwork: fields.get('network') === true,
    targets: textsOf(fields.get('targets')),
    notAfterMs: msOf(fields.get('not_after')),
    uploadedMs: msOf(fields.get('uploaded')) ?? 0,
    uploadedBy: textOf(fields.get('uploaded_by')),
  };
}

function agentOf(body: unknown): ScriptAtAgent[] {
  const fields = fieldsOf(body);
  const state = wordOf<ScriptRunState>(scriptStates, fields.get('state'));
  if (state === null) return [];
  return [
    {
      host: textOf(fields.get('host')),
      version: numberOf(fields.get('version')) ?? 0,
      state,
      problem: textOf(fields.get('problem')),
      exitCode: numberOf(fields.get('exit_code')),
      durationMs: numberOf(fields.get('duration_ms')),
      lastRunMs: msOf(fields.get('last_run')),
      nextRunMs: msOf(fields.get('next_run')),
      runCount: numberOf(fields.get('runs')) ?? 0,
      failureCount: numberOf(fields.get('failures')) ?? 0,
      seriesCount: numberOf(fields.get('series')) ?? 0,
      output: textOf(fields.get('output')),
      errors: textOf(fields.get('errors')),
    },
  ];
}
