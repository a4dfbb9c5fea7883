/**
 * Signed scripts as REST takes and shows them.
 */
import { z } from 'zod';
import { signedTextBytesMax, tagsPerSideMax } from '#core/limits.ts';
import { type ScriptReport, scriptDoors, scriptStates } from '#core/message.ts';
import { interpreters, type SignedManifest } from '#core/signed-script.ts';
import { boundedRecord } from '../bounded-record.ts';
import type { HostDoor, HostReport, ScriptVersion } from '../store/scripts.ts';

export const scriptBody = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(signedTextBytesMax, `at most ${signedTextBytesMax} characters are allowed`)
    .describe('What "pulsewire sign" has printed: the signed first line, and the code'),
});

export const uploadMetricBody = z.object({
  name: z.string().min(1).max(64).describe('Name of the script, as it is signed'),
  code: z.string().min(1).max(signedTextBytesMax).describe('The signed text'),
  tags: boundedRecord({ names: z.string(), values: z.string() }, tagsPerSideMax)
    .default({})
    .describe('Must be among the targets that are signed'),
});

export const fetchMetricsQuery = z.object({ client_id: z.string().min(1).max(255).describe('Name of the host') });

const seconds = z.number().describe('Epoch seconds');
const limits = z.object({
  wall_ms: z.number(),
  cpu_seconds: z.number(),
  memory_bytes: z.number(),
  processes: z.number(),
  output_bytes: z.number(),
});
const manifest = z.object({
  name: z.string(),
  kind: z.enum(['script', 'revocation']),
  version: z.number(),
  key: z.string().describe('Public key of the publisher, "ed25519:…"'),
  interpreter: z.enum(interpreters).nullable(),
  interval_ms: z.number().nullable(),
  limits: limits.nullable(),
  network: z.boolean().nullable(),
  targets: z.array(z.string()).describe('"all", "host:<name>", "tag:<name>=<value>"; of a revocation all'),
  not_before: seconds.nullable(),
  not_after: seconds.nullable(),
});

export const scriptListAnswer = z.array(
  manifest.extend({
    uploaded: seconds,
    uploaded_by: z.string(),
    revoked_version: z.number().describe('Versions up to this one are revoked; 0 for none'),
    agents: z.record(z.enum(scriptStates), z.number()).describe('Agents by how it stands there'),
  }),
);

const report = z.object({
  host: z.string(),
  version: z.number(),
  state: z.enum(scriptStates),
  problem: z.string(),
  exit_code: z.number().nullable(),
  duration_ms: z.number().nullable(),
  last_run: seconds.nullable(),
  next_run: seconds.nullable(),
  runs: z.number(),
  failures: z.number(),
  series: z.number(),
  output: z.string().describe('First characters of the last standard output'),
  errors: z.string().describe('Last characters of the last standard error'),
  reported: seconds,
});

export const scriptAnswer = z.object({
  name: z.string(),
  versions: z.array(
    manifest.extend({ uploaded: seconds, uploaded_by: z.string(), removed: seconds.nullable(), code: z.string() }),
  ),
  agents: z.array(report),
  hosts: z.array(z.string()).describe('Hosts that are given the newest version, whether they run it or not'),
});

export const scriptDoorsAnswer = z.array(
  z.object({
    host: z.string(),
    door: z.enum(scriptDoors).describe('closed by its own settings; blocked, as it cannot run them safely; open'),
    problem: z.string(),
    keys: z.array(z.string()),
    reported: seconds,
  }),
);

export const uploadedAnswer = manifest;

export function shownManifest(signed: SignedManifest): z.infer<typeof manifest> {
  const { kind, name, version } = signed;
  const shown = { kind, name, version, key: `ed25519:${signed.key}` };
  if (signed.kind === 'revocation') {
    const none = { interpreter: null, interval_ms: null, limits: null, network: null };
    return { ...shown, ...none, targets: ['all'], not_before: null, not_after: null };
  }
  const { wallMs, cpuSeconds, memoryBytes, processes, outputBytes } = signed.limits;
  return {
    ...shown,
    interpreter: signed.interpreter,
    interval_ms: signed.intervalMs,
    limits: {
      ...{ wall_ms: wallMs, cpu_seconds: cpuSeconds, memory_bytes: memoryBytes },
      ...{ processes, output_bytes: outputBytes },
    },
    network: signed.hasNetwork,
    targets: [...signed.targets],
    not_before: signed.notBeforeMs / 1_000,
    not_after: signed.notAfterMs / 1_000,
  };
}

export function shownReport({ report: one, reportedMs }: HostReport, host: string): z.infer<typeof report> {
  const inSeconds = (ms: ScriptReport['lastRunMs']) => (ms === null ? null : ms / 1_000);
  const { version, state, problem, output, errors } = one;
  return {
    ...{ host, version, state, problem, output, errors },
    exit_code: one.exitCode,
    duration_ms: one.durationMs,
    last_run: inSeconds(one.lastRunMs),
    next_run: inSeconds(one.nextRunMs),
    runs: one.runCount,
    failures: one.failureCount,
    series: one.seriesCount,
    reported: reportedMs / 1_000,
  };
}

export function shownDoor({ door, problem, keys, reportedMs }: HostDoor, host: string) {
  const shownKeys = keys.map((key) => `ed25519:${key}`);
  return { host, door, problem, keys: shownKeys, reported: reportedMs / 1_000 } satisfies z.infer<
    typeof scriptDoorsAnswer
  >[number];
}

export function shownTimes({ uploadedMs, uploadedBy }: Pick<ScriptVersion, 'uploadedMs' | 'uploadedBy'>) {
  return { uploaded: uploadedMs / 1_000, uploaded_by: uploadedBy };
}
