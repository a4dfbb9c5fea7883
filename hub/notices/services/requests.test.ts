import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  hostileTexts,
  manyEvents,
  noticeAtMs,
  noticeEvent,
  noticeMessage,
  resolvedEvent,
} from '../../testing/notice-fixture.ts';
import type { HttpRequest } from '../http-sender.ts';
import type { NoticeMessage } from '../notice.ts';
import { toDiscordRequest } from './discord.ts';
import { toNtfyRequest } from './ntfy.ts';
import { toPagerdutyRequests } from './pagerduty.ts';
import { toSlackRequest } from './slack.ts';
import { toTeamsRequest } from './teams.ts';
import { toTelegramRequest } from './telegram.ts';
import { toWebhookRequest } from './webhook.ts';

const url = 'https://hooks.example/secret';
const bodyOf = ({ body }: HttpRequest) => JSON.parse(body!) as Record<string, unknown>;

const slack = (message: NoticeMessage) => toSlackRequest({ url }, message);
const discord = (message: NoticeMessage) => toDiscordRequest({ url }, message);
const telegram = (message: NoticeMessage) => toTelegramRequest({ token: '123:abc', chat: '@ops' }, message);
const ntfy = (message: NoticeMessage) =>
  toNtfyRequest({ url: 'https://ntfy.example', topic: 'ops', token: 'tk_1' }, message);
const teams = (message: NoticeMessage) => toTeamsRequest({ url }, message);
const pagerduty = (message: NoticeMessage) => toPagerdutyRequests({ routingKey: 'r'.repeat(32) }, message);
const webhook = (message: NoticeMessage, secret: string | null = 'hunter2') =>
  toWebhookRequest({ url, secret }, message, noticeAtMs);

/** Every text of a card. */
function cardTexts(request: HttpRequest): string[] {
  const { attachments } = bodyOf(request) as {
    attachments: { content: { body: { inlines: { text: string }[] }[] } }[];
  };
  return attachments[0]!.content.body.flatMap(({ inlines }) => inlines.map(({ text }) => text));
}

const group = noticeMessage([
  ...manyEvents(2, { series: '' }),
  resolvedEvent({ targetKey: 'target-9', hostName: 'web-9', series: '' }),
]);

