/**
 * The bodies that REST takes, each as its route parses it: a letter says which, the rest is the body.
 *
 * A body is a value or an HttpError 400 whose text is bounded; no other exception.
 */
import { parseSettings } from '#core/agent-settings.ts';
import { parseSignedText } from '#core/signed-script.ts';
import { parseBody } from '../../hub/json-body.ts';
import { parsePush, pushedNameOf } from '../../hub/push-body.ts';
import {
  apiTokenBody,
  passwordBody,
  personBody,
  personPatchBody,
  setupBody,
  signInBody,
} from '../../hub/routes/access/schemas.ts';
import { enrolmentBody } from '../../hub/routes/agents/schemas.ts';
import { acknowledgeBody } from '../../hub/routes/alerts/alerts.ts';
import { parsePatch, splitVersion } from '../../hub/routes/alerts/common.ts';
import { oldDowntimeBody, oldIdBody, oldRuleBody, oldStateBody } from '../../hub/routes/alerts/old-shapes.ts';
import { noteDetail, silenceDetail } from '../../hub/routes/audit-details.ts';
import { channelBody, maskProblems, plainChannelOf } from '../../hub/routes/channel-body.ts';
import { silenceBody, silenceSpecOf } from '../../hub/routes/downtime-body.ts';
import { noteBody, noteDraftOf, noteEditOf, notePatchBody } from '../../hub/routes/note-body.ts';
import { queryBody } from '../../hub/routes/query-schemas.ts';
import { hostPatchBody, removeHostBody, updateTagsBody } from '../../hub/routes/schemas.ts';
import { scriptBody, uploadMetricBody } from '../../hub/routes/script-schemas.ts';
import {
  clientBody,
  registerClientBody,
  settingsBody,
  settingsBulkBody,
  updateClientBody,
} from '../../hub/routes/settings/schemas.ts';
import { unlessRefused } from '../refusal.ts';

const nowMs = 1_700_000_000_000;
const act = 'try body';

/** In the order of their letters, from "a": what is added goes to the end, or the corpus means something else. */
const bodies: readonly ((body: Uint8Array) => void)[] = [
  push,
  silence,
  (body) => void noteDetail(noteDraftOf(parseBody(noteBody, body, act), nowMs)),
  (body) => void noteEditOf(parseBody(notePatchBody, body, act)),
  channel,
  (body) => void splitVersion(parsePatch(body, act), act),
  (body) => void parseSettings(parseBody(settingsBody, body, act).settings),
  (body) => void parseSettings(parseBody(settingsBulkBody, body, act).settings),
  (body) => void parseSignedText(parseBody(scriptBody, body, act).text),
  ...[uploadMetricBody, queryBody, hostPatchBody, updateTagsBody, removeHostBody, acknowledgeBody].map(bySchema),
  ...[enrolmentBody, signInBody, setupBody, passwordBody, personBody, personPatchBody, apiTokenBody].map(bySchema),
  ...[registerClientBody, updateClientBody, clientBody].map(bySchema),
  ...[oldRuleBody, oldIdBody, oldStateBody, oldDowntimeBody].map(bySchema),
];

export function fuzz(input: Buffer): void {
  const parse = bodies[(input[0] ?? 0) - 0x61];
  if (parse !== undefined) unlessRefused(() => parse(input.subarray(1)));
}

function bySchema(schema: Parameters<typeof parseBody>[0]): (body: Uint8Array) => void {
  return (body) => void parseBody(schema, body, act);
}

function push(body: Uint8Array): void {
  for (const { values } of parsePush(body, nowMs).ticks) for (const key of values.keys()) pushedNameOf(key);
}

function silence(body: Uint8Array): void {
  const drafted = silenceSpecOf(parseBody(silenceBody, body, act), nowMs);
  if (drafted.kind === 'drafted')
    silenceDetail(drafted.spec.silence, { startMs: nowMs, untilMs: drafted.spec.untilMs });
}

function channel(body: Uint8Array): void {
  const given = parseBody(channelBody, body, act);
  maskProblems(given);
  plainChannelOf(given);
}
