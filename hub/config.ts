/**
 * The hub's settings: one JSON file, all optional, and environment variables for secrets. One schema gives
 * kinds, defaults, bounds and the sentence for the operator; every problem is reported at once.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '#core/errors.ts';
import type { Tier } from '#core/tier.ts';
import { issueWords } from './issue-words.ts';
import type { CertificateFiles } from './network/certificate.ts';
import type { DoorLimits } from './network/doorman.ts';
import { listeningProblems } from './network/listening.ts';
import { proxyProblems } from './network/peer-address.ts';
import { internalTargetProblems } from './notices/address-guard.ts';
import type { NoticeSettings } from './notices/notice-methods.ts';
import { parseUrl } from './url-text.ts';

const MiB = 1024 * 1024;

export const hubConfigSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'Address to listen on. Only this machine can connect unless it is changed; then TLS, a trusted proxy or "allowPlain" is wanted.',
    ),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(8_888)
    .describe('TCP port for agents, viewers and REST; 0 takes a free one.'),
  allowedHosts: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Names by which browsers and REST clients reach the hub, besides localhost, this machine's name and plain addresses.",
    ),
  allowPlain: z
    .boolean()
    .default(false)
    .describe('Whether others may connect without encryption, and read passwords and tokens on the way.'),
  tlsCertFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("File with the hub's certificate and those up to the root, in PEM; read again when it changes."),
  tlsKeyFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("File with the certificate's key, in PEM, closed to others."),
  trustedProxies: z
    .array(z.string().min(1))
    .max(100)
    .default([])
    .describe(
      'Addresses or ranges (10.0.0.0/24) of proxies before the hub: what they say of their clients (X-Forwarded-For, X-Forwarded-Proto) is believed.',
    ),
  dataFolder: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Folder for the database and keys; null is "data" beside the program.'),
  databaseUrl: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'PostgreSQL 15 or newer instead of the embedded one; better given as DATABASE_URL, or in the file that DATABASE_URL_FILE names.',
    ),
  databaseOwnerUrl: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'The same database as the role that owns the tables, so that databaseUrl may name one that only reads and writes rows; better given as DATABASE_OWNER_URL, or in the file that DATABASE_OWNER_URL_FILE names.',
    ),
  enrolmentKeyFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('File with the key by which agents enrol; null is one made at the first start, in the data folder.'),
  anonymousView: z
    .boolean()
    .default(false)
    .describe(
      'Whether whoever reaches the hub may look without signing in, as on a screen on the wall; nobody may change anything so.',
    ),
  sessionIdleHours: z
    .number()
    .min(0.01)
    .max(8_784)
    .default(168)
    .describe('Hours without use after which somebody has to sign in again: a week. An open dashboard is use.'),
  sessionHours: z
    .number()
    .min(0.01)
    .max(8_784)
    .default(720)
    .describe('Hours after which somebody has to sign in again however much they use it: thirty days.'),
  batchAgeMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe('Longest time a tick waits in memory for others of its host: a smaller database costs freshness in it.'),
  flushDelayMs: z
    .int()
    .min(0)
    .max(10_000)
    .default(500)
    .describe('Longest time a full batch waits for batches of other hosts.'),
  queuedBytesMax: z
    .int()
    .min(8 * MiB)
    .max(16_384 * MiB)
    .default(256 * MiB)
    .describe('Memory for ticks that wait for the database; beyond it agents keep them on their own disks.'),
  ringBytesMax: z
    .int()
    .min(8 * MiB)
    .max(65_536 * MiB)
    .default(512 * MiB)
    .describe('Memory for the last minutes of all hosts together.'),
  ringWindowMs: z
    .int()
    .min(30_000)
    .max(3_600_000)
    .default(300_000)
    .describe('Time that live charts reach back from memory.'),
  seriesPerHostMax: z
    .int()
    .min(1)
    .max(8_000)
    .default(4_000)
    .describe('Series of one host; agents count what they must leave out.'),
  retentionRawDays: z
    .int()
    .min(1)
    .max(3_660)
    .default(14)
    .describe('Days for which every tick is kept. Only days that hold data count.'),
  retentionMinuteDays: z
    .int()
    .min(1)
    .max(3_660)
    .default(90)
    .describe('Days for which a minute is the finest that is kept; at least as many as of raw.'),
  retentionHourDays: z
    .int()
    .min(1)
    .max(36_600)
    .default(1_096)
    .describe('Days for which an hour is the finest that is kept: three years; at least as many as of minutes.'),
  retentionAuditDays: z
    .int()
    .min(30)
    .max(36_600)
    .default(1_096)
    .describe('Days for which entries of the audit log are kept: three years.'),
  storageBytesMax: z
    .int()
    .min(64 * MiB)
    .nullable()
    .default(null)
    .describe('Size of the database above which the oldest raw goes early; null is no bound.'),
  ephemeralHours: z
    .int()
    .min(1)
    .max(8_784)
    .default(24)
    .describe('Hours after its last tick at which a host tagged "ephemeral" is archived, unless the tag says its own.'),
  alertsFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('File with rules, channels and downtimes that are kept as code: read at the start and on SIGHUP.'),
  noticeWaitMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(300)
    .describe('How long the first notice of a group waits for others, so that one outage is one message.'),
  noticeIntervalMs: z
    .int()
    .min(0)
    .max(86_400_000)
    .default(60_000)
    .describe('Shortest time between two messages of one group on one channel: the bound for what flaps.'),
  watchdogUrl: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null)
    .describe('Asked each minute while all is well, so that a service outside notices when this hub is gone.'),
  internalTargets: z
    .array(z.string().min(1).max(255))
    .default([])
    .describe(
      'Internal addresses that notices may go to, as "host" or "host:port": everything else in private networks is refused.',
    ),
  scriptPublisherKeys: z
    .array(z.string().regex(/^ed25519:[A-Za-z0-9_-]{43}$/, 'a key as "pulsewire sign" prints it is wanted'))
    .max(100)
    .default([])
    .describe(
      'Public keys that uploaded scripts must be signed by, to tell mistakes early; what runs, each agent decides by its own settings.',
    ),
  connectionsMax: z
    .int()
    .min(10)
    .max(1_000_000)
    .default(20_000)
    .describe('Connections of all kinds together; the limit of open files must be above it.'),
  connectionsPerAddressMax: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2_000)
    .describe(
      'Agents and dashboards connected from one address; an address of IPv6 is its /64. This and the next two do not hold for this machine itself.',
    ),
  connectionsPerAddressPerSecMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe("New connections of one address a second; ten seconds' worth may come at once."),
  requestsPerAddressPerSecMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .describe("Requests of one address a second; ten seconds' worth may come at once."),
  agentMessagesPerSecMax: z
    .int()
    .min(20)
    .max(1_000_000)
    .default(500)
    .describe("Messages of one agent a second; ten seconds' worth may come at once."),
  agentBytesPerSecMax: z
    .int()
    .min(1 * MiB)
    .max(1_024 * MiB)
    .default(32 * MiB)
    .describe("Bytes of one agent a second, of old ticks too; ten seconds' worth may come at once."),
  viewersPerPersonMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(200)
    .describe('Dashboards that one person or token, or one address of those who are not signed in, may have open.'),
  viewerMessagesPerSecMax: z
    .int()
    .min(5)
    .max(10_000)
    .default(50)
    .describe("Messages of one dashboard a second; ten seconds' worth may come at once."),
  logLevel: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('What is logged.'),
});

export type HubConfig = z.infer<typeof hubConfigSchema>;

/** Days that each tier keeps. */
export function keepDaysOf(config: HubConfig): Readonly<Record<Tier, number>> {
  const { retentionRawDays: raw, retentionMinuteDays: minute, retentionHourDays: hour } = config;
  return { raw, minute, hour };
}

