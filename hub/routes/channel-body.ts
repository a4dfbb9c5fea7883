/**
 * Channels as REST and the file of alerts take them, and as they are shown: secrets go in, and come out as "(secret)".
 */
import { z } from 'zod';
import type { PlainChannel } from '../alert-forms.ts';
import {
  type Channel,
  type ChannelKind,
  channelSettings,
  secretDestinations,
  secretSettings,
} from '../notices/channel.ts';
import { maskSettings, secretMask } from '../secret-box.ts';
import { channelNameCharactersMax, visibleLine } from './alert-schemas.ts';

const common = {
  name: visibleLine(channelNameCharactersMax).min(1).describe('Unique; rules name it'),
  enabled: z.boolean().default(true),
};

function bodyOf<K extends ChannelKind>(kind: K) {
  return z.strictObject({ kind: z.literal(kind), ...common, settings: channelSettings[kind] });
}

export const channelBody = z.discriminatedUnion(
  'kind',
  [
    bodyOf('email'),
    bodyOf('webhook'),
    bodyOf('slack'),
    bodyOf('ntfy'),
    bodyOf('discord'),
    bodyOf('telegram'),
    bodyOf('pagerduty'),
    bodyOf('teams'),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union' ? `one of ${Object.keys(channelSettings).join(', ')} is wanted` : undefined,
  },
);

export type ChannelBody = z.output<typeof channelBody>;

export function plainChannelOf({ name, kind, settings, enabled }: ChannelBody): PlainChannel {
  return { name, kind, settings, isEnabled: enabled };
}

/** What reads as a masked secret is none. */
export function maskProblems({ kind, settings }: ChannelBody): string[] {
  const given = settings as Readonly<Record<string, unknown>>;
  return secretSettings[kind]
    .filter((member) => given[member] === secretMask)
    .map((member) => `settings.${member}: a secret is wanted: "${secretMask}" stands for one that is stored`);
}

/**
 * What a channel is to become, to be checked as a whole. What the patch does not say, and secrets that it gives back
 * masked, stay as they are; `opened` is null where they cannot be read any more, so that each must be given again. So must
 * secrets that would go elsewhere than before: else whoever can change a channel could have them sent to himself.
 */
export function patchedChannelBody(
  before: Channel,
  { opened, patch }: { readonly opened: Readonly<Record<string, unknown>> | null; readonly patch: object },
): unknown {
  const { settings: given = {}, ...rest } = patch as { readonly settings?: unknown; readonly kind?: unknown };
  const isOtherKind = rest.kind !== undefined && rest.kind !== before.kind;
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  const settings = isObject
    ? {
        ...(isOtherKind ? {} : keptOf(before, opened, given)),
        ...withoutMasks(given, isOtherKind ? null : before.kind),
      }
    : given;
  return { name: before.name, kind: before.kind, enabled: before.isEnabled, ...rest, settings };
}

export const channelAnswer = z.object({
  id: z.number().int(),
  name: z.string(),
  kind: z.enum(Object.keys(channelSettings) as [ChannelKind, ...ChannelKind[]]),
  settings: z.record(z.string(), z.unknown()).describe(`Secrets read "${secretMask}"`),
  enabled: z.boolean(),
  origin: z.enum(['api', 'file']),
  read_only: z.boolean().describe('It is kept in the file of alerts'),
  version: z.number().int(),
  created: z.number().describe('Epoch seconds'),
  changed: z.number(),
});

export function channelAnswerOf(channel: Channel): z.infer<typeof channelAnswer> {
  const { id, name, kind, sealedSettings, isEnabled, origin, version, createdMs, changedMs } = channel;
  return {
    id,
    name,
    kind,
    settings: maskSettings(kind, sealedSettings),
    enabled: isEnabled,
    origin,
    read_only: origin === 'file',
    version,
    created: createdMs / 1_000,
    changed: changedMs / 1_000,
  };
}

/** What stays unless something else is given. A secret that must be given again reads masked, which is refused. */
function keptOf(
  before: Channel,
  opened: Readonly<Record<string, unknown>> | null,
  given: object,
): Readonly<Record<string, unknown>> {
  const { kind, sealedSettings } = before;
  const moves = Object.entries(given).some(
    ([member, value]) => secretDestinations[kind].includes(member) && value !== sealedSettings[member],
  );
  return moves ? maskSettings(kind, sealedSettings) : (opened ?? openOf(before));
}

/** What is no secret of it. */
function openOf({ kind, sealedSettings }: Channel): Record<string, unknown> {
  const secrets = secretSettings[kind];
  return Object.fromEntries(Object.entries(sealedSettings).filter(([member]) => !secrets.includes(member)));
}

function withoutMasks(settings: object, kind: ChannelKind | null): Record<string, unknown> {
  const secrets = kind === null ? [] : secretSettings[kind];
  return Object.fromEntries(
    Object.entries(settings).filter(([member, value]) => !(secrets.includes(member) && value === secretMask)),
  );
}
