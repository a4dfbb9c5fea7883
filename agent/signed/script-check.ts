/**
 * Whether a signed text may run here and now. Asked when it comes and again before each run; every answer but `fit` means
 * that nothing runs.
 *
 * What the hub says of this host does not count: neither the name it shows nor the tags that people gave there. Whoever
 * holds the hub could otherwise bring any signed script to any host by giving it a tag. Only the name and the tags of the
 * agent's own settings file are compared with the targets.
 */
import { createHash } from 'node:crypto';
import { isTargeted, parseSignedText, type ScriptManifest, type SignedManifest } from '#core/signed-script.ts';
import { isSignedByItsKey } from './publisher-keys.ts';
import type { ScriptPolicy } from './script-policy.ts';

/** The newest that has been seen under a name. */
export interface VersionMark {
  readonly version: number;
  /** SHA-256 of its code, hex; empty for a revocation. */
  readonly sha256: string;
  /** Versions up to this one are revoked; 0 for none. */
  readonly revokedVersion: number;
}

export interface CheckContext {
  readonly policy: ScriptPolicy;
  /** As the agent's own settings say. */
  readonly self: { readonly name: string; readonly tags: Readonly<Record<string, string>> };
  readonly markOf: (name: string) => VersionMark | null;
  readonly nowMs: number;
}

export type CheckedText =
  | { readonly kind: 'fit'; readonly manifest: ScriptManifest; readonly code: Buffer }
  /** It ends what it names. */
  | { readonly kind: 'revocation'; readonly manifest: SignedManifest; readonly problem: string }
  | { readonly kind: 'revoked'; readonly manifest: SignedManifest; readonly problem: string }
  /** `manifest` is null where nobody who is trusted has signed it: then what it says of itself means nothing. */
  | {
      readonly kind: 'refused';
      readonly manifest: SignedManifest | null;
      readonly claim: Claim;
      readonly problem: string;
    };

/** What a text says of itself, believed or not: by this people find it. */
export interface Claim {
  readonly name: string;
  readonly version: number;
}

/** Judges a text by everything but the limits, which are enforced while it runs. */
export function checkText(text: string, context: CheckContext): CheckedText {
  const parsed = parseSignedText(text);
  if ('problem' in parsed) return refused(null, { name: '', version: 0 }, parsed.problem);
  const { manifest, code } = parsed;
  const claim = { name: manifest.name, version: manifest.version };
  const { policy, markOf, nowMs } = context;
  if (!policy.publisherKeys.includes(manifest.key))
    return refused(null, claim, `its key must be one that this agent's settings trust: got ed25519:${manifest.key}`);
  if (!isSignedByItsKey(parsed)) return refused(null, claim, 'its signature must be that of its key');
  if (manifest.kind === 'revocation')
    return { kind: 'revocation', manifest, problem: revokedProblem(manifest.version) };

  const bytes = Buffer.from(code, 'utf8');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  // The signature is right, but of other code: what came with it is not what was signed.
  if (sha256 !== manifest.sha256) return refused(null, claim, 'its code must be the one that was signed');
  const mark = markOf(manifest.name);
  if (mark !== null && manifest.version <= mark.revokedVersion)
    return { kind: 'revoked', manifest, problem: revokedProblem(mark.revokedVersion) };
  if (mark !== null && manifest.version < mark.version)
    return refused(manifest, claim, `it must not be older than version ${mark.version}, which was here before`);
  if (mark !== null && manifest.version === mark.version && mark.sha256 !== sha256)
    return refused(manifest, claim, 'it must be the code that came as this version before');
  if (nowMs < manifest.notBeforeMs)
    return refused(manifest, claim, `it is not valid before ${instantText(manifest.notBeforeMs)}`);
  if (nowMs >= manifest.notAfterMs)
    return refused(manifest, claim, `it is not valid from ${instantText(manifest.notAfterMs)} on`);
  const { name, tags } = context.self;
  if (!isTargeted(manifest.targets, { names: [name], tags: [tags] }))
    return refused(
      manifest,
      claim,
      "its targets must mean this host by the name or a tag of the agent's own settings file",
    );
  if (manifest.hasNetwork && !policy.network)
    return refused(
      manifest,
      claim,
      'it asks for the network, so "scripts.network" of this agent\'s settings must be true',
    );
  if (policy.allow !== null && !policy.allow.includes(manifest.name))
    return refused(manifest, claim, `"scripts.allow" of this agent's settings must name it`);
  return { kind: 'fit', manifest, code: bytes };
}

/** What a text that was checked adds to what is known of its name; null when it adds nothing. */
export function markAfter(checked: CheckedText, { markOf, nowMs }: CheckContext): VersionMark | null {
  const { manifest } = checked;
  // What is to begin tomorrow must not end today what runs until then.
  if (manifest === null || (manifest.kind === 'script' && nowMs < manifest.notBeforeMs)) return null;
  const mark = markOf(manifest.name) ?? { version: 0, sha256: '', revokedVersion: 0 };
  if (manifest.kind === 'revocation') {
    if (manifest.version <= mark.revokedVersion) return null;
    return { ...mark, revokedVersion: manifest.version };
  }
  return manifest.version > mark.version ? { ...mark, version: manifest.version, sha256: manifest.sha256 } : null;
}

function refused(manifest: SignedManifest | null, claim: Claim, problem: string): CheckedText {
  return { kind: 'refused', manifest, claim, problem: `Cannot run script: ${problem}` };
}

function revokedProblem(version: number): string {
  return `Cannot run script: its publisher has revoked versions up to ${version}`;
}

function instantText(ms: number): string {
  return ms <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}
