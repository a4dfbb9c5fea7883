/**
 * Follows the certificate's files while the hub runs, and has a new pair taken into use. One that cannot be used is said once,
 * and the old one goes on.
 *
 * Looked at when something changes in their folders, each minute all the same (renewals swap symbolic links, and network
 * folders tell of nothing), and at SIGHUP. Renewal writes two files one after the other, so a pair that does not fit is
 * given a moment before it is called wrong.
 */
import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { type Certificate, type CertificateFiles, certificateWarning, readCertificate } from './certificate.ts';

export interface CertificateKeeperOptions {
  readonly files: CertificateFiles;
  readonly first: Certificate;
  readonly log: Logger;
  readonly nowMs: () => number;
  /** Uses what the files hold now for new connections; false when that failed, and the old goes on. */
  readonly renew: () => boolean;
  /** Told at the start and whenever it may have changed. */
  readonly onWarning: (text: string | null) => void;
}

const pollMs = 60_000;
/** From a change until it is looked at, and from a pair that does not fit until it is called wrong. */
const settleMs = 1_000;

export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  readonly #watchers: FSWatcher[] = [];
  readonly #poll: NodeJS.Timeout;
  #settling: NodeJS.Timeout | null = null;
  #certificate: Certificate;
  /** What was refused last, so that it is said once. */
  #refused = '';
  renewedCount = 0;
  refusedCount = 0;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    this.#certificate = options.first;
    this.#warn();
    const { certFile, keyFile } = options.files;
    for (const folder of new Set([dirname(certFile), dirname(keyFile)])) {
      // A folder that cannot be watched is looked at each minute like all others.
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#soon());
        watcher.on('error', () => watcher.close());
        this.#watchers.push(watcher);
      } catch (error) {
        options.log.debug({ err: error, folder }, 'certificate.not-watched');
      }
    }
    this.#poll = setInterval(() => this.look(), pollMs);
    this.#poll.unref();
  }

  /** The one in use. */
  get certificate(): Certificate {
    return this.#certificate;
  }

  /** Reads the files again. A pair that cannot be used gets a second chance, once it has had time to become whole. */
  look({ isLast = false }: { readonly isLast?: boolean } = {}): void {
    const { files, nowMs, renew, log } = this.#options;
    this.#warn();
    const answer = readCertificate(files, nowMs());
    if (answer.kind === 'refused') {
      if (!isLast) this.#soon({ isLast: true });
      else this.#refuse(answer.problems);
      return;
    }
    this.#refused = '';
    const { certificate } = answer;
    if (certificate.fingerprint === this.#certificate.fingerprint) return;
    if (!renew()) {
      this.#refuse(['the socket library must take the new pair: got a refusal']);
      return;
    }
    // The library has read the files after us: what it has may be newer still.
    const again = readCertificate(files, nowMs());
    this.#certificate = again.kind === 'read' ? again.certificate : certificate;
    this.renewedCount += 1;
    const { endsMs, names } = this.#certificate;
    log.info({ ends: new Date(endsMs).toISOString(), names }, 'certificate.renewed');
    this.#warn();
    if (again.kind !== 'read' || again.certificate.fingerprint !== certificate.fingerprint) this.#soon();
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
    clearInterval(this.#poll);
    if (this.#settling !== null) clearTimeout(this.#settling);
  }

  #soon(look: { readonly isLast?: boolean } = {}): void {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = null;
      this.look(look);
    }, settleMs);
    this.#settling.unref();
  }

  #refuse(problems: readonly string[]): void {
    const text = problems.join('\n');
    if (text === this.#refused) return;
    this.#refused = text;
    this.refusedCount += 1;
    this.#options.log.error(
      { problems, inUseUntil: new Date(this.#certificate.endsMs).toISOString() },
      'certificate.refused',
    );
  }

  #warn(): void {
    this.#options.onWarning(certificateWarning(this.#certificate, this.#options.nowMs()));
  }
}