/** What the senders of notices need of them. */
export function noticeSettingsOf(config: HubConfig): NoticeSettings {
  const { noticeIntervalMs: intervalMs, internalTargets, watchdogUrl } = config;
  return { intervalMs, internalTargets, watchdogUrl };
}

/** What one peer may take. */
export function doorLimitsOf(config: HubConfig): DoorLimits {
  const { connectionsMax, connectionsPerAddressMax, connectionsPerAddressPerSecMax, ...rest } = config;
  const { requestsPerAddressPerSecMax, agentMessagesPerSecMax, agentBytesPerSecMax } = rest;
  const { viewersPerPersonMax, viewerMessagesPerSecMax } = rest;
  return {
    ...{ connectionsMax, connectionsPerAddressMax, connectionsPerAddressPerSecMax, requestsPerAddressPerSecMax },
    ...{ agentMessagesPerSecMax, agentBytesPerSecMax, viewersPerPersonMax, viewerMessagesPerSecMax },
  };
}

/** null: no TLS. */
export function certificateFilesOf({ tlsCertFile, tlsKeyFile }: HubConfig): CertificateFiles | null {
  return tlsCertFile === null || tlsKeyFile === null ? null : { certFile: tlsCertFile, keyFile: tlsKeyFile };
}

/** By which an external database's tables are owned: migrations, and the commands that work on the whole. null for the embedded one. */
export function ownerUrlOf(config: HubConfig): string | null {
  return config.databaseOwnerUrl ?? config.databaseUrl;
}

