/**
 * Signed scripts, from whoever uploads them to the agents that they are for.
 *
 * The hub passes texts on. It has no key that could make one, and nothing here decides what runs: each agent checks every
 * text by the keys of its own settings. Sent is what an agent may want, by the name and the tags that either side gives
 * it; what it does with it, it reports (`script-reports.ts`). An engine: database and sockets are ports.
 */
import { signedScriptsMax, signedTextsBytesMax } from '#core/limits.ts';
import type { ToAgent } from '#core/message.ts';
import { isTargeted, parseSignedText, type SignedManifest, type SignedText } from '#core/signed-script.ts';
import { HttpError } from '../http.ts';
import type { HostIdentity } from '../registry.ts';
import type { ScriptMethods, ScriptVersion, StoredScript } from '../store/scripts.ts';
import { signatureProblem } from './script-signature.ts';

export interface ScriptBookPorts {
  readonly store: Pick<ScriptMethods, 'scripts' | 'scriptMark' | 'uploadScript' | 'removeScript' | 'scriptVersions'>;
  readonly hostOf: (hostId: number) => HostIdentity | undefined;
  /** Keys that uploads must be signed by, base64url; empty: any. */
  readonly publisherKeys: readonly string[];
}

export interface KnownScript extends StoredScript {
  readonly manifest: SignedManifest;
}

interface Link {
  readonly agentName: string;
  readonly send: (message: ToAgent) => void;
  /** What was sent last; null before the first. */
  sent: readonly KnownScript[] | null;
}

const howToSign =
  'sign it with "pulsewire sign" where the private key is, which is not here, and upload what that prints (docs/scripts.md)';

export class ScriptBook {
  readonly #ports: ScriptBookPorts;
  /** What agents are to have; null until it has been read. */
  #scripts: readonly KnownScript[] | null = null;
  #mark: string | null = null;
  readonly #links = new Map<number, Link>();

  constructor(ports: ScriptBookPorts) {
    this.#ports = ports;
  }

  /** Scripts and revocations that agents are given. */
  get scripts(): readonly KnownScript[] {
    return this.#scripts ?? [];
  }

  get isLoaded(): boolean {
    return this.#scripts !== null;
  }

  knows(name: string): boolean {
    return this.scripts.some((script) => script.name === name);
  }

  linked(hostId: number, link: Omit<Link, 'sent'>): void {
    const own: Link = { ...link, sent: null };
    this.#links.set(hostId, own);
    this.#tell(hostId, own);
  }

  unlinked(hostId: number): void {
    this.#links.delete(hostId);
  }

  /** Its name or its tags have changed. */
  hostChanged(hostId: number): void {
    const link = this.#links.get(hostId);
    if (link !== undefined) this.#tell(hostId, link);
  }

  /** What a host is given, as people know it. */
  scriptsOf(identity: Pick<HostIdentity, 'name' | 'tags' | 'agentTags'>, agentName = identity.name): KnownScript[] {
    const { name, tags, agentTags } = identity;
    const host = { names: [name, agentName], tags: [tags, agentTags] };
    return this.scripts.filter(({ manifest }) => manifest.kind === 'revocation' || isTargeted(manifest.targets, host));
  }

  /** Throws HttpError: 400 with what is wrong, 409 for an older version, 503 while the database is away. */
  async upload(
    text: string,
    uploadedBy: string,
  ): Promise<{ readonly manifest: SignedManifest; readonly isNew: boolean }> {
    const signed = this.#check(text);
    const { manifest } = signed;
    const { name, version, kind, key } = manifest;
    const answer = await this.#ask('upload script', () =>
      this.#ports.store.uploadScript({
        ...{ name, version, kind, key, text, uploadedBy },
        ...{ namesMax: signedScriptsMax / 2, bytesMax: signedTextsBytesMax },
      }),
    );
    if (answer.kind === 'older')
      throw new HttpError(
        409,
        `Cannot upload script: its version must be above ${answer.version}, which agents know already: got ${version}`,
      );
    if (answer.kind === 'full')
      throw new HttpError(409, `Cannot upload script: at most ${signedScriptsMax / 2} may be here: remove one first`);
    if (answer.kind === 'heavy')
      throw new HttpError(
        409,
        `Cannot upload script: all scripts together may have ${signedTextsBytesMax} bytes, as an agent may be given all of them: got ${answer.bytes}: remove one first`,
      );
    await this.#ask('upload script', () => this.#read());
    return { manifest, isNew: answer.kind === 'done' };
  }

  /** Throws HttpError: 404, 503. */
  async remove(name: string): Promise<void> {
    const isRemoved = await this.#ask('remove script', () => this.#ports.store.removeScript(name));
    if (!isRemoved) throw unknownScript(name, 'remove');
    await this.#ask('remove script', () => this.#read());
  }

  /** The newest first. Throws HttpError: 404, 503. */
  async versions(name: string): Promise<readonly ScriptVersion[]> {
    const versions = await this.#ask('find script', () => this.#ports.store.scriptVersions(name));
    if (versions.length === 0) throw unknownScript(name, 'find');
    return versions;
  }

  /** Looks for what other hubs have changed, and for everything at first. Rejects when the database is away. */
  async follow(): Promise<void> {
    const mark = await this.#ports.store.scriptMark(null);
    if (this.#scripts !== null && mark === this.#mark) return;
    await this.#read();
    this.#mark = mark;
  }

  #check(text: string): SignedText {
    const signed = parseSignedText(text);
    if ('problem' in signed)
      throw new HttpError(400, `Cannot upload script: it must be signed: ${signed.problem}: ${howToSign}`);
    const problem = signatureProblem(signed);
    if (problem !== null) throw new HttpError(400, `Cannot upload script: ${problem}: ${howToSign}`);
    const { publisherKeys } = this.#ports;
    if (publisherKeys.length > 0 && !publisherKeys.includes(signed.manifest.key))
      throw new HttpError(
        400,
        `Cannot upload script: its key must be one of "scriptPublisherKeys" of the hub's settings: got ed25519:${signed.manifest.key}`,
      );
    return signed;
  }

  async #read(): Promise<void> {
    const rows = await this.#ports.store.scripts(null);
    this.#scripts = rows.flatMap((row) => {
      const parsed = parseSignedText(row.text);
      // A row that somebody has changed by hand: an agent would refuse it, and it has no targets to go by.
      return 'problem' in parsed ? [] : [{ ...row, manifest: parsed.manifest }];
    });
    for (const [hostId, link] of this.#links) this.#tell(hostId, link);
  }

  #tell(hostId: number, link: Link): void {
    const identity = this.#ports.hostOf(hostId);
    if (this.#scripts === null || identity === undefined) return;
    const scripts = this.scriptsOf(identity, link.agentName).slice(0, signedScriptsMax);
    if (link.sent !== null && isSame(link.sent, scripts)) return;
    link.sent = scripts;
    const count = scripts.length;
    if (count === 0) link.send({ kind: 'scripts', index: 0, count, text: '' });
    scripts.forEach(({ text }, index) => {
      link.send({ kind: 'scripts', index, count, text });
    });
  }

  async #ask<T>(act: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch {
      throw new HttpError(503, `Cannot ${act}: the database is away`, { 'retry-after': '10' });
    }
  }
}

function unknownScript(name: string, act: string): HttpError {
  return new HttpError(404, `Cannot ${act} script: it must be there: got ${JSON.stringify(name.slice(0, 80))}`);
}

function isSame(one: readonly KnownScript[], other: readonly KnownScript[]): boolean {
  return one.length === other.length && one.every(({ text }, index) => text === other[index]!.text);
}
