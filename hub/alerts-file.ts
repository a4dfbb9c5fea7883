/**
 * The file of alerts: rules, channels and downtimes kept as code. Read and checked as a whole, with every problem at
 * once; whoever reads it either gets all of it or nothing. Secrets stand in it as text, as `{"env": "NAME"}`, or as
 * `{"file": "path"}`, seen from the folder of the file.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { ConfigError } from '#core/errors.ts';
import { type AlertsFile, channelsMax, channelsOf, downtimesMax, type PlainChannel, rulesMax } from './alert-forms.ts';
import { onHangUp } from './hang-up.ts';
import { issueWords } from './issue-words.ts';
import { problemsOf, protoProblems } from './json-body.ts';
import { type ChannelKind, secretSettings } from './notices/channel.ts';
import { ruleBody } from './routes/alert-schemas.ts';
import { channelBody, maskProblems, plainChannelOf } from './routes/channel-body.ts';
import { downtimeSpecOf, namedDowntimeBody } from './routes/downtime-body.ts';
import { draftOf } from './routes/rule-body.ts';
import type { RuleDraft } from './store/alerts/rules.ts';

export const alertsFileSchema = z.strictObject({
  channels: z.array(channelBody).max(channelsMax).default([]),
  rules: z.array(ruleBody).max(rulesMax).default([]),
  downtimes: z.array(namedDowntimeBody).max(downtimesMax).default([]),
});

export interface AlertsFilePorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a file; throws when it cannot be read. */
  readText(path: string): string;
}

/** 20,000 rules of a kilobyte, and some. */
const fileBytesMax = 32 * 1024 * 1024;

/** Throws ConfigError with everything that is wrong. */
export function readAlertsFile(path: string, env: AlertsFilePorts['env']): AlertsFile {
  return parseAlertsFile(path, { env, readText: (file) => readFileSync(file, 'utf8') });
}

export function parseAlertsFile(path: string, ports: AlertsFilePorts): AlertsFile {
  const problems: string[] = [];
  const content = resolveSecrets(readJson(path, ports), { folder: dirname(resolve(path)), ports, problems });
  problems.push(...protoProblems(content));
  const parsed = alertsFileSchema.safeParse(content, { error: issueWords });
  if (!parsed.success) {
    const places = new Set(problems.map((problem) => problem.split(':')[0]));
    // A secret that could not be found is missing as well: once is enough.
    problems.push(...problemsOf(parsed.error).filter((problem) => !places.has(problem.split(':')[0])));
  }
  const file = parsed.success ? fileOf(parsed.data, problems) : null;
  if (file === null || problems.length > 0)
    throw new ConfigError(problems, `use the file of alerts ${JSON.stringify(path)}`);
  return file;
}

function fileOf(content: z.output<typeof alertsFileSchema>, problems: string[]): AlertsFile {
  const channels: PlainChannel[] = content.channels.map((body, index) => {
    problems.push(...maskProblems(body).map((problem) => `channels.${index}.${problem}`));
    return plainChannelOf(body);
  });
  const channelNames = new Set(channels.map(({ name }) => name));
  const rules: RuleDraft[] = [];
  for (const [index, body] of content.rules.entries()) {
    const drafted = draftOf(body);
    if (drafted.kind === 'refused') {
      problems.push(...drafted.problems.map((problem) => `rules.${index}.${problem}`));
      continue;
    }
    const unknown = channelsOf(drafted.draft.spec).filter((name) => !channelNames.has(name));
    for (const name of unknown)
      problems.push(`rules.${index}.channels: ${JSON.stringify(name)} must be a channel of this file`);
    rules.push(drafted.draft);
  }
  const downtimes: AlertsFile['downtimes'][number][] = [];
  for (const [index, { name, ...body }] of content.downtimes.entries()) {
    const drafted = downtimeSpecOf(body);
    if (drafted.kind === 'refused')
      problems.push(...drafted.problems.map((problem) => `downtimes.${index}.${problem}`));
    else downtimes.push({ name, spec: drafted.spec });
  }
  for (const [field, list] of Object.entries({ channels, rules, downtimes }))
    for (const name of twiceIn(list)) problems.push(`${field}: the name ${JSON.stringify(name)} must be given once`);
  return { rules, channels, downtimes };
}

function twiceIn(list: readonly { readonly name: string }[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name } of list) (seen.has(name) ? twice : seen).add(name);
  return [...twice];
}