describe('what each service gets', () => {
  test('Slack: text without markup, mentions and previews', () => {
    expect(slack(group)).toMatchObject({ method: 'POST', url, headers: { 'content-type': 'application/json' } });
    expect(bodyOf(slack(group))).toEqual({
      text: [
        '2 firing, 1 resolved: Disk nearly full',
        '',
        'Resolved, critical: Disk nearly full on web-9: 40 % of / is used (2026-11-27 02:42:00 UTC, after 12 min)',
        'Firing, critical: Disk nearly full on web-1: 97 % of / is used (2026-11-27 02:30:00 UTC)',
        'Firing, critical: Disk nearly full on web-0: 97 % of / is used (2026-11-27 02:30:00 UTC)',
      ].join('\n'),
      mrkdwn: false,
      link_names: false,
      parse: 'none',
      unfurl_links: false,
      unfurl_media: false,
    });
  });

  test('Discord: escaped Markdown, nobody mentioned, no previews', () => {
    const { content, ...rest } = bodyOf(discord(group));
    expect(rest).toEqual({ allowed_mentions: { parse: [] }, flags: 4 });
    expect(content).toMatch(/^\*\*2 firing, 1 resolved\\: Disk nearly full\*\*\nResolved/);
  });

  test('Telegram: plain text, no preview', () => {
    const request = telegram(group);
    expect(request.url).toBe('https://api.telegram.org/bot123:abc/sendMessage');
    expect(Object.keys(bodyOf(request))).toEqual(['chat_id', 'text', 'link_preview_options']);
    expect(bodyOf(request)).toMatchObject({ chat_id: '@ops', link_preview_options: { is_disabled: true } });
  });

  test.each([
    ['critical', true, 5, 'rotating_light'],
    ['warning', true, 4, 'warning'],
    ['info', true, 3, 'information_source'],
    ['critical', false, 3, 'white_check_mark'],
  ] as const)('ntfy: priority and tag of %s, firing %s', (severity, isFiring, priority, tag) => {
    const message = noticeMessage([isFiring ? noticeEvent({ severity }) : resolvedEvent({ severity })]);
    expect(ntfy(message).headers['authorization']).toBe('Bearer tk_1');
    expect(bodyOf(ntfy(message))).toMatchObject({ topic: 'ops', priority, tags: [tag] });
  });

  test('Teams: an adaptive card of runs of text', () => {
    expect(bodyOf(teams(group))).toMatchObject({
      type: 'message',
      attachments: [
        { contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard', version: '1.4' } },
      ],
    });
    expect(teams(group).body).not.toContain('"TextBlock"');
    expect(cardTexts(teams(group))[0]).toBe('2 firing, 1 resolved: Disk nearly full');
  });

  test('PagerDuty: one request for each target with its newest state, the target as deduplication key', () => {
    const events = [
      noticeEvent(),
      noticeEvent({ key: 'x', targetKey: 'target-2', hostName: '', message: '' }),
      resolvedEvent(),
    ];
    const requests = pagerduty(noticeMessage(events));
    expect(requests.map((request) => request.url)).toEqual(Array(2).fill('https://events.pagerduty.com/v2/enqueue'));
    expect(requests.map(bodyOf)).toEqual([
      {
        routing_key: 'r'.repeat(32),
        dedup_key: 'target-2',
        event_action: 'trigger',
        client: 'Pulsewire',
        payload: {
          summary: 'Disk nearly full',
          source: 'pulsewire',
          severity: 'critical',
          timestamp: '2026-11-27T02:30:00.000Z',
          component: 'disk_used_ratio{mount="/"}',
          class: 'Disk nearly full',
          custom_details: { condition: 'above 0.9', value: 0.97, unit: 'ratio', kind: 'fired' },
        },
      },
      { routing_key: 'r'.repeat(32), dedup_key: 'target-1', event_action: 'resolve' },
    ]);
  });

  test('PagerDuty: a test opens an incident and ends it', () => {
    for (const isFiring of [true, false]) {
      const requests = pagerduty(noticeMessage([noticeEvent({ kind: 'test', isFiring })]));
      expect(requests.map((request) => bodyOf(request)['event_action'])).toEqual(['trigger', 'resolve']);
    }
  });

  test('a webhook: every event, the key of the message, and a signature over time and body', () => {
    const { headers, body } = webhook(group);
    expect(headers).toEqual({
      'content-type': 'application/json',
      'idempotency-key': 'message-1',
      'x-pulsewire-timestamp': '1795746600',
      'x-pulsewire-signature': `sha256=${createHmac('sha256', 'hunter2').update(`1795746600.${body}`).digest('hex')}`,
    });
    const parsed = JSON.parse(body!) as { events: unknown[] };
    expect(parsed).toMatchObject({
      key: 'message-1',
      group: 'rule:1',
      status: 'firing',
      severity: 'critical',
      omitted: 0,
    });
    expect(parsed.events).toHaveLength(3);
    expect(parsed.events[0]).toEqual({
      key: 'event-0',
      target: 'target-0',
      kind: 'fired',
      status: 'firing',
      alert: 7,
      rule: 'Disk nearly full',
      host: 'web-0',
      series: '',
      severity: 'critical',
      cause: 'limits',
      condition: 'above 0.9',
      value: 0.97,
      unit: 'ratio',
      message: '97 % of / is used',
      summary: '',
      at: '2026-11-27T02:30:00.000Z',
      fired_at: '2026-11-27T02:30:00.000Z',
      resolved_at: null,
    });
  });

  test('a webhook without a secret has no signature, and the secret is nowhere in what is sent', () => {
    expect(webhook(group, null).headers).not.toHaveProperty('x-pulsewire-signature');
    expect(JSON.stringify(webhook(group))).not.toContain('hunter2');
  });
});

describe('what a service does not take', () => {
  const many = noticeMessage(manyEvents(500, { message: '𝔘'.repeat(400) }), { omittedCount: 5 });
  const text = (request: HttpRequest, member: string) => bodyOf(request)[member] as string;

  test.each([
    ['Slack', () => text(slack(many), 'text').length, 4_000],
    ['Discord', () => text(discord(many), 'content').length, 2_000],
    ['Telegram', () => text(telegram(many), 'text').length, 4_096],
    ['ntfy', () => Buffer.byteLength(text(ntfy(many), 'message')), 4_096],
    ['ntfy (title)', () => text(ntfy(many), 'title').length, 250],
    ['Teams', () => Buffer.byteLength(teams(many).body!), 28 * 1_024],
    ['PagerDuty', () => Math.max(...pagerduty(many).map(({ body }) => Buffer.byteLength(body!))), 512 * 1_024],
  ])('%s: the newest come first, the rest is counted, within its bound', (_name, size, sizeMax) => {
    expect(size()).toBeLessThanOrEqual(sizeMax);
    expect(size()).toBeGreaterThan(0);
  });

  test('the lines that are left out are counted', () => {
    for (const [all, shown] of [
      [text(slack(many), 'text'), /web-499/],
      [text(discord(many), 'content'), /web\\-499/],
      [text(telegram(many), 'text'), /web-499/],
      [text(ntfy(many), 'message'), /web-499/],
    ] as const) {
      expect(all).toMatch(shown);
      expect(all).toMatch(/\nand \d+ more$/);
    }
    expect(cardTexts(teams(many)).at(-1)).toMatch(/^and \d+ more$/);
  });

  test('a single event of which every character is escaped is not lost', () => {
    const event = noticeEvent({
      message: '*'.repeat(999),
      hostName: '*'.repeat(999),
      ruleName: '*'.repeat(999),
      series: '*'.repeat(999),
    });
    const content = text(discord(noticeMessage([event])), 'content');
    expect(content.length).toBeLessThanOrEqual(2_000);
    expect(content.split('\n')).toHaveLength(2);
    expect(content).not.toContain('more');
  });
});

describe('text that is hostile', () => {
  const everywhere = (text: string) =>
    noticeMessage([
      noticeEvent({ message: text, hostName: text, ruleName: text, series: text, condition: text, unit: text }),
      noticeEvent({ targetKey: 'target-2', message: text, hostName: text, ruleName: text, series: text }),
    ]);

  test.each(hostileTexts)('is no markup, mention or link: %j', (hostile) => {
    const message = everywhere(hostile);
    const slackText = bodyOf(slack(message))['text'] as string;
    expect(slackText).not.toMatch(/[<>]/);
    expect(slackText.replaceAll(/&(amp|lt|gt);/g, '')).not.toContain('&');

    const content = bodyOf(discord(message))['content'] as string;
    const inside = content.replace(/^\*\*/, '').replace('**\n', '\n');
    expect(inside.replaceAll(/\\[\\*_~`|>[\]()#<@:-]/g, '')).not.toMatch(/[\\*_~`|>[\]()#<@:-]/);

    expect(bodyOf(telegram(message))['text']).not.toMatch(/@(?!\u2060)/);

    for (const line of [
      slackText,
      content,
      bodyOf(telegram(message))['text'] as string,
      bodyOf(ntfy(message))['message'] as string,
    ])
      expect(line.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202A-\u202E\u2066-\u2069]/u);
    expect(bodyOf(ntfy(message))['title']).not.toMatch(/[\p{Cc}\p{Cs}]/u);
    for (const line of cardTexts(teams(message))) expect(line).not.toMatch(/[\p{Cc}\p{Cs}]/u);
    // As many lines as there are events, and the title.
    expect(slackText.split('\n')).toHaveLength(4);
    expect(content.split('\n')).toHaveLength(3);
    for (const request of pagerduty(message)) expect(bodyOf(request)).toBeDefined();
    for (const request of [
      slack(message),
      discord(message),
      telegram(message),
      ntfy(message),
      teams(message),
      webhook(message),
    ])
      for (const header of Object.values(request.headers)) expect(header).toMatch(/^[\x20-\x7e]*$/);
  });
});
