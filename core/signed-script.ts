/**
 * Signed scripts: what a publisher signs, and the one text that carries it. Pure: the signature itself is made and checked
 * by whoever has a library for that.
 *
 *   # pulsewire-script v1 <base64url of the manifest> <base64url of the signature>
 *   the code, to the end of the text
 *
 * The manifest is JSON in one form only: its fields in the order below, no white space, numbers as ECMAScript writes
 * them. A reader builds that form from what it has understood and compares, so there are no two manifests that mean the
 * same, no field that a reader passes over and no name that stands twice. What is signed is the first line's words before
 * the manifest, a line feed, and the manifest (`signedBytesOf`); the code is bound by its SHA-256 in the manifest.
 */
import { decodeBase64url, encodeBase64url } from './base64url.ts';
import { globMatcherOf } from './glob.ts';
import { seqMax, signedScriptIntervalMs, signedScriptLimits, signedTextBytesMax } from './limits.ts';
import { decodeUtf8, encodeUtf8, malformedUtf8At, utf8ByteCount } from './utf8.ts';

export const interpreters = ['sh', 'bash', 'python3', 'node', 'perl'] as const;
/** Programs that may run a script. Where they lie is the agent's knowledge. */
export type Interpreter = (typeof interpreters)[number];

/** What one run may use. An agent's own bounds may be lower. */
export interface ScriptLimits {
  /** From its start to its end. */
  readonly wallMs: number;
  /** Of each process. */
  readonly cpuSeconds: number;
  /** Of each process: what it may write to. */
  readonly memoryBytes: number;
  /** Processes and threads at once. */
  readonly processes: number;
  /** Of standard output. */
  readonly outputBytes: number;
}

export interface ScriptManifest {
  readonly kind: 'script';
  /** What it is known by; a bare number that it prints is the metric of this name. */
  readonly name: string;
  /** A later one is higher. */
  readonly version: number;
  /** Public key of the publisher: base64url of 32 bytes. */
  readonly key: string;
  /** SHA-256 of the code in UTF-8, hex. */
  readonly sha256: string;
  readonly interpreter: Interpreter;
  readonly intervalMs: number;
  readonly limits: ScriptLimits;
  /** Whether it gets to see the network. */
  readonly hasNetwork: boolean;
  /** Of what it prints without one; empty for none. */
  readonly unit: string;
  /** Which hosts it is for; see `isTargeted`. */
  readonly targets: readonly string[];
  /** Epoch ms; it runs from the first, not from the second on. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Ends this version of a script and all before it, for good. */
export interface RevocationManifest {
  readonly kind: 'revocation';
  readonly name: string;
  readonly version: number;
  readonly key: string;
}

export type SignedManifest = ScriptManifest | RevocationManifest;

export interface SignedText {
  readonly manifest: SignedManifest;
  /** 64 bytes, not yet checked. */
  readonly signature: Uint8Array;
  /** Empty for a revocation. */
  readonly code: string;
}

/** A text that cannot be taken apart; `problem` is a full sentence. */
export interface WrongText {
  readonly kind: 'wrong';
  readonly problem: string;
}

export const signedTextPrefix = '# pulsewire-script v1';
const keyBytes = 32;
const signatureBytes = 64;
/** A manifest with 64 targets of 300 characters each. */
const firstLineCharactersMax = 32_768;
const targetsMax = 64;
const targetCharactersMax = 300;
const namePattern = /^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/;
const unitPattern = /^[\x21-\x7e]{0,32}$/;
const targetPattern = /^(?:all|host:.+|tag:[a-zA-Z_][a-zA-Z0-9_]*=.+)$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const hiddenPattern = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/u;

/** The manifest in its one form. */
export function formatManifest(manifest: SignedManifest): string {
  const { kind, name, version, key } = manifest;
  if (manifest.kind === 'revocation') return JSON.stringify({ kind, name, version, key });
  const { sha256, interpreter, intervalMs, limits, hasNetwork, unit, targets, notBeforeMs, notAfterMs } = manifest;
  const { wallMs, cpuSeconds, memoryBytes, processes, outputBytes } = limits;
  return JSON.stringify({
    ...{ kind, name, version, key, sha256, interpreter, intervalMs },
    limits: { wallMs, cpuSeconds, memoryBytes, processes, outputBytes },
    ...{ hasNetwork, unit, targets, notBeforeMs, notAfterMs },
  });
}

/** What the signature is made over. The caller owns the result. */
export function signedBytesOf(manifest: SignedManifest): Uint8Array {
  return encodeUtf8(`${signedTextPrefix}\n${formatManifest(manifest)}`);
}

/** The text that people and the hub pass on. */
export function formatSignedText({ manifest, signature, code }: SignedText): string {
  const line = [signedTextPrefix, encodeBase64url(encodeUtf8(formatManifest(manifest))), encodeBase64url(signature)];
  return `${line.join(' ')}\n${code}`;
}

/** Takes a text apart. Whether the signature and the hash are right is for the caller to check. */
export function parseSignedText(text: string): SignedText | WrongText {
  if (!text.startsWith(`${signedTextPrefix} `)) return wrong(`its first line must begin with "${signedTextPrefix}"`);
  if (utf8ByteCount(text) > signedTextBytesMax) return wrong(`it must have at most ${signedTextBytesMax} bytes`);
  const lineEnd = text.slice(0, firstLineCharactersMax).indexOf('\n');
  if (lineEnd < 0) return wrong(`its first line must end within ${firstLineCharactersMax} characters`);
  const words = text.slice(signedTextPrefix.length + 1, lineEnd).split(' ');
  const [manifestBytes, signature] = words.map(decodeBase64url);
  if (words.length !== 2 || manifestBytes == null || signature == null)
    return wrong('its first line must hold the manifest and the signature in base64url');
  if (signature.length !== signatureBytes) return wrong(`its signature must have ${signatureBytes} bytes`);
  if (malformedUtf8At(manifestBytes, 0, manifestBytes.length) >= 0) return wrong('its manifest must be UTF-8');
  const manifest = parseManifest(decodeUtf8(manifestBytes));
  if (manifest.kind === 'wrong') return manifest;
  const code = text.slice(lineEnd + 1);
  if (code.includes('\u0000')) return wrong('its code must hold no NUL');
  if ((code === '') !== (manifest.kind === 'revocation'))
    return wrong('a script must have code, and a revocation none');
  return { manifest, signature, code };
}

/** A manifest from its one form; any other form of the same is refused. */
export function parseManifest(json: string): SignedManifest | WrongText {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return wrong('its manifest must be JSON');
  }
  if (!isRecord(content)) return wrong('its manifest must be a JSON object');
  const problem = manifestProblem(content);
  if (problem !== null) return wrong(problem);
  const manifest = content as unknown as SignedManifest;
  // Also refuses fields that are not known, other white space, and names that stand twice.
  if (formatManifest(manifest) !== json) return wrong('its manifest must be in the one form that is signed');
  return manifest;
}