/** As it may be logged: a URL may hold a password, or be one. */
export function shownConfig(config: HubConfig): Readonly<Record<string, unknown>> {
  const mask = (text: string | null) => (text === null ? null : '(secret)');
  const { databaseUrl, databaseOwnerUrl, watchdogUrl } = config;
  const masked = {
    databaseUrl: mask(databaseUrl),
    databaseOwnerUrl: mask(databaseOwnerUrl),
    watchdogUrl: mask(watchdogUrl),
  };
  return { ...config, ...masked };
}

/** Reads the settings. Throws ConfigError with every problem found. */
export function readHubConfig(file: string | null, env: NodeJS.ProcessEnv): HubConfig {
  const problems: string[] = [];
  const parsed = hubConfigSchema.safeParse(file === null ? {} : readJson(file), { error: issueWords });
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap(describeIssue));
  const inFile = parsed.success ? parsed.data : { databaseUrl: null, databaseOwnerUrl: null };
  const databaseUrl = secretOf('DATABASE_URL', { env, problems }) ?? inFile.databaseUrl;
  const databaseOwnerUrl = secretOf('DATABASE_OWNER_URL', { env, problems }) ?? inFile.databaseOwnerUrl;
  const urls = {
    '"databaseUrl" (DATABASE_URL)': databaseUrl,
    '"databaseOwnerUrl" (DATABASE_OWNER_URL)': databaseOwnerUrl,
  };
  for (const [name, url] of Object.entries(urls))
    if (url !== null && !isDatabaseUrl(url))
      problems.push(`${name} must be a URL such as postgres://user:password@host:5432/database: the one given is not`);
  if (databaseUrl === null && databaseOwnerUrl !== null)
    problems.push(
      '"databaseOwnerUrl" (DATABASE_OWNER_URL) must stand beside "databaseUrl" (DATABASE_URL): got it alone',
    );
  if (parsed.success) problems.push(...retentionProblems(parsed.data));
  if (parsed.success) {
    problems.push(...internalTargetProblems(parsed.data.internalTargets));
    problems.push(...proxyProblems(parsed.data.trustedProxies), ...listeningProblems(parsed.data));
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return { ...parsed.data, databaseUrl, databaseOwnerUrl };
}

/** A variable, or the text of the file that the same variable with `_FILE` names: how container platforms hand over secrets. */
function secretOf(
  name: string,
  { env, problems }: { readonly env: NodeJS.ProcessEnv; readonly problems: string[] },
): string | undefined {
  const file = env[`${name}_FILE`];
  if (env[name] !== undefined || file === undefined || file === '') return env[name];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    problems.push(`the file of ${name}_FILE must be readable: got ${code} for ${JSON.stringify(file)}`);
    return undefined;
  }
}

/** A coarser tier is made of the finer one, and answers where that ends. */
function retentionProblems(config: HubConfig): string[] {
  const { raw, minute, hour } = keepDaysOf(config);
  if (raw <= minute && minute <= hour) return [];
  return [
    `"retentionRawDays" ≤ "retentionMinuteDays" ≤ "retentionHourDays" must hold: got ${raw}, ${minute} and ${hour}`,
  ];
}

/** Never shown when it is wrong, as there is a password in it. Several hosts, separated by commas, are the driver's to read. */
function isDatabaseUrl(text: string): boolean {
  if (!/^postgres(ql)?:\/\/./.test(text)) return false;
  return text.includes(',') || parseUrl(text) !== null;
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([
      `the file ${JSON.stringify(file)} must be readable: got ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    ]);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError([
      `the file ${JSON.stringify(file)} must hold JSON: got ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}

/** One sentence for one issue; several unknown settings are one each. */
export function describeIssue(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `"${[...issue.path, key].join('.')}" is not a known setting`);
  return [path === '' ? issue.message : `"${path}" cannot be used: ${issue.message}`];
}
