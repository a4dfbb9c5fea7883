/**
 * Channels: where notices go, and what each kind needs to know. One schema serves REST, the file of alerts, and the
 * senders. What is secret is sealed before it is stored (`secret-box.ts`) and shown to nobody again.
 */
import { z } from 'zod';
import { parseUrl } from '../url-text.ts';

export const channelKinds = ['email', 'webhook', 'slack', 'ntfy', 'discord', 'telegram', 'pagerduty', 'teams'] as const;
export type ChannelKind = (typeof channelKinds)[number];

const secretText = z.string().min(1).max(2_000);
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'one line of visible text is wanted');
const url = z
  .url({ protocol: /^https?$/, error: 'an address that begins with https:// or http:// is wanted' })
  .max(2_000)
  .refine((text) => {
    // What is no URL at all has been said already.
    const { username, password } = parseUrl(text) ?? { username: '', password: '' };
    return username === '' && password === '';
  }, 'an address without a user and a password is wanted');
const mailAddress = z.email().max(320);

/** By kind. Each member is checked strictly. */
export const channelSettings = {
  email: z.strictObject({
    host: line(255).describe('Name or address of the SMTP server'),
    port: z.int().min(1).max(65_535).default(587),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe('starttls is required, not tried; none sends everything in clear text'),
    username: line(320).nullable().default(null),
    password: secretText.nullable().default(null).describe('Secret'),
    from: mailAddress,
    to: z.array(mailAddress).min(1).max(50),
  }),
  webhook: z.strictObject({
    url: url.describe('Secret: it may hold a token'),
    secret: secretText.nullable().default(null).describe('Secret: bodies are signed with it, HMAC-SHA-256'),
  }),
  slack: z.strictObject({ url: url.describe('Secret: incoming webhook') }),
  ntfy: z.strictObject({
    url: url.default('https://ntfy.sh').describe('The server'),
    topic: z
      .string()
      .regex(/^[-_A-Za-z0-9]{1,64}$/)
      .describe('Secret: whoever knows it can read along'),
    token: secretText.nullable().default(null).describe('Secret: access token'),
  }),
  discord: z.strictObject({ url: url.describe('Secret: webhook') }),
  telegram: z.strictObject({
    token: z
      .string()
      .regex(/^[0-9]+:[-_A-Za-z0-9]{20,100}$/)
      .describe('Secret: of the bot'),
    chat: line(100).describe('Id of the chat, or @name of the channel'),
  }),
  pagerduty: z.strictObject({
    routingKey: z
      .string()
      .regex(/^[A-Za-z0-9]{32}$/)
      .describe('Secret: integration key of Events API v2'),
  }),
  teams: z.strictObject({ url: url.describe('Secret: workflow webhook') }),
} as const;

export type ChannelSettings<K extends ChannelKind = ChannelKind> = K extends ChannelKind
  ? z.output<(typeof channelSettings)[K]>
  : never;

/** Names of the settings that are sealed in the database and masked everywhere else. */
export const secretSettings: Readonly<Record<ChannelKind, readonly string[]>> = {
  email: ['password'],
  webhook: ['url', 'secret'],
  slack: ['url'],
  ntfy: ['topic', 'token'],
  discord: ['url'],
  telegram: ['token'],
  pagerduty: ['routingKey'],
  teams: ['url'],
};

/** Settings that say where the secrets of a kind go: who changes one must give the secrets again, as only who knows them may. */
export const secretDestinations: Readonly<Record<ChannelKind, readonly string[]>> = {
  email: ['host', 'security'],
  webhook: [],
  slack: [],
  ntfy: ['url'],
  discord: [],
  telegram: [],
  pagerduty: [],
  teams: [],
};

/** A channel as main and the database know it: secrets are sealed. */
export interface Channel {
  readonly id: number;
  readonly name: string;
  readonly kind: ChannelKind;
  /** Secret members are sealed text. */
  readonly sealedSettings: Readonly<Record<string, unknown>>;
  readonly isEnabled: boolean;
  readonly origin: 'api' | 'file';
  readonly version: number;
  readonly createdMs: number;
  readonly changedMs: number;
}