function readJson(path: string, { readText }: AlertsFilePorts): unknown {
  const act = `use the file of alerts ${JSON.stringify(path)}`;
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    throw new ConfigError([`it must be readable: got ${codeOf(error)}`], act);
  }
  if (text.length > fileBytesMax) throw new ConfigError([`it must have at most ${fileBytesMax} characters`], act);
  try {
    return JSON.parse(text);
  } catch (error) {
    // The message of the parser shows a piece of the text, which may be a secret.
    const position = /position (\d+)/.exec(String(error))?.[1];
    // Without a position it is the end that comes too early.
    const before = text.slice(0, position === undefined ? text.length : Number(position)).split('\n');
    const place = `line ${before.length}, column ${before[before.length - 1]!.length + 1}`;
    throw new ConfigError([`it must hold JSON: got something else at ${place}`], act);
  }
}

interface Resolving {
  readonly folder: string;
  readonly ports: AlertsFilePorts;
  readonly problems: string[];
}

/** A copy in which secrets are text. What has not the shape of channels is left to the schema. */
function resolveSecrets(content: unknown, resolving: Resolving): unknown {
  if (!isObject(content) || !Array.isArray(content['channels'])) return content;
  const channels = content['channels'].map((channel: unknown, index) => {
    if (!isObject(channel) || !isObject(channel['settings'])) return channel;
    const secrets = Object.hasOwn(secretSettings, String(channel['kind']))
      ? secretSettings[channel['kind'] as ChannelKind]
      : [];
    const settings = Object.fromEntries(
      Object.entries(channel['settings']).flatMap(([member, value]): [string, unknown][] => {
        if (!secrets.includes(member) || !isObject(value)) return [[member, value]];
        const found = secretOf(value, resolving);
        if (found.kind === 'found') return [[member, found.text]];
        resolving.problems.push(`channels.${index}.settings.${member}: ${found.problem}`);
        return [];
      }),
    );
    return { ...channel, settings };
  });
  return { ...content, channels };
}

type FoundSecret =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'problem'; readonly problem: string };

function secretOf(value: Readonly<Record<string, unknown>>, { folder, ports }: Resolving): FoundSecret {
  const { env, file, ...rest } = value;
  const isOne = (typeof env === 'string') !== (typeof file === 'string');
  if (!isOne || Object.keys(rest).length > 0)
    return { kind: 'problem', problem: 'text, {"env": "NAME"} or {"file": "path"} is wanted' };
  if (typeof env === 'string') {
    const text = ports.env[env];
    if (text !== undefined && text !== '') return { kind: 'found', text };
    return { kind: 'problem', problem: `the environment must have ${JSON.stringify(env)}: got nothing` };
  }
  const path = resolve(folder, String(file));
  try {
    return { kind: 'found', text: ports.readText(path).replace(/\r?\n$/, '') };
  } catch (error) {
    return { kind: 'problem', problem: `the file ${JSON.stringify(path)} must be readable: got ${codeOf(error)}` };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : String(error);
}

export type AlertsFileAnswer =
  | { readonly kind: 'read'; readonly file: AlertsFile }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** As plain data, for another thread: ten thousand rules take half a second to check. */
export function tryAlertsFile(path: string, env: AlertsFilePorts['env']): AlertsFileAnswer {
  try {
    return { kind: 'read', file: readAlertsFile(path, env) };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'refused', problems: error.problems };
    throw error;
  }
}

/**
 * Reads the file again at each SIGHUP; one that cannot be used is logged and changes nothing. The signal comes as well when
 * the terminal has gone that the hub was started on: then it stops, as it does without a file. Answers how to end it.
 */
export function reloadOnHangUp(
  path: string | null,
  ports: {
    readonly log: Logger;
    readonly read: (path: string) => Promise<AlertsFileAnswer>;
    /** Rejects when the database is away; then it is applied later. */
    readonly use: (file: AlertsFile) => Promise<void>;
    readonly stop: () => void;
  },
): () => void {
  if (path === null) return () => {};
  const { log, read, use, stop } = ports;
  const reload = async () => {
    const answer = await read(path);
    if (answer.kind === 'refused') log.error({ file: path, problems: answer.problems }, 'alerts-file.refused');
    else await use(answer.file);
  };
  return onHangUp({
    stop,
    reload: () => {
      reload().catch((error: unknown) => {
        log.warn({ file: path, err: error }, 'alerts-file.delayed');
      });
    },
  });
}
