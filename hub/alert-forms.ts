/**
 * What people lay down about alerts before it is stored, and how much of it there may be.
 */
import type { DowntimeSpec } from '#core/downtime.ts';
import type { RuleSpec } from '#core/rule-spec.ts';
import type { ChannelKind } from './notices/channel.ts';
import type { RuleDraft } from './store/alerts/rules.ts';

export const rulesMax = 20_000;
export const channelsMax = 200;
export const downtimesMax = 5_000;
export const silencesMax = 5_000;

/** A channel as people say it, secrets and all. */
export interface PlainChannel {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly isEnabled: boolean;
}

/** What is kept as code. It has been checked as a whole: names are unique, and rules name channels of the file. */
export interface AlertsFile {
  readonly rules: readonly RuleDraft[];
  readonly channels: readonly PlainChannel[];
  readonly downtimes: readonly { readonly name: string; readonly spec: DowntimeSpec }[];
}

/** The channels that a rule names, each once. */
export function channelsOf(spec: RuleSpec): readonly string[] {
  return [...new Set([...(spec.channels ?? []), ...spec.escalations.flatMap(({ channels }) => channels)])];
}
