/**
 * E-mail over SMTP: the only file that knows nodemailer. The connection is made here, to an address that the guard has
 * checked; the library gets the open socket and resolves, fetches and reads nothing by itself.
 */
import { connect, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import { hash } from '../alerting/event-key.ts';
import type { AddressGuard, CheckedAddress } from './address-guard.ts';
import { TargetError } from './address-guard.ts';
import type { ChannelSettings } from './channel.ts';
import { describeError, failed, lookupOf, sendMsMax, within } from './http-sender.ts';
import type { NoticeMessage, TryOutcome } from './notice.ts';
import { characters, fitLines, isFiringIn, linesOf, severityOf, titleOf } from './notice-text.ts';

export interface EmailSenderOptions {
  readonly guard: AddressGuard;
  readonly timeoutMs?: number;
  /** Certificates to trust instead of the usual ones: for tests. */
  readonly ca?: string;
}

const bodyMax = 50_000;

export class EmailSender {
  readonly #options: EmailSenderOptions;

  constructor(options: EmailSenderOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async send(settings: ChannelSettings<'email'>, message: NoticeMessage): Promise<TryOutcome> {
    const deadline = AbortSignal.timeout(this.#options.timeoutMs ?? sendMsMax);
    let socket: Socket | null = null;
    try {
      for (const text of [settings.from, ...settings.to]) refuseHeaderBreak(text);
      const addresses = await within(deadline, this.#options.guard.check(settings.host, settings.port));
      socket = await open(addresses, { port: settings.port, deadline });
      const sent = await this.#deliver(socket, settings, { message, deadline });
      const refusedCount = sent.rejected.length;
      const total = settings.to.length;
      // A repetition would reach those again who have it.
      return {
        kind: 'sent',
        answer: refusedCount === 0 ? 'SMTP 250' : `SMTP 250, ${refusedCount} of ${total} recipients refused`,
      };
    } catch (error) {
      return outcomeOf(error, { deadline, isConnected: socket !== null });
    } finally {
      socket?.destroy();
    }
  }

  async #deliver(
    socket: Socket,
    settings: ChannelSettings<'email'>,
    { message, deadline }: { readonly message: NoticeMessage; readonly deadline: AbortSignal },
  ): Promise<{ readonly rejected: readonly unknown[] }> {
    const { host, port, security, username, password } = settings;
    const { ca } = this.#options;
    const transport = createTransport({
      host,
      port,
      connection: socket,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      tls: { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) },
      ...(username === null || password === null ? {} : { auth: { user: username, pass: password } }),
      disableFileAccess: true,
      disableUrlAccess: true,
      logger: false,
    });
    return await within(deadline, transport.sendMail(toMail(settings, message)));
  }
}

/** What the mail says. Pure. */
export function toMail(settings: ChannelSettings<'email'>, message: NoticeMessage) {
  const domain = settings.from.slice(settings.from.lastIndexOf('@') + 1);
  const title = titleOf(message);
  const text = fitLines(linesOf(message), {
    sizeMax: bodyMax,
    measure: characters,
    omittedCount: message.omittedCount,
  });
  const items = text.split('\n').map((line) => `<li>${escapeHtml(line)}</li>`);
  const isUrgent = isFiringIn(message) && severityOf(message) === 'critical';
  return {
    from: { name: 'Pulsewire', address: settings.from },
    to: settings.to.map((address) => ({ name: '', address })),
    subject: title,
    text: `${title}\n\n${text}\n`,
    html: `<!doctype html><html><body><p><b>${escapeHtml(title)}</b></p><ul>${items.join('')}</ul></body></html>`,
    // The same for a repetition, by which servers and readers drop it.
    messageId: `<${hash(message.key)}@${domain}>`,
    // What is of one group stands in one thread.
    references: `<${hash(message.groupKey)}.group@${domain}>`,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    ...(isUrgent ? { priority: 'high' as const } : {}),
  };
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Settings are checked when they are made; a row of the database may have been changed by hand. */
function refuseHeaderBreak(text: string): void {
  if (/[\p{Cc}\p{Zl}\p{Zp}<>,;]/u.test(text))
    throw new TargetError('Cannot send: an address must be one line of visible text: got something else');
}

function open(
  addresses: readonly CheckedAddress[],
  { port, deadline }: { readonly port: number; readonly deadline: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // The name does not matter: it is looked up in what was checked.
    const socket = connect({ host: 'checked', port, lookup: lookupOf(addresses), autoSelectFamily: true });
    const end = () => socket.destroy(deadline.reason as Error);
    deadline.addEventListener('abort', end, { once: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      deadline.removeEventListener('abort', end);
      socket.off('error', reject);
      // Until the library listens.
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

function outcomeOf(
  error: unknown,
  { deadline, isConnected }: { readonly deadline: AbortSignal; readonly isConnected: boolean },
): TryOutcome {
  // The library's own words for what it knows; `originalCode` is that of Node or of OpenSSL.
  const { responseCode, command, code, originalCode } = (error instanceof Error ? error : {}) as Record<
    string,
    unknown
  >;
  if (typeof responseCode === 'number' && responseCode >= 400 && responseCode < 600) {
    const refused = { EAUTH: 'the login was refused', ETLS: 'the server does not take STARTTLS, which is required' };
    const what = code === 'EAUTH' || code === 'ETLS' ? `: ${refused[code]}` : '';
    // Refused after the text had come: it is the text. Before: the sender, a recipient, or the moment.
    return failed(`SMTP ${responseCode}${what}`, { isOfMessage: responseCode >= 500 && command === 'DATA' });
  }
  const cause = typeof originalCode === 'string' ? Object.assign(new Error(), { code: originalCode }) : error;
  const isOfTls = code === 'ETLS' || /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_|UNABLE_TO_)/.test(String(originalCode));
  return failed(describeError(cause, deadline), { mayHaveArrived: isConnected && !isOfTls && code !== 'EAUTH' });
}
