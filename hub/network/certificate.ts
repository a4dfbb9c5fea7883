/**
 * The certificate and key that the hub shows over TLS: read from their files, and judged before the socket library gets
 * them, as that says no more than "App construction failed".
 */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { tooOpen } from '#core/file-mode.ts';

export interface CertificateFiles {
  /** The hub's own certificate, then those between it and the root. */
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificate {
  /** Of both files together: another text is another pair. */
  readonly fingerprint: string;
  /** Epoch ms. */
  readonly endsMs: number;
  /** Names and addresses that it is for. */
  readonly names: readonly string[];
  /** No authority vouches for it. */
  readonly isSelfSigned: boolean;
}

export type CertificateAnswer =
  | { readonly kind: 'read'; readonly certificate: Certificate }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

const dayMs = 86_400_000;
const ownerAndReadingGroup = 0o750;
/** Before it ends; Let's Encrypt renews at a third of its 90 days, so this means that renewal does not work. */
export const certificateWarningMs = 14 * dayMs;

/** Reads both files anew. Nothing that is wrong with them is thrown. */
export function readCertificate({ certFile, keyFile }: CertificateFiles, nowMs: number): CertificateAnswer {
  const problems: string[] = [];
  const certText = readText('tlsCertFile', certFile, problems);
  const keyText = readText('tlsKeyFile', keyFile, problems);
  if (keyText !== null) problems.push(...modeProblems(keyFile));
  const leaf = certText === null ? null : readLeaf(certText, certFile, problems);
  const key = keyText === null ? null : readKey(keyText, keyFile, problems);
  if (leaf !== null && key !== null) problems.push(...pairProblems(leaf, key, { nowMs, certFile, keyFile }));
  if (problems.length === 0 && certText !== null && keyText !== null) {
    // The whole chain, as the library will: a broken certificate behind the first one, or a key that is too short.
    try {
      createSecureContext({ cert: certText, key: keyText, minVersion: 'TLSv1.2' });
    } catch (error) {
      problems.push(`"tlsCertFile" and "tlsKeyFile" must be a pair that TLS can use: got ${messageOf(error)}`);
    }
  }
  if (problems.length > 0 || leaf === null) return { kind: 'refused', problems };
  const fingerprint = createHash('sha256').update(`${certText}\0${keyText}`).digest('hex');
  return {
    kind: 'read',
    certificate: { fingerprint, endsMs: endOf(leaf), names: namesOf(leaf), isSelfSigned: leaf.checkIssued(leaf) },
  };
}

/** What to warn of; null while there is time. */
export function certificateWarning({ endsMs }: Certificate, nowMs: number): string | null {
  const day = new Date(endsMs).toISOString().slice(0, 10);
  if (nowMs >= endsMs)
    return `The hub's TLS certificate ended on ${day}: browsers and agents refuse it until it is renewed.`;
  if (endsMs - nowMs > certificateWarningMs) return null;
  return `The hub's TLS certificate ends on ${day}: renew it, or browsers and agents will refuse it.`;
}

/** The certificate of a hub on this machine, to know it by; null when there is none to read. */
export function readLeafBytes(certFile: string): Uint8Array | null {
  try {
    return new X509Certificate(readFileSync(certFile)).raw;
  } catch {
    return null;
  }
}

function readText(setting: string, file: string, problems: string[]): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    problems.push(
      `"${setting}" must be a file that can be read: got ${code ?? 'an error'} for ${JSON.stringify(resolve(file))}`,
    );
    return null;
  }
}

/** A group may be meant (Debian's "ssl-cert"); everybody never is. */
function modeProblems(file: string): string[] {
  if (process.platform === 'win32') return [];
  const got = tooOpen(statSync(file).mode, ownerAndReadingGroup);
  if (got === null) return [];
  return [
    `"tlsKeyFile" must be closed to everybody but its owner and its group, which may read it: chmod 600 ${JSON.stringify(file)}: got mode ${got}`,
  ];
}

function readLeaf(text: string, file: string, problems: string[]): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch (error) {
    problems.push(
      `"tlsCertFile" must hold certificates in PEM, the hub's own first: got ${messageOf(error)} in ${JSON.stringify(file)}`,
    );
    return null;
  }
}

function readKey(text: string, file: string, problems: string[]): KeyObject | null {
  try {
    return createPrivateKey(text);
  } catch (error) {
    // The library's words say nothing of what the key is; they name the format.
    problems.push(
      `"tlsKeyFile" must hold a private key in PEM without a password: got ${messageOf(error)} in ${JSON.stringify(file)}`,
    );
    return null;
  }
}

function pairProblems(
  leaf: X509Certificate,
  key: KeyObject,
  about: CertificateFiles & { readonly nowMs: number },
): string[] {
  const { nowMs, certFile, keyFile } = about;
  if (!leaf.checkPrivateKey(key)) {
    const got = `${JSON.stringify(certFile)} and ${JSON.stringify(keyFile)}`;
    return [`"tlsKeyFile" must hold the key of the first certificate in "tlsCertFile": got another, in ${got}`];
  }
  if (Date.parse(leaf.validTo) > nowMs) return [];
  return [`"tlsCertFile" must hold a certificate that has not ended: got one that ended on ${leaf.validTo}`];
}

function endOf(leaf: X509Certificate): number {
  return Date.parse(leaf.validTo);
}

/** "DNS:hub.example.org, IP Address:192.0.2.1" */
function namesOf(leaf: X509Certificate): readonly string[] {
  return (leaf.subjectAltName ?? '')
    .split(', ')
    .flatMap((one) => /^(?:DNS|IP Address):([\w.*:-]+)$/.exec(one)?.[1] ?? []);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
