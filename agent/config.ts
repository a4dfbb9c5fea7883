/**
 * The agent's settings: one optional JSON file, secrets in a file of their own or in the environment.
 *
 * Every setting has a default, unknown keys are errors, and all problems are reported at once. Relative paths in the
 * file are relative to its folder, so that a start from elsewhere means the same. A settings file that others may
 * write to is refused, and so is a secret that others may read: the agent runs scripts and holds a token.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, type Stats, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { type AgentSettings, emptySettings, parseSettings } from '#core/agent-settings.ts';
import { ConfigError } from '#core/errors.ts';
import { tooOpen } from '#core/file-mode.ts';
import {
  enrolmentKeyCharacters,
  seriesPerLayoutMax,
  signedScriptLimits,
  spoolBytesMin,
  tickIntervalMsMax,
  tickIntervalMsMin,
} from '#core/limits.ts';
import { cleanLabelValue, isLabelName } from '#core/series.ts';
import { type HubTrust, keyPinPattern } from './hub-trust.ts';
import { parsePublisherKey } from './signed/publisher-keys.ts';
import { closedPolicy, policyLimits, type ScriptPolicy } from './signed/script-policy.ts';

/** They win over the file: whoever starts an agent beside a hub knows where that hub is. */
export const hubUrlVariable = 'PULSEWIRE_HUB_URL';
export const enrolmentKeyFileVariable = 'PULSEWIRE_ENROLMENT_KEY_FILE';
export const enrolmentKeyVariable = 'PULSEWIRE_ENROLMENT_KEY';
/** Of the hub that the agent is started beside: they hold where neither the file nor another variable says anything. */
export const besideKeyFileVariable = 'PULSEWIRE_BESIDE_KEY_FILE';
export const besideDataFolderVariable = 'PULSEWIRE_BESIDE_DATA_FOLDER';

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
  /** A secret: an enrolment token, or the key of the hub. */
  readonly enrolmentKey: string | null;
  /** Files that hold secrets of the agent, beside its data folder. */
  readonly secretFiles: readonly string[];
  /** What is allowed of scripts that come from the hub. */
  readonly scripts: ScriptPolicy;
  /** Where it was read, if it was left for this agent alone: removed once it has been used. null: not the agent's to remove. */
  readonly enrolmentKeyFile: string | null;
  /** null: what Node trusts. */
  readonly trust: HubTrust | null;
  readonly logLevel: LogLevel;
  /** What the file itself says of that which a hub may set: it wins over the hub. */
  readonly pinned: AgentSettings;
  /** Whether a hub may set anything at all. */
  readonly remoteSettings: boolean;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Header-safe, since it travels in `Authorization`. */
const secretPattern = new RegExp(`^[\\x21-\\x7e]{${enrolmentKeyCharacters.min},${enrolmentKeyCharacters.max}}$`);
const hubUrlDefault = 'ws://127.0.0.1:8888';
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

const limitOf = (name: keyof typeof signedScriptLimits) =>
  whole(signedScriptLimits[name].min, signedScriptLimits[name].max).default(policyLimits[name]);

const scriptsSchema = z
  .strictObject(
    {
      enabled: z
        .boolean('true or false')
        .default(false)
        .describe('Whether signed scripts of the hub run on this host.'),
      publisherKeys: z
        .array(
          z.string('a key').refine((text) => parsePublisherKey(text) !== null, 'a key as "pulsewire sign" prints it'),
          'a list of keys',
        )
        .max(16, 'a list of at most 16 keys')
        .default([])
        .describe('Public keys whose signatures count: "ed25519:…", as "pulsewire sign --new-key" prints them.'),
      allow: z
        .array(z.string('a name').min(1, 'a name').max(64, 'a name'), 'a list of names')
        .max(1_000, 'a list of at most 1000 names')
        .optional()
        .describe('Names of scripts that may run. Default: any that is signed.'),
      runAs: z
        .string('a user')
        .min(1, 'a user')
        .max(64, 'a user')
        .optional()
        .describe('Unprivileged user whom scripts run as. Needed where the agent is root, not used elsewhere.'),
      network: z.boolean('true or false').default(true).describe('Whether scripts that ask for the network get it.'),
      limits: z
        .strictObject(
          {
            wallMs: limitOf('wallMs'),
            cpuSeconds: limitOf('cpuSeconds'),
            memoryBytes: limitOf('memoryBytes'),
            processes: limitOf('processes'),
            outputBytes: limitOf('outputBytes'),
          },
          'an object',
        )
        .prefault({})
        .describe('What one run gets at most, whatever its publisher allows it.'),
    },
    'an object',
  )
  .refine(
    ({ enabled, publisherKeys }) => !enabled || publisherKeys.length > 0,
    'an object with at least one of "publisherKeys" where "enabled" is true',
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
    .describe(
      'Folder of the spool and the token, closed to others. Default: agent in the data folder of a hub that starts it, else $STATE_DIRECTORY, else data/agent.',
    ),
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
  collectors: z
    .record(z.string(), z.unknown(), 'an object such as {"disk": {"enabled": false}}')
    .optional()
    .describe(
      'Collectors turned off, or run at each so many-th tick only: {"disk": {"enabled": false}, "tcp": {"every": 30}}.',
    ),
  metrics: z
    .array(z.unknown(), 'a list such as [{"pattern": "disk_*", "every": 10}]')
    .optional()
    .describe(
      'Series with a value at each so many-th tick only, by name or glob: [{"pattern": "disk_*", "every": 10}].',
    ),
  remoteSettings: z
    .boolean('true or false')
    .default(true)
    .describe('Whether the hub may set interval, collectors, tags and spool size, where this file does not.'),
  enrolmentKeyFile: path
    .optional()
    .describe(
      `File with an enrolment token or the enrolment key, closed to others; one in the data folder is removed after use. Default: the variable ${enrolmentKeyVariable}.`,
    ),
  caFile: path
    .optional()
    .describe(
      'Certificates in PEM: the hub must show one that they vouch for. Default: the authorities that Node knows.',
    ),
  hubKeyPin: z
    .string('a text such as "sha256/…"')
    .regex(keyPinPattern, '"sha256/" and the base64 of the SHA-256 of the key (SubjectPublicKeyInfo) of the hub')
    .optional()
    .describe(
      'The hub must hold this key. Alone it takes the place of authorities and names; with caFile both must hold.',
    ),
  scripts: scriptsSchema.optional().describe('Scripts that come from the hub, signed. Closed unless this opens them.'),
  logLevel: z.enum(['error', 'warn', 'info', 'debug'], 'one of error, warn, info, debug').default('info'),
});

