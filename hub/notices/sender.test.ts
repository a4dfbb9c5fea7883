import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { SecretBox } from '../secret-box.ts';
import { startMailServer } from '../testing/mail-server.ts';
import { noticeEvent, noticeMessage } from '../testing/notice-fixture.ts';
import { type ChannelKind, type ChannelSettings, channelKinds } from './channel.ts';
import { NoticeSender, resolveByName } from './sender.ts';

const box = new SecretBox(new Uint8Array(32).fill(1));
const message = noticeMessage([noticeEvent()]);

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Received {
  readonly path: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** A service that takes everything, or answers as it is told. */
async function startService(status = 200): Promise<{ readonly url: string; readonly received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(status).end('words of the service');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, received };
}

/** Settings of each kind for services on loopback, with the canary wherever there is a secret. */
function settingsOf(canary: string, { url, mailPort }: { readonly url: string; readonly mailPort: number }) {
  const settings: { readonly [K in ChannelKind]: ChannelSettings<K> } = {
    email: {
      host: '127.0.0.1',
      port: mailPort,
      security: 'none',
      username: 'hub',
      password: canary,
      from: 'hub@example.com',
      to: ['ops@example.com'],
    },
    webhook: { url: `${url}/${canary}`, secret: canary },
    slack: { url: `${url}/${canary}` },
    ntfy: { url, topic: canary, token: canary },
    discord: { url: `${url}/${canary}` },
    telegram: { token: `1:${canary}`, chat: '@ops' },
    pagerduty: { routingKey: canary },
    teams: { url: `${url}/${canary}` },
  };
  return settings;
}

function senderOf(url: string, internalTargets: readonly string[] = ['127.0.0.1']): NoticeSender {
  return new NoticeSender({
    box,
    internalTargets,
    nowMs: Date.now,
    timeoutMs: 5_000,
    telegramUrl: url,
    pagerdutyUrl: `${url}/v2/enqueue`,
  });
}

describe('send()', () => {
  test.each(channelKinds)(
    'reaches a real server of kind %s, with its secret, which is in nothing that is told',
    async (kind) => {
      const canary = randomBytes(16).toString('hex');
      const service = await startService();
      const mail = await startMailServer({ security: 'none', password: canary });
      closers.push(mail.close);
      const settings = settingsOf(canary, { url: service.url, mailPort: mail.port })[kind];
      const channel = { kind, sealedSettings: box.sealSettings(kind, settings) };

      const outcome = await senderOf(service.url).send(channel, message);
      expect(outcome.kind).toBe('sent');
      expect(inspect([outcome, channel, senderOf(service.url)], { depth: 9, showHidden: true })).not.toContain(canary);
      if (kind === 'email') {
        expect(mail.mails[0]).toMatchObject({ user: 'hub', to: ['ops@example.com'] });
        return;
      }
      expect(service.received).toHaveLength(1);
      const { path, headers, body } = service.received[0]!;
      expect(headers['content-type']).toBe('application/json');
      expect(JSON.parse(body)).toBeTypeOf('object');
      if (kind !== 'webhook') expect(path + JSON.stringify(headers) + body).toContain(canary);
      else expect([path, headers['x-pulsewire-signature']]).toEqual([`/${canary}`, expect.stringMatching(/^sha256=/)]);
    },
  );

  test.each(channelKinds)('shows nothing of a secret when %s fails, in whatever way', async (kind) => {
    const canary = randomBytes(16).toString('hex');
    const service = await startService(403);
    const mail = await startMailServer({ security: 'none', password: 'another' });
    closers.push(mail.close);
    const settings = settingsOf(canary, { url: service.url, mailPort: mail.port })[kind];
    const channel = { kind, sealedSettings: box.sealSettings(kind, settings) };
    const unsealed = { kind, sealedSettings: settings as unknown as Record<string, unknown> };
    const other = new SecretBox(new Uint8Array(32));
    const outcomes = [
      await senderOf(service.url).send(channel, message),
      await senderOf(service.url, []).send(channel, message),
      await senderOf('http://127.0.0.1:1').send(channel, message),
      await senderOf(service.url).send(unsealed, message),
      await new NoticeSender({ box: other, internalTargets: [], nowMs: Date.now }).send(channel, message),
    ];
    const kinds = outcomes.map((outcome) => outcome.kind);
    // Only what has an address of its own can be elsewhere.
    expect(kinds.filter((one) => one === 'failed').length).toBeGreaterThanOrEqual(4);
    expect(inspect(outcomes, { depth: 9, showHidden: true })).not.toContain(canary);
    expect(inspect(outcomes)).not.toContain('words of the service');
  });

  test('stops at the first request of PagerDuty that fails', async () => {
    const service = await startService(429);
    const events = [noticeEvent(), noticeEvent({ targetKey: 'target-2' })];
    const settings = box.sealSettings('pagerduty', { routingKey: 'r'.repeat(32) });
    expect(
      await senderOf(service.url).send({ kind: 'pagerduty', sealedSettings: settings }, noticeMessage(events)),
    ).toMatchObject({
      answer: 'HTTP 429',
    });
    expect(service.received).toHaveLength(1);
  });
});

test('resolveByName() answers every address of a name', async () => {
  expect(await resolveByName('localhost')).toContain('127.0.0.1');
});
