import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type MailServer, type MailServerOptions, startMailServer } from '../testing/mail-server.ts';
import { hostileTexts, noticeEvent, noticeMessage, resolvedEvent } from '../testing/notice-fixture.ts';
import { testCertificate } from '../testing/tls-certificate.ts';
import { AddressGuard } from './address-guard.ts';
import type { ChannelSettings } from './channel.ts';
import { EmailSender, toMail } from './email.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function start(options: MailServerOptions): Promise<MailServer> {
  const server = await startMailServer(options);
  closers.push(server.close);
  return server;
}

function settingsOf(port: number, changes: Partial<ChannelSettings<'email'>> = {}): ChannelSettings<'email'> {
  return {
    host: 'mail.test',
    port,
    security: 'starttls',
    username: null,
    password: null,
    from: 'hub@example.com',
    to: ['ops@example.com'],
    ...changes,
  };
}

function senderOf(options: { readonly targets?: readonly string[]; readonly timeoutMs?: number } = {}): EmailSender {
  const { targets = ['mail.test', 'other.test'], timeoutMs = 5_000 } = options;
  const guard = new AddressGuard({ internalTargets: targets, resolve: async () => ['127.0.0.1'] });
  return new EmailSender({ guard, timeoutMs, ca: testCertificate });
}

const message = noticeMessage([noticeEvent({ series: '' })]);
const failure = { kind: 'failed', retryAfterMs: null, isOfMessage: false, mayHaveArrived: false };