export interface ConfigSources {
  /** Path of the settings file; null for none. */
  readonly file: string | null;
  readonly env: Environment;
  /** Relative paths outside of the file start here. */
  readonly cwd: string;
  /** Looked at before the hub beside it has started: the key of that hub may not be there yet, and is not looked at. */
  readonly isTrial?: boolean;
}

/** Reads the settings. Throws ConfigError with every problem found. */
export function readAgentConfig({ file, env, cwd, isTrial = false }: ConfigSources): AgentConfig {
  const fileOrNull = file === null ? null : resolve(cwd, file);
  const config = parseAgentConfig(fileOrNull === null ? {} : readSettings(fileOrNull), {
    env,
    cwd,
    folder: fileOrNull === null ? cwd : dirname(fileOrNull),
    isTrial,
  });
  const problem = fileOrNull !== null && config.scripts.isEnabled ? ownerProblem(fileOrNull) : null;
  if (problem !== null) throw new ConfigError([problem]);
  return config;
}

interface ParseContext {
  readonly env: Environment;
  readonly cwd: string;
  /** Folder that relative paths in the settings start at. */
  readonly folder: string;
  readonly isTrial?: boolean;
}

/** Settings as they stand in the file, made whole. Throws ConfigError with every problem found. */
export function parseAgentConfig(settings: unknown, context: ParseContext): AgentConfig {
  const { env, cwd, folder, isTrial = false } = context;
  const parsed = agentConfigSchema.safeParse(settings, { reportInput: true });
  const problems = parsed.success ? [] : parsed.error.issues.flatMap(problemsOf);
  // Looked at even when other settings are wrong, so that nobody mends them one start at a time.
  const loose: Readonly<Record<string, unknown>> = isRecord(settings) ? settings : {};
  const givenUrl = env[hubUrlVariable] || loose['hubUrl'];
  const hubUrl = parseHubUrl(typeof givenUrl === 'string' ? givenUrl : hubUrlDefault, problems);
  const dataFolder = dataFolderOf(loose['dataFolder'], { env, cwd, folder });
  const keyFile = keyFileOf(loose['enrolmentKeyFile'], { env, cwd, folder });
  // The key of a hub beside it is the hub's, wherever it lies.
  const isBesideKeyFile = keyFile !== null && keyFile === besideKeyFileOf(env);
  const isOwnKeyFile = keyFile !== null && !isBesideKeyFile && keyFile.startsWith(`${dataFolder}/`);
  const enrolmentKey = isTrial && isBesideKeyFile ? null : readEnrolmentKey({ keyFile, isOwnKeyFile, env }, problems);
  const pinned = parsePinned(loose, problems);
  const trust = readTrust(loose, { hubUrl, folder }, problems);
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  const { data } = parsed;
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
    secretFiles: keyFile === null ? [] : [keyFile],
    scripts: data.scripts === undefined ? closedPolicy : policyOf(data.scripts),
    enrolmentKeyFile: isOwnKeyFile && enrolmentKey !== null ? keyFile : null,
    trust,
    logLevel: data.logLevel,
    pinned,
    remoteSettings: data.remoteSettings,
  };
}

