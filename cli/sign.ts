/**
 * `pulsewire sign`: makes a publisher's key, and signs scripts and revocations by it. It is meant for a machine that is not the
 * hub: whoever has the private key can run code on every agent that trusts it.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { ConfigError } from '#core/errors.ts';
import { ownersOnly, tooOpen } from '#core/file-mode.ts';
import {
  formatSignedText,
  type Interpreter,
  interpreters,
  manifestProblem,
  parseSignedText,
  type ScriptLimits,
  type SignedManifest,
  signedBytesOf,
  targetProblem,
} from '#core/signed-script.ts';

export interface SignOptions {
  readonly newKey?: string;
  readonly key?: string;
  readonly revoke?: string;
  readonly name?: string;
  readonly target?: readonly string[];
  readonly interpreter?: Interpreter;
  readonly signVersion?: number;
  readonly every: number;
  readonly validDays: number;
  readonly notBefore?: number;
  readonly unit: string;
  readonly network: boolean;
  readonly timeout: number;
  readonly cpu: number;
  readonly memory: number;
  readonly processes: number;
  readonly output: number;
}

export interface SignPorts {
  /** Lines for people. */
  readonly say: (line: string) => void;
  /** The text that was asked for, and nothing else. */
  readonly print: (text: string) => void;
  readonly nowMs: number;
}

const action = 'sign';
const dayMs = 86_400_000;
const MiB = 1024 * 1024;
const interpreterOfSuffix: ReadonlyMap<string, Interpreter> = new Map([
  ['.sh', 'sh'],
  ['.bash', 'bash'],
  ['.py', 'python3'],
  ['.js', 'node'],
  ['.mjs', 'node'],
  ['.pl', 'perl'],
]);

/** Does what was asked for. Throws ConfigError with everything that is wrong. */
export function runSign(file: string | undefined, options: SignOptions, { say, print, nowMs }: SignPorts): void {
  const { newKey, key, revoke } = options;
  if (newKey !== undefined) {
    say(`The private key is in ${newKey}. Keep it away from the hub and from every agent. Agents that trust it say:`);
    say(`  "scripts": { "enabled": true, "publisherKeys": ["${makeKey(newKey)}"] }`);
    print(`${publicKeyOf(readKey(newKey))}\n`);
    return;
  }
  if (key === undefined) throw new ConfigError(['--key FILE or --new-key FILE is wanted'], action);
  const privateKey = readKey(key);
  const publicKey = publicKeyOf(privateKey).slice('ed25519:'.length);
  const version = options.signVersion ?? Math.floor(nowMs / 1_000);
  if (revoke !== undefined) {
    if (file !== undefined) throw new ConfigError(['a revocation has no file: it names a script'], action);
    print(signText({ kind: 'revocation', name: revoke, version, key: publicKey }, '', privateKey));
    say(
      `Revokes "${revoke}" up to version ${version}. Upload it to the hub: agents that have seen it never run those again.`,
    );
    return;
  }
  if (file === undefined) throw new ConfigError(['a file with the script is wanted, or --revoke NAME'], action);
  const code = readCode(file);
  const text = signText(scriptManifest({ file, options, code, publicKey, version, nowMs }), code, privateKey);
  print(text);
  say(`Signed "${options.name}" as version ${version} by ed25519:${publicKey}.`);
}

function scriptManifest({
  file,
  options,
  code,
  publicKey,
  version,
  nowMs,
}: {
  readonly file: string;
  readonly options: SignOptions;
  readonly code: string;
  readonly publicKey: string;
  readonly version: number;
  readonly nowMs: number;
}): SignedManifest {
  const { name, target = [], every, timeout, cpu, memory, processes, output, unit, network } = options;
  const interpreter = options.interpreter ?? interpreterOfSuffix.get(extname(file));
  const problems: string[] = [];
  if (name === undefined) problems.push('--name NAME is wanted');
  if (target.length === 0) problems.push('--target is wanted: all, host:<name> or tag:<name>=<value>');
  if (interpreter === undefined) problems.push(`--interpreter is wanted: one of ${interpreters.join(', ')}`);
  if (code === '') problems.push('the script must not be empty');
  if (name === undefined || interpreter === undefined || problems.length > 0) throw new ConfigError(problems, action);
  const notBeforeMs = options.notBefore ?? 0;
  const limits: ScriptLimits = {
    ...{ wallMs: timeout, cpuSeconds: cpu, memoryBytes: memory * MiB, processes, outputBytes: output },
  };
  return {
    ...{ kind: 'script', name, version, key: publicKey, interpreter, intervalMs: every, limits, unit },
    sha256: createHash('sha256').update(code, 'utf8').digest('hex'),
    hasNetwork: network,
    targets: target,
    notBeforeMs,
    notAfterMs: Math.max(nowMs, notBeforeMs) + options.validDays * dayMs,
  };
}

function signText(manifest: SignedManifest, code: string, privateKey: KeyObject): string {
  const problem = manifestProblem({ ...manifest });
  if (problem !== null) throw new ConfigError([problem], action);
  const text = formatSignedText({ manifest, signature: sign(null, signedBytesOf(manifest), privateKey), code });
  // What an agent would refuse must not leave here.
  const parsed = parseSignedText(text);
  if ('problem' in parsed) throw new ConfigError([parsed.problem], action);
  return text;
}

/** Writes a new private key, closed to others, and answers the public one. A file that exists is left alone. */
function makeKey(file: string): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    const handle = openSync(file, 'wx', 0o600);
    writeSync(handle, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    fsyncSync(handle);
    closeSync(handle);
  } catch (error) {
    throw new ConfigError([`${JSON.stringify(file)} must be a new file: got ${codeOf(error)}`], action);
  }
  return publicKeyOf(privateKey);
}

function readKey(file: string): KeyObject {
  const wrong = (must: string) => new ConfigError([`the key ${JSON.stringify(file)} must ${must}`], action);
  let pem: string;
  try {
    const handle = openSync(file, 'r');
    const { mode } = fstatSync(handle);
    pem = readFileSync(handle, 'utf8');
    closeSync(handle);
    const shown = process.platform === 'win32' ? null : tooOpen(mode, ownersOnly);
    if (shown !== null) throw wrong(`be closed to others (chmod 600): got mode ${shown}`);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw wrong(`be readable: got ${codeOf(error)}`);
  }
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
  }
  throw wrong('be an Ed25519 private key, as --new-key makes it');
}

function publicKeyOf(key: KeyObject): string {
  return `ed25519:${createPublicKey(key).export({ format: 'jwk' }).x!}`;
}

function readCode(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    throw new ConfigError(
      [`the script ${JSON.stringify(file)} must be readable, in UTF-8: got ${codeOf(error)}`],
      action,
    );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

const msPerUnit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: dayMs };

/** For an option such as `10s`. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It must be a number with ms, s, m, h or d.');
  return Number(match[1]) * msPerUnit[match[2]!]!;
}

/** For an option that is an instant. */
export function parseInstant(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It must be a time such as 2027-01-15T00:00:00Z.');
  return ms;
}

/** For an option that may stand several times. */
export function addTarget(text: string, before: readonly string[] = []): readonly string[] {
  const problem = targetProblem(text);
  if (problem !== null) throw new InvalidArgumentError(`${problem[0]!.toUpperCase()}${problem.slice(1)}.`);
  return [...before, text];
}

export function parseInterpreter(text: string): Interpreter {
  const interpreter = interpreters.find((one) => one === text);
  if (interpreter !== undefined) return interpreter;
  throw new InvalidArgumentError(`It must be one of ${interpreters.join(', ')}.`);
}