describe('send()', () => {
  test.each(['starttls', 'tls', 'none'] as const)('delivers a mail with %s', async (security) => {
    const server = await start({ security });
    const settings = settingsOf(server.port, { security, to: ['ops@example.com', 'boss@example.com'] });

    expect(await senderOf().send(settings, message)).toEqual({ kind: 'sent', answer: 'SMTP 250' });
    const [mail] = server.mails;
    expect(mail).toMatchObject({
      from: 'hub@example.com',
      to: ['ops@example.com', 'boss@example.com'],
      isSecure: security !== 'none',
    });
    expect(mail!.text).toContain('Subject: Firing, critical: Disk nearly full on web-1\r\n');
    expect(mail!.text).toContain('From: Pulsewire <hub@example.com>\r\n');
    expect(mail!.text).toContain('Auto-Submitted: auto-generated\r\n');
  });

  test('logs in, and says so when that is refused, without the password', async () => {
    const server = await start({ security: 'starttls', password: 'hunter2' });
    const good = settingsOf(server.port, { username: 'hub', password: 'hunter2' });
    const bad = settingsOf(server.port, { username: 'hub', password: 'hunter3' });

    expect(await senderOf().send(good, message)).toMatchObject({ kind: 'sent' });
    expect(server.mails[0]).toMatchObject({ user: 'hub' });
    expect(await senderOf().send(bad, message)).toEqual({ ...failure, answer: 'SMTP 535: the login was refused' });
  });

  test('repeats under the same message id', async () => {
    const server = await start({ security: 'none' });
    const settings = settingsOf(server.port, { security: 'none' });
    await senderOf().send(settings, message);
    await senderOf().send(settings, message);
    const later = noticeMessage([noticeEvent(), resolvedEvent()], { key: 'message-2' });
    await senderOf().send(settings, later);

    const ids = server.mails.map(({ text }) => /^Message-ID: (<[0-9a-f]{32}@example\.com>)\r$/m.exec(text)?.[1]);
    const threads = server.mails.map(
      ({ text }) => /^References: (<[0-9a-f]{32}\.group@example\.com>)\r$/m.exec(text)?.[1],
    );
    expect(ids[0]).toBeDefined();
    expect(ids).toEqual([ids[0], ids[0], expect.not.stringContaining(ids[0]!)]);
    expect(threads).toEqual(Array(3).fill(threads[0]));
  });

  test('insists on TLS when it is asked for: a server without STARTTLS gets nothing', async () => {
    const server = await start({ security: 'none' });
    const outcome = await senderOf().send(settingsOf(server.port, { username: 'hub', password: 'hunter2' }), message);
    expect(outcome).toMatchObject({
      kind: 'failed',
      answer: expect.stringMatching(/^SMTP 5\d\d: the server does not take STARTTLS, which is required$/),
    });
    expect(server.mails).toEqual([]);
  });

  test.each(['starttls', 'tls'] as const)('refuses a certificate of another name with %s', async (security) => {
    const server = await start({ security });
    const outcome = await senderOf().send(settingsOf(server.port, { security, host: 'other.test' }), message);
    expect(outcome).toEqual({ ...failure, answer: 'Connection failed: ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(server.mails).toEqual([]);
  });

  test('takes some recipients for success, as the others would get it twice', async () => {
    const server = await start({
      security: 'none',
      refuseRecipient: (address) => (address === 'gone@example.com' ? 550 : null),
    });
    const to = ['ops@example.com', 'gone@example.com'];
    expect(await senderOf().send(settingsOf(server.port, { security: 'none', to }), message)).toEqual({
      kind: 'sent',
      answer: 'SMTP 250, 1 of 2 recipients refused',
    });
    expect(await senderOf().send(settingsOf(server.port, { security: 'none', to: to.slice(1) }), message)).toEqual({
      ...failure,
      answer: 'SMTP 550',
    });
  });

  test.each([
    [451, false],
    [554, true],
  ])('tells a mail that is refused (%i) from a moment that is bad', async (status, isOfMessage) => {
    const server = await start({ security: 'none', refuseMail: () => status });
    expect(await senderOf().send(settingsOf(server.port, { security: 'none' }), message)).toEqual({
      ...failure,
      isOfMessage,
      answer: `SMTP ${status}`,
    });
  });

  test('gives up on a server that says nothing, or drips its greeting', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      const timer = setInterval(() => socket.write('220-x\r\n'), 20);
      socket.on('error', () => {}).on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const { port } = server.address() as { port: number };

    expect(await senderOf({ timeoutMs: 200 }).send(settingsOf(port), message)).toEqual({
      ...failure,
      answer: 'No answer in time',
      mayHaveArrived: true,
    });
    // Nothing of ours is left open.
    await Promise.all([...sockets].map((socket) => socket.closed || new Promise((done) => socket.once('close', done))));
  });

  test('says that nobody listens', async () => {
    const server = await start({ security: 'none' });
    server.close();
    expect(await senderOf().send(settingsOf(server.port), message)).toEqual({
      ...failure,
      answer: 'Connection failed: ECONNREFUSED',
    });
  });

  test.each(['127.0.0.1', '127.1', 'mail.test', '::ffff:127.0.0.1', '169.254.169.254'])(
    'does not connect to %s unless it is listed',
    async (host) => {
      const server = await start({ security: 'none' });
      const outcome = await senderOf({ targets: [] }).send(
        settingsOf(server.port, { host, security: 'none' }),
        message,
      );
      expect(outcome).toMatchObject({ kind: 'failed', answer: expect.stringMatching(/^Cannot send: /) });
      expect(server.mails).toEqual([]);
    },
  );

  test.each([
    'a@example.com\r\nBcc: victim@example.com',
    'a@example.com>,<b@example.com',
    'a@example.com,b@example.com',
  ])('refuses an address that would become a header: %j', async (address) => {
    const server = await start({ security: 'none' });
    for (const changes of [{ from: address }, { to: [address] }])
      expect(await senderOf().send(settingsOf(server.port, { security: 'none', ...changes }), message)).toMatchObject({
        kind: 'failed',
        answer: 'Cannot send: an address must be one line of visible text: got something else',
      });
    expect(server.mails).toEqual([]);
  });

  test.each(hostileTexts)('lets no text become a header, a tag or a recipient: %j', async (hostile) => {
    const server = await start({ security: 'none' });
    const event = noticeEvent({ message: hostile, hostName: hostile, ruleName: hostile, series: hostile });
    await senderOf().send(settingsOf(server.port, { security: 'none' }), noticeMessage([event], { groupKey: hostile }));

    const [mail] = server.mails;
    expect(mail!.to).toEqual(['ops@example.com']);
    const head = mail!.text.slice(0, mail!.text.indexOf('\r\n\r\n'));
    const names = head.split(/\r\n(?![ \t])/).map((header) => header.slice(0, header.indexOf(':')));
    expect(names.sort()).toEqual(
      [
        'Auto-Submitted',
        'Content-Type',
        'Date',
        'From',
        'Importance',
        'MIME-Version',
        'Message-ID',
        'References',
        'Subject',
        'To',
        'X-Auto-Response-Suppress',
        'X-Msmail-Priority',
        'X-Priority',
      ].sort(),
    );
  });
});

test.each(hostileTexts)('toMail() has no tag of anybody else in its HTML: %j', (hostile) => {
  const event = noticeEvent({ message: hostile, hostName: hostile, ruleName: hostile, series: hostile });
  const { html, subject, text } = toMail(settingsOf(25), noticeMessage([event]));
  const tags = html.match(/<[^>]*>/g)!.join(' ');
  expect(tags).toBe('<!doctype html> <html> <body> <p> <b> </b> </p> <ul> <li> </li> </ul> </body> </html>');
  expect(subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
  expect(text.split('\n')).toHaveLength(4);
});