/** The settings of the file that a hub could set too. The other schema has looked at those that both know. */
function parsePinned(settings: Readonly<Record<string, unknown>>, problems: string[]): AgentSettings {
  const { collectors = {}, metrics = [] } = settings;
  const parsed = parseSettings({ collectors, metrics });
  if (parsed.kind === 'refused') {
    // What is no object or no list has been found by the other schema.
    const isFound = isRecord(collectors) && Array.isArray(metrics);
    if (isFound) problems.push(...parsed.problems.map((problem) => `Cannot accept the settings: ${problem}`));
    return emptySettings;
  }
  const { intervalMs, tags, spoolBytesMax } = settings;
  return {
    ...parsed.settings,
    intervalMs: typeof intervalMs === 'number' ? intervalMs : null,
    tags: isRecord(tags) ? (tags as Record<string, string>) : {},
    spoolBytes: typeof spoolBytesMax === 'number' ? spoolBytesMax : null,
  };
}

function policyOf(settings: z.output<typeof scriptsSchema>): ScriptPolicy {
  const { enabled, publisherKeys, allow, runAs, network, limits } = settings;
  return {
    isEnabled: enabled,
    publisherKeys: publisherKeys.map((text) => parsePublisherKey(text)!),
    allow: allow ?? null,
    runAs: runAs ?? null,
    network,
    limits,
  };
}

/** The settings as they may be logged. */
export function maskConfig(config: AgentConfig): Omit<AgentConfig, 'trust'> & { readonly hubKeyPin: string | null } {
  const { trust, ...rest } = config;
  return { ...rest, enrolmentKey: config.enrolmentKey === null ? null : '***', hubKeyPin: trust?.keyPin ?? null };
}

/** How the hub is to show who it is; null where the settings do not say. */
function readTrust(
  settings: Readonly<Record<string, unknown>>,
  { hubUrl, folder }: { readonly hubUrl: string; readonly folder: string },
  problems: string[],
): HubTrust | null {
  const { caFile, hubKeyPin } = settings;
  const given = ['caFile', 'hubKeyPin'].filter((name) => settings[name] !== undefined);
  if (given.length === 0) return null;
  if (hubUrl.startsWith('ws:'))
    problems.push(
      `Cannot accept ${given.map((name) => JSON.stringify(name)).join(' and ')}: "hubUrl" must start with wss:// or https://: got ${JSON.stringify(hubUrl)}`,
    );
  const ca = typeof caFile === 'string' && caFile !== '' ? readCertificates(resolve(folder, caFile), problems) : null;
  return { ca, keyPin: typeof hubKeyPin === 'string' ? hubKeyPin : null };
}

function readCertificates(file: string, problems: string[]): string | null {
  const text = readGuarded(file, { what: 'certificates', isSecret: false });
  if (typeof text !== 'string') {
    problems.push(text.problem);
    return null;
  }
  try {
    new X509Certificate(text);
    return text;
  } catch {
    problems.push(`Cannot use certificates "${file}": they must be X.509 in PEM`);
    return null;
  }
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

function dataFolderOf(setting: unknown, { env, cwd, folder }: ParseContext): string {
  if (typeof setting === 'string' && setting !== '') return resolve(folder, setting);
  const given = env[besideDataFolderVariable] || env['STATE_DIRECTORY']?.split(':')[0];
  return resolve(cwd, given || join('data', 'agent'));
}

function keyFileOf(setting: unknown, { env, cwd, folder }: ParseContext): string | null {
  const given = env[enrolmentKeyFileVariable];
  if (given !== undefined && given !== '') return resolve(cwd, given);
  return typeof setting === 'string' && setting !== '' ? resolve(folder, setting) : besideKeyFileOf(env);
}

function besideKeyFileOf(env: Environment): string | null {
  const given = env[besideKeyFileVariable];
  return given === undefined || given === '' ? null : resolve(given);
}

interface KeySources {
  readonly keyFile: string | null;
  /** Whether the agent removes it after use: then its absence says no more than that. */
  readonly isOwnKeyFile: boolean;
  readonly env: Environment;
}

function readEnrolmentKey({ keyFile, isOwnKeyFile, env }: KeySources, problems: string[]): string | null {
  if (keyFile !== null && isOwnKeyFile && !existsSync(keyFile)) return null;
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
  problems.push(
    `Cannot accept enrolment key of ${place}: it must be ${enrolmentKeyCharacters.min}..${enrolmentKeyCharacters.max} visible ASCII characters without spaces: got ${key.length} characters`,
  );
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

/** Whoever owns the file decides which scripts run. */
function ownerProblem(file: string): string | null {
  const { uid } = statSync(file);
  if (process.getuid === undefined || uid === 0 || uid === process.getuid()) return null;
  return `Cannot use settings file "${file}": where it opens scripts it must belong to root or to the agent's user: got uid ${uid}`;
}

function modeProblem({ mode }: Stats, isSecret: boolean): string | null {
  const written = tooOpen(mode, 0o755);
  if (written !== null) return `others must not be able to write it: got mode ${written}`;
  const read = isSecret ? tooOpen(mode, 0o773) : null;
  return read === null ? null : `others must not be able to read it: got mode ${read}`;
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
