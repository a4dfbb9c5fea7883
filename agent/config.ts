/**
 * The agent's settings: one optional JSON file, secrets in a file of their own or in the environment.
 *
 * Every setting has a default, unknown keys are errors, and all problems are reported at once. Relative paths in the
 * file are relative to its folder, so that a start from elsewhere means the same. A settings file that others may
 * write to is refused, and so is a secret that others may read: the agent runs scripts and holds a token.
 */
import { readFileSync, type Stats, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '#core/errors.ts';
import { seriesPerLayoutMax, tickIntervalMsMax, tickIntervalMsMin } from '#core/limits.ts';
import { cleanLabelValue, isLabelName } from '#core/series.ts';
import { spoolBytesMin } from './spool/disk.ts';

/** They win over the file: whoever starts an agent beside a hub knows where that hub is. */
export const hubUrlVariable = 'PULSEWIRE_HUB_URL';
export const enrolmentKeyFileVariable = 'PULSEWIRE_ENROLMENT_KEY_FILE';
export const enrolmentKeyVariable = 'PULSEWIRE_ENROLMENT_KEY';

export interface AgentConfig {
  /** The hub's `/agent` as ws: or wss:. */
  readonly hubUrl: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  readonly dataFolder: string;
  readonly metricsFolder: string;
  /** null: 1 GiB or a quarter of the free space. */
  readonly spoolBytesMax: number | null;
  readonly spoolCommitMs: number;
  readonly keepAcked: boolean;
  readonly seriesMax: number;
  /** A secret. */
  readonly enrolmentKey: string | null;
  readonly logLevel: LogLevel;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Header-safe, since it travels in `Authorization`; short enough for any proxy. */
const secretPattern = /^[\x21-\x7e]{8,200}$/;
const hubUrlDefault = 'ws://localhost:8888';
const tagsMax = 32;

const whole = (min: number, max: number) =>
  z
    .number(`a whole number in ${min}..${max}`)
    .int(`a whole number in ${min}..${max}`)
    .min(min, `a whole number in ${min}..${max}`)
    .max(max, `a whole number in ${min}..${max}`);
const path = z.string('a path').min(1, 'a path');
const tagValue = z
  .string('a text of at most 200 characters')
  .refine(
    (text) => text.length > 0 && cleanLabelValue(text) === text,
    'a text of 1..200 characters without control characters',
  );

/** What may stand in the file. The messages end the sentence "Cannot accept "x": it must be …". */
export const agentConfigSchema = z.strictObject({
  hubUrl: z
    .string('a URL such as "wss://hub.example.org"')
    .default(hubUrlDefault)
    .describe('Address of the hub; http, https, ws or wss. The path /agent is added.'),
  name: z
    .string('a text')
    .refine((text) => isHostName(text), '1..255 characters without control characters')
    .optional()
    .describe('Name under which the host is shown. Default: its host name.'),
  tags: z
    .record(z.string(), tagValue, 'an object of texts')
    .refine((tags) => Object.keys(tags).length <= tagsMax, `at most ${tagsMax} tags`)
    .refine((tags) => Object.keys(tags).every(isLabelName), 'an object whose names are letters, digits and "_"')
    .default({})
    .describe('Name-value pairs by which hosts are grouped and chosen.'),
  intervalMs: whole(tickIntervalMsMin, tickIntervalMsMax)
    .default(1_000)
    .describe('Time between ticks. The hub may ask for another.'),
  dataFolder: path
    .optional()
    .describe('Folder of the spool and the token, closed to others. Default: $STATE_DIRECTORY, else data/agent.'),
  metricsFolder: path.optional().describe('Folder of the custom metrics. Default: metrics in the data folder.'),
  spoolBytesMax: whole(spoolBytesMin, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Disk space for ticks that are not yet stored. Default: 1 GiB or a quarter of the free space.'),
  spoolCommitMs: whole(0, 10_000)
    .default(0)
    .describe('0 commits each tick by itself; more spares SD cards and risks the ticks of so long at a power cut.'),
  keepAcked: z
    .boolean('true or false')
    .default(false)
    .describe('Keeps stored ticks until room is needed, for a hub that is restored from a backup.'),
  seriesMax: whole(1, seriesPerLayoutMax).default(4_000).describe('Series of this host; more are refused and counted.'),
  enrolmentKeyFile: path
    .optional()
    .describe(`File with the enrolment key, closed to others. Default: the variable ${enrolmentKeyVariable}.`),
  logLevel: z.enum(['error', 'warn', 'info', 'debug'], 'one of error, warn, info, debug').default('info'),
});

export interface ConfigSources {
  /** Path of the settings file; null for none. */
  readonly file: string | null;
  readonly env: Environment;
  /** Relative paths outside of the file start here. */
  readonly cwd: string;
}

/** Reads the settings. Throws ConfigError with every problem found. */
export function readAgentConfig({ file, env, cwd }: ConfigSources): AgentConfig {
  const fileOrNull = file === null ? null : resolve(cwd, file);
  return parseAgentConfig(fileOrNull === null ? {} : readSettings(fileOrNull), {
    env,
    cwd,
    folder: fileOrNull === null ? cwd : dirname(fileOrNull),
  });
}

interface ParseContext {
  readonly env: Environment;
  readonly cwd: string;
  /** Folder that relative paths in the settings start at. */
  readonly folder: string;
}

/** Settings as they stand in the file, made whole. Throws ConfigError with every problem found. */
export function parseAgentConfig(settings: unknown, { env, cwd, folder }: ParseContext): AgentConfig {
  const parsed = agentConfigSchema.safeParse(settings, { reportInput: true });
  const problems = parsed.success ? [] : parsed.error.issues.flatMap(problemsOf);
  // Looked at even when other settings are wrong, so that nobody mends them one start at a time.
  const loose: Readonly<Record<string, unknown>> = isRecord(settings) ? settings : {};
  const givenUrl = env[hubUrlVariable] || loose['hubUrl'];
  const hubUrl = parseHubUrl(typeof givenUrl === 'string' ? givenUrl : hubUrlDefault, problems);
  const keyFile = keyFileOf(loose['enrolmentKeyFile'], { env, cwd, folder });
  const enrolmentKey = readEnrolmentKey({ keyFile, env }, problems);
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  const { data } = parsed;
  const dataFolder =
    data.dataFolder === undefined
      ? resolve(cwd, env['STATE_DIRECTORY']?.split(':')[0] || join('data', 'agent'))
      : resolve(folder, data.dataFolder);
  return {
    hubUrl,
    name: data.name ?? defaultName(),
    tags: data.tags,
    intervalMs: data.intervalMs,
    dataFolder,
    metricsFolder: data.metricsFolder === undefined ? join(dataFolder, 'metrics') : resolve(folder, data.metricsFolder),
    spoolBytesMax: data.spoolBytesMax ?? null,
    spoolCommitMs: data.spoolCommitMs,
    keepAcked: data.keepAcked,
    seriesMax: data.seriesMax,
    enrolmentKey,
    logLevel: data.logLevel,
  };
}

/** The settings as they may be logged. */
export function maskConfig(
  config: AgentConfig,
): Omit<AgentConfig, 'enrolmentKey'> & { readonly enrolmentKey: string | null } {
  return { ...config, enrolmentKey: config.enrolmentKey === null ? null : '***' };
}

function readSettings(file: string): unknown {
  const text = readGuarded(file, { what: 'settings file', isSecret: false });
  if (typeof text !== 'string') throw new ConfigError([text.problem]);
  try {
    // Editors of Windows put a byte order mark in front.
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ConfigError([`Cannot read settings file "${file}": it must be JSON: ${error.message}`]);
  }
}

function keyFileOf(setting: unknown, { env, cwd, folder }: ParseContext): string | null {
  const given = env[enrolmentKeyFileVariable];
  if (given !== undefined && given !== '') return resolve(cwd, given);
  return typeof setting === 'string' && setting !== '' ? resolve(folder, setting) : null;
}

function readEnrolmentKey(
  { keyFile, env }: { readonly keyFile: string | null; readonly env: Environment },
  problems: string[],
): string | null {
  const text =
    keyFile === null
      ? (env[enrolmentKeyVariable] ?? '')
      : readGuarded(keyFile, { what: 'enrolment key', isSecret: true });
  if (typeof text !== 'string') {
    problems.push(text.problem);
    return null;
  }
  const key = text.trim();
  if (keyFile === null && key === '') return null;
  if (secretPattern.test(key)) return key;
  const place = keyFile === null ? `variable ${enrolmentKeyVariable}` : `"${keyFile}"`;
  problems.push(`Cannot accept enrolment key of ${place}: it must be 8..200 visible ASCII characters without spaces`);
  return null;
}

/** Text of a file whose mode is as it must be, or why it cannot be used. */
function readGuarded(
  file: string,
  { what, isSecret }: { readonly what: string; readonly isSecret: boolean },
): string | { readonly problem: string } {
  try {
    const problem = modeProblem(statSync(file), isSecret);
    if (problem !== null) return { problem: `Cannot use ${what} "${file}": ${problem}` };
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    return { problem: `Cannot read ${what} "${file}": ${error.message}` };
  }
}

function modeProblem({ mode }: Stats, isSecret: boolean): string | null {
  const shown = (mode & 0o777).toString(8).padStart(3, '0');
  if ((mode & 0o022) !== 0) return `others must not be able to write it: got mode ${shown}`;
  if (isSecret && (mode & 0o004) !== 0) return `others must not be able to read it: got mode ${shown}`;
  return null;
}

function parseHubUrl(text: string, problems: string[]): string {
  const wrong = (must: string): string => {
    problems.push(`Cannot accept "hubUrl": it must ${must}: got ${JSON.stringify(withoutSecrets(text))}`);
    return text;
  };
  if (!URL.canParse(text)) return wrong('be a URL such as "wss://hub.example.org"');
  const url = new URL(text);
  const scheme = schemes.get(url.protocol);
  if (scheme === undefined) return wrong('start with ws://, wss://, http:// or https://');
  if (url.username !== '' || url.password !== '') return wrong('hold no user and no password');
  if (url.search !== '' || url.hash !== '') return wrong('end with its path');
  const base = url.pathname.replace(/\/+$/, '');
  return `${scheme}//${url.host}${base.endsWith('/agent') ? base : `${base}/agent`}`;
}

const schemes: ReadonlyMap<string, string> = new Map([
  ['ws:', 'ws:'],
  ['http:', 'ws:'],
  ['wss:', 'wss:'],
  ['https:', 'wss:'],
]);

/** A URL that is refused may hold a password or a token all the same. */
function withoutSecrets(text: string): string {
  return text
    .slice(0, 200)
    .replace(/\/\/[^/]*@/, '//***@')
    .replace(/[?#].*$/s, '?***');
}

function problemsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `Cannot accept ${JSON.stringify(key.slice(0, 80))}: there is no such setting`);
  }
  const name = issue.path.map(String).join('.');
  if (name === '') return [`Cannot accept the settings: they must be a JSON object: got ${shownValue(issue.input)}`];
  return [`Cannot accept ${JSON.stringify(name)}: it must be ${issue.message}: got ${shownValue(issue.input)}`];
}

function shownValue(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHostName(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  return text.trim() !== '' && text.length <= 255 && !/[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/u.test(text);
}

function defaultName(): string {
  const name = hostname();
  return isHostName(name) ? name : 'localhost';
}
