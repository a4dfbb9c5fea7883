/**
 * Channels as rows. Their secrets come and go sealed.
 */
import type { RuleSpec } from '#core/rule-spec.ts';
import { type Channel, type ChannelKind, channelKinds } from '../../notices/channel.ts';
import type { Sql } from '../connect.ts';
import { hastenChanged } from './outbox.ts';
import { orTaken, type Refusal, refusalOf, rewriteRules } from './rules.ts';

/** A channel that has no id yet. */
export interface ChannelDraft {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly sealedSettings: Readonly<Record<string, unknown>>;
  readonly isEnabled: boolean;
}

export interface ChannelColumns {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly sealedSettings: Record<string, unknown>;
  readonly isEnabled: boolean;
  readonly origin: 'api' | 'file';
  readonly version: number;
  readonly createdMs: number;
  readonly changedMs: number;
  readonly isRemoved: boolean;
}

export function channelColumns(sql: Sql) {
  return sql`c.id, c.name, c.kind, c.settings as "sealedSettings", c.is_enabled as "isEnabled", c.origin, c.version,
    extract(epoch from c.created_at)::float8 * 1000 as "createdMs",
    extract(epoch from c.changed_at)::float8 * 1000 as "changedMs", c.removed_at is not null as "isRemoved"`;
}

/** null for a row that cannot be understood. */
export function channelOf(row: ChannelColumns): Channel | null {
  const { isRemoved: _, ...rest } = row;
  const kind = channelKinds.find((one) => one === row.kind);
  const isObject =
    typeof row.sealedSettings === 'object' && row.sealedSettings !== null && !Array.isArray(row.sealedSettings);
  return kind === undefined || !isObject ? null : { ...rest, kind };
}

/** Rejects, as all here, when the database is away. */
export async function createChannel(
  sql: Sql,
  { draft, channelsMax }: { readonly draft: ChannelDraft; readonly channelsMax: number },
): Promise<{ readonly kind: 'done'; readonly channel: Channel } | Refusal> {
  const { name, kind, sealedSettings, isEnabled } = draft;
  return await orTaken(async () => {
    const [row] = await sql<ChannelColumns[]>`
      insert into channel as c (name, kind, settings, is_enabled, origin)
      select ${name}, ${kind}, ${sql.json(sealedSettings as never)}, ${isEnabled}, 'api'
      where (select count(*) from channel where removed_at is null) < ${channelsMax}
      returning ${channelColumns(sql)}`;
    return row === undefined ? { kind: 'full' } : { kind: 'done', channel: channelOf(row)! };
  });
}

/** A new name is written into the rules that say the old one, in the same transaction. */
export async function editChannel(
  sql: Sql,
  edit: { readonly id: number; readonly version: number; readonly nameBefore: string; readonly draft: ChannelDraft },
): Promise<{ readonly kind: 'done'; readonly channel: Channel } | Refusal> {
  const { id, version, nameBefore } = edit;
  const { name, kind, sealedSettings, isEnabled } = edit.draft;
  return await orTaken(
    async () =>
      await sql.begin(async (transaction) => {
        const tx = transaction as unknown as Sql;
        const [row] = await tx<ChannelColumns[]>`
          update channel c set name = ${name}, kind = ${kind}, settings = ${tx.json(sealedSettings as never)},
            is_enabled = ${isEnabled}, version = c.version + 1, changed_at = clock_timestamp()
          where c.id = ${id} and c.removed_at is null and c.origin <> 'file' and c.version = ${version}
          returning ${channelColumns(tx)}`;
        if (row === undefined) return await refusalOf(tx, 'channel', id);
        await hastenChanged(tx);
        if (name !== nameBefore) {
          const rewrite = (spec: RuleSpec) => renameChannel(spec, { from: nameBefore, to: name });
          await rewriteRules(tx, { mention: nameBefore, rewrite });
        }
        return { kind: 'done' as const, channel: channelOf(row)! };
      }),
  );
}

export async function removeChannel(sql: Sql, id: number): Promise<{ readonly kind: 'done' } | Refusal> {
  return await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    const removed = await tx`
      update channel set removed_at = clock_timestamp(), changed_at = clock_timestamp(), version = version + 1
      where id = ${id} and removed_at is null and origin <> 'file'`;
    if (removed.count === 0) return await refusalOf(tx, 'channel', id);
    await hastenChanged(tx);
    return { kind: 'done' as const };
  });
}

function renameChannel(spec: RuleSpec, { from, to }: { readonly from: string; readonly to: string }): RuleSpec {
  const renamed = (names: readonly string[]) => names.map((name) => (name === from ? to : name));
  return {
    ...spec,
    channels: spec.channels === null ? null : renamed(spec.channels),
    escalations: spec.escalations.map((step) => ({ ...step, channels: renamed(step.channels) })),
  };
}
