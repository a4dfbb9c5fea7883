/** A real SMTP server on loopback that keeps what it is sent, and fails as it is told. */
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { testCertificate, testCertificateKey } from './tls-certificate.ts';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | null;
  readonly isSecure: boolean;
  /** Headers and body as they came. */
  readonly text: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  close(): void;
}

export interface MailServerOptions {
  /** TLS from the first byte, after STARTTLS, or never. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly password?: string;
  /** SMTP status for a recipient, or for the mail once its text has come; null: accepted. */
  readonly refuseRecipient?: (address: string) => number | null;
  readonly refuseMail?: () => number | null;
}

/** Listens on a free port of 127.0.0.1. */
export function startMailServer(options: MailServerOptions): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const settings: SMTPServerOptions = {
    secure: options.security === 'tls',
    cert: testCertificate,
    key: testCertificateKey,
    disabledCommands: options.security === 'none' ? ['STARTTLS'] : [],
    authOptional: options.password === undefined,
    allowInsecureAuth: options.security === 'none',
    logger: false,
    onAuth: ({ username, password }, _session, done) => {
      if (password === options.password) done(null, { user: username });
      else done(refusal(535));
    },
    onRcptTo: ({ address }, _session, done) => {
      const status = options.refuseRecipient?.(address) ?? null;
      done(status === null ? null : refusal(status));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const status = options.refuseMail?.() ?? null;
        if (status !== null) {
          done(refusal(status));
          return;
        }
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: typeof session.user === 'string' ? session.user : null,
          isSecure: session.secure,
          text: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
  };
  const server = new SMTPServer(settings);
  server.on('error', () => {});
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.server.address() as { port: number };
      resolve({ port, mails, close: () => server.close() });
    });
  });
}

function refusal(responseCode: number): Error {
  return Object.assign(new Error('refused with words that nobody is shown'), { responseCode });
}
