/**
 * The hub's settings: one JSON file, all optional, and environment variables for secrets. One schema gives
 * kinds, defaults, bounds and the sentence for the operator; every problem is reported at once.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '#core/errors.ts';
import type { Tier } from '#core/tier.ts';

const MiB = 1024 * 1024;

export const hubConfigSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. Only this machine can connect unless it is changed.'),
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
    .describe('PostgreSQL 15 or newer instead of the embedded one; better given as DATABASE_URL.'),
  enrolmentKeyFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('File with the key by which agents enrol; null is one made at the first start, in the data folder.'),
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
  logLevel: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('What is logged.'),
});

export type HubConfig = z.infer<typeof hubConfigSchema>;

/** Days that each tier keeps. */
export function keepDaysOf(config: HubConfig): Readonly<Record<Tier, number>> {
  const { retentionRawDays: raw, retentionMinuteDays: minute, retentionHourDays: hour } = config;
  return { raw, minute, hour };
}

/** Reads the settings. Throws ConfigError with every problem found. */
export function readHubConfig(file: string | null, env: NodeJS.ProcessEnv): HubConfig {
  const problems: string[] = [];
  const parsed = hubConfigSchema.safeParse(file === null ? {} : readJson(file));
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap(describeIssue));
  const databaseUrl = env['DATABASE_URL'] ?? (parsed.success ? parsed.data.databaseUrl : null);
  if (databaseUrl !== null && databaseUrl !== undefined && !isDatabaseUrl(databaseUrl)) {
    problems.push(
      '"databaseUrl" (DATABASE_URL) must be a URL such as postgres://user:password@host:5432/database: the one given is not',
    );
  }
  if (parsed.success) problems.push(...retentionProblems(parsed.data));
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return { ...parsed.data, databaseUrl };
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
  return text.includes(',') || URL.canParse(text);
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