/** Why these cannot be the fields of a manifest, as "x must be y"; null when they can. */
export function manifestProblem(fields: Readonly<Record<string, unknown>>): string | null {
  const { kind, name, version, key } = fields;
  if (kind !== 'script' && kind !== 'revocation') return '"kind" must be "script" or "revocation"';
  if (!matches(name, namePattern)) return '"name" must be 1..64 letters, digits, "_" and "-", a letter first';
  if (!isWhole(version, { min: 1, max: seqMax - 1 })) return '"version" must be a whole number from 1';
  if (typeof key !== 'string' || decodeBase64url(key)?.length !== keyBytes)
    return `"key" must be ${keyBytes} bytes in base64url`;
  return kind === 'revocation' ? null : scriptProblem(fields);
}

function scriptProblem(fields: Readonly<Record<string, unknown>>): string | null {
  const { sha256, interpreter, intervalMs, limits, hasNetwork, unit, targets, notBeforeMs, notAfterMs } = fields;
  if (!matches(sha256, /^[0-9a-f]{64}$/)) return '"sha256" must be 64 hex digits';
  if (!interpreters.some((known) => known === interpreter))
    return `"interpreter" must be one of ${interpreters.join(', ')}`;
  if (!isWhole(intervalMs, signedScriptIntervalMs))
    return `"intervalMs" must be a whole number in ${signedScriptIntervalMs.min}..${signedScriptIntervalMs.max}`;
  if (!isRecord(limits)) return '"limits" must be an object';
  for (const [limit, bounds] of Object.entries(signedScriptLimits))
    if (!isWhole(limits[limit], bounds))
      return `"limits.${limit}" must be a whole number in ${bounds.min}..${bounds.max}`;
  if (typeof hasNetwork !== 'boolean') return '"hasNetwork" must be true or false';
  if (!matches(unit, unitPattern)) return '"unit" must be at most 32 visible ASCII characters';
  if (!Array.isArray(targets) || targets.length === 0 || targets.length > targetsMax)
    return `"targets" must be a list of 1..${targetsMax}`;
  const problem = targets.map(targetProblem).find((one) => one !== null);
  if (problem !== undefined) return problem;
  if (!isWhole(notBeforeMs, { min: 0, max: seqMax }) || !isWhole(notAfterMs, { min: 0, max: seqMax }))
    return '"notBeforeMs" and "notAfterMs" must be epoch ms';
  return (notAfterMs as number) > (notBeforeMs as number) ? null : '"notAfterMs" must be after "notBeforeMs"';
}

/** Why a text is no target; null when it is one. */
export function targetProblem(target: unknown): string | null {
  const isTarget =
    typeof target === 'string' &&
    target.length <= targetCharactersMax &&
    targetPattern.test(target) &&
    !hiddenPattern.test(target);
  return isTarget
    ? null
    : 'a target must be "all", "host:<name>" or "tag:<name>=<value>", where "*" stands for any text';
}

/** Whether one of the targets means a host of these names and tags. */
export function isTargeted(
  targets: readonly string[],
  { names, tags }: { readonly names: readonly string[]; readonly tags: readonly Readonly<Record<string, string>>[] },
): boolean {
  return targets.some((target) => {
    if (target === 'all') return true;
    if (target.startsWith('host:')) return names.some(globMatcherOf(target.slice('host:'.length)));
    const equals = target.indexOf('=');
    const name = target.slice('tag:'.length, equals);
    const isMeant = globMatcherOf(target.slice(equals + 1));
    return tags.some((one) => Object.hasOwn(one, name) && isMeant(one[name]!));
  });
}

function matches(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isWhole(value: unknown, { min, max }: { readonly min: number; readonly max: number }): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(problem: string): WrongText {
  return { kind: 'wrong', problem };
}
