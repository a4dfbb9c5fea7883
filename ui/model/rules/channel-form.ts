/**
 * Channels as their form has them: which settings each kind has, as text, and back. A secret is written and never shown:
 * one that is left alone goes back masked, which means "as it was". Pure.
 */
import { type Channel, type ChannelDraft, type ChannelKind, secretMask } from '../../api/channels.ts';
import { textOf, textsOf } from '../../api/parse.ts';

export interface SettingShape {
  /** As the hub names it. */
  readonly name: string;
  readonly title: string;
  readonly kind: 'text' | 'number' | 'secret' | 'list' | 'security';
  readonly isOptional?: boolean;
  /** What a new one begins with. */
  readonly initial?: string;
  readonly placeholder?: string;
  /** How one gets it. */
  readonly hint?: string;
}

export const kindTitles: Readonly<Record<ChannelKind, string>> = {
  email: 'E-mail',
  webhook: 'Webhook',
  slack: 'Slack',
  ntfy: 'ntfy',
  discord: 'Discord',
  telegram: 'Telegram',
  pagerduty: 'PagerDuty',
  teams: 'Microsoft Teams',
};

export const securities = ['starttls', 'tls', 'none'] as const;

export const settingsOf: Readonly<Record<ChannelKind, readonly SettingShape[]>> = {
  email: [
    { name: 'host', title: 'Mail server', kind: 'text', placeholder: 'mail.example.org' },
    { name: 'port', title: 'Port', kind: 'number', initial: '587' },
    { name: 'security', title: 'Security', kind: 'security', initial: 'starttls' },
    { name: 'username', title: 'User name', kind: 'text', isOptional: true },
    { name: 'password', title: 'Password', kind: 'secret', isOptional: true },
    { name: 'from', title: 'From', kind: 'text', placeholder: 'pulsewire@example.org' },
    { name: 'to', title: 'To', kind: 'list', placeholder: 'Address' },
  ],
  webhook: [
    { name: 'url', title: 'Address', kind: 'secret', placeholder: 'https://' },
    {
      name: 'secret',
      title: 'Signing secret',
      kind: 'secret',
      isOptional: true,
      hint: 'With it each message carries a signature.',
    },
  ],
  slack: [
    {
      name: 'url',
      title: 'Webhook address',
      kind: 'secret',
      placeholder: 'https://hooks.slack.com/',
      hint: 'Your app at api.slack.com, Incoming Webhooks, Add New Webhook.',
    },
  ],
  ntfy: [
    { name: 'url', title: 'Server', kind: 'text', initial: 'https://ntfy.sh' },
    { name: 'topic', title: 'Topic', kind: 'secret', hint: 'Whoever knows it reads along: choose one nobody guesses.' },
    { name: 'token', title: 'Access token', kind: 'secret', isOptional: true },
  ],
  discord: [
    {
      name: 'url',
      title: 'Webhook address',
      kind: 'secret',
      placeholder: 'https://discord.com/api/webhooks/',
      hint: 'The channel, Edit, Integrations, Webhooks, Copy Webhook URL.',
    },
  ],
  telegram: [
    { name: 'token', title: 'Token of the bot', kind: 'secret', hint: 'Send /newbot to @BotFather.' },
    { name: 'chat', title: 'Chat', kind: 'text', placeholder: 'Id of the chat, or @name of the channel' },
  ],
  pagerduty: [
    {
      name: 'routingKey',
      title: 'Integration key',
      kind: 'secret',
      hint: 'The service, Integrations, Events API v2.',
    },
  ],
  teams: [
    {
      name: 'url',
      title: 'Workflow address',
      kind: 'secret',
      hint: 'The channel, Workflows, "Post to a channel when a webhook request is received".',
    },
  ],
};

export interface ChannelForm {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly isEnabled: boolean;
  /** By name of the setting, of whatever kind: what was typed stays when another kind is looked at. */
  readonly texts: Readonly<Record<string, string>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  /** Optional secrets that are to go. */
  readonly removed: readonly string[];
}

export function newChannelForm(): ChannelForm {
  return { name: '', kind: 'email', isEnabled: true, texts: {}, lists: {}, removed: [] };
}

export function channelFormOf({ name, kind, settings, isEnabled }: ChannelDraft): ChannelForm {
  const texts: Record<string, string> = {};
  const lists: Record<string, readonly string[]> = {};
  for (const { name: setting, kind: what } of settingsOf[kind]) {
    const value = settings[setting];
    if (what === 'list') lists[setting] = textsOf(value);
    else if (what === 'number') texts[setting] = typeof value === 'number' ? String(value) : '';
    else if (what !== 'secret') texts[setting] = textOf(value);
  }
  return { name, kind, isEnabled, texts, lists, removed: [] };
}

/** What stands in a field. */
export function settingText({ texts }: ChannelForm, { name, initial = '' }: SettingShape): string {
  return texts[name] ?? initial;
}

/** Whether the hub has a secret of that name. */
export function hasSecret(before: Channel | null, form: ChannelForm, name: string): boolean {
  return before !== null && before.kind === form.kind && before.settings[name] === secretMask;
}

/** `before`: the channel that is changed; null for a new one. Fields that are empty are left to the hub to complain of. */
export function channelDraftOf(form: ChannelForm, before: Channel | null): ChannelDraft {
  const settings: Record<string, unknown> = {};
  for (const shape of settingsOf[form.kind]) {
    const { name, kind, isOptional = false } = shape;
    const text = settingText(form, shape).trim();
    const empty = isOptional ? null : '';
    switch (kind) {
      case 'list':
        settings[name] = form.lists[name] ?? [];
        break;
      case 'number':
        settings[name] = /^\d{1,5}$/.test(text) ? Number(text) : text;
        break;
      case 'secret': {
        const isKept = hasSecret(before, form, name) && !form.removed.includes(name);
        settings[name] = text !== '' ? text : isKept ? secretMask : empty;
        break;
      }
      case 'text':
      case 'security':
        settings[name] = text === '' ? empty : text;
    }
  }
  return { name: form.name.trim(), kind: form.kind, settings, isEnabled: form.isEnabled };
}

/** Where it goes, as far as that is no secret: "to ops@example.org by mail.example.org". */
export function destinationText({ kind, settings }: Pick<Channel, 'kind' | 'settings'>): string {
  switch (kind) {
    case 'email':
      return `to ${textsOf(settings['to']).join(', ')} by ${textOf(settings['host'])}`;
    case 'ntfy':
      return `by ${textOf(settings['url']).replace(/^https?:\/\//, '')}`;
    case 'telegram':
      return `to ${textOf(settings['chat'])}`;
    case 'webhook':
    case 'slack':
    case 'discord':
    case 'pagerduty':
    case 'teams':
      return '';
  }
}
