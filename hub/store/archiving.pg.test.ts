import { createHash } from 'node:crypto';
import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { encodeLayout } from '#core/series.ts';
import { withDatabase } from '../testing/database.ts';
import { withRunner } from '../testing/flight-fixture.ts';
import { helloOf, someId } from '../testing/test-agent.ts';
import { gauges } from '../testing/ticks.ts';
import { type AgentCredential, admit, findBearer } from './admission.ts';
import { archiveEphemeral, reviveHost } from './archiving.ts';
import { ensurePartitions } from './chunks/partitions.ts';
import { storePush } from './push.ts';

const hourMs = 3_600_000;
const nowMs = Date.now();

/** A host that is ten days old and whose newest stream stored something `hoursAgo`. */
async function addHost(
  sql: postgres.Sql,
  name: string,
  options: { readonly agent?: object; readonly people?: object; readonly hoursAgo?: number } = {},
): Promise<number> {
  const { agent = { ephemeral: '' }, people = {}, hoursAgo = 30 } = options;
  const [host] = await sql<{ id: number }[]>`
    insert into host (name, kind, agent_tags, tags, created_at)
    values (${name}, 'agent', ${sql.json(agent as never)}, ${sql.json(people as never)}, now() - interval '10 days') returning id`;
  await sql`insert into stream (host, epoch, ordinal, first_seq, stored_seq, stored_at)
    values (${host!.id}, decode(repeat('00', 16), 'hex'), 1, 1, 0, now() - make_interval(hours => ${hoursAgo}))`;
  return host!.id;
}

async function livingNames(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`select name from host where archived_at is null order by name`;
  return rows.map(({ name }) => name);
}

describe('archiveEphemeral()', () => {
  test('archives what is tagged and has been silent for the hours that the tag, or else the setting, says', () =>
    withDatabase(async ({ sql }) => {
      await addHost(sql, 'job-silent');
      await addHost(sql, 'job-silent-but-48', { agent: { ephemeral: '48' } });
      await addHost(sql, 'job-6', { agent: { ephemeral: '6' }, hoursAgo: 7 });
      await addHost(sql, 'job-busy', { hoursAgo: 1 });
      await addHost(sql, 'job-words', { agent: { ephemeral: 'yes' }, hoursAgo: 23 });
      await addHost(sql, 'job-kept-by-people', { people: { ephemeral: null } });
      await addHost(sql, 'web', { agent: {} });
      await addHost(sql, 'web-by-people', { agent: {}, people: { ephemeral: '1' }, hoursAgo: 2 });

      const names = await archiveEphemeral(sql, 24);

      expect(names.sort()).toEqual(['job-6', 'job-silent', 'web-by-people']);
      expect(await livingNames(sql)).toEqual([
        'job-busy',
        'job-kept-by-people',
        'job-silent-but-48',
        'job-words',
        'web',
      ]);
      expect(await archiveEphemeral(sql, 24)).toEqual([]);
    }));

  test('leaves one that was made lately, or whose batches or chunks are new', () =>
    withDatabase(async ({ sql }) => {
      const fresh = await addHost(sql, 'fresh');
      await sql`update host set created_at = now() where id = ${fresh}`;
      const pushed = await addHost(sql, 'pushed');
      await sql`insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
        values (${pushed}, 1, 1, 1, '', 1, ${nowMs - hourMs}, ${nowMs - hourMs}, '', '')`;
      const compacted = await addHost(sql, 'compacted');
      const day = Math.floor((nowMs - 20 * hourMs) / (24 * hourMs));
      await ensurePartitions(sql, [{ tier: 'raw', fromDay: day, toDay: day }]);
      await sql`insert into chunk values (${compacted}, 0, ${day}, 1, 0, 1, 1, 0, ${nowMs - 20 * hourMs}, '', '', '', '')`;

      expect(await archiveEphemeral(sql, 24)).toEqual([]);
    }));
});

describe('reviveHost()', () => {
  test('brings a host back under its name', () =>
    withDatabase(async ({ sql }) => {
      const hostId = await addHost(sql, 'job');
      await archiveEphemeral(sql, 24);
      expect(await livingNames(sql)).toEqual([]);

      await reviveHost(sql, hostId);

      expect(await livingNames(sql)).toEqual(['job']);
    }));

  test('gives it the next free name where another host has it', () =>
    withDatabase(async ({ sql }) => {
      const hostId = await addHost(sql, 'job');
      await archiveEphemeral(sql, 24);
      await addHost(sql, 'job', { agent: {} });
      await addHost(sql, 'job-2', { agent: {} });

      await reviveHost(sql, hostId);

      expect(await sql`select name from host where id = ${hostId}`).toEqual([{ name: 'job-3' }]);
    }));

  test('does nothing to a host that is not archived, or is removed', () =>
    withDatabase(async ({ sql }) => {
      const living = await addHost(sql, 'web', { agent: {} });
      const removed = await addHost(sql, 'old', { agent: {} });
      await sql`update host set archived_at = now(), removed_at = now() where id = ${removed}`;

      await reviveHost(sql, living);
      await reviveHost(sql, removed);

      expect(await livingNames(sql)).toEqual(['web']);
    }));
});

test('an archived host is back when its agent comes with its token, whether the hub still knew the token or not', () =>
  withDatabase(async ({ sql }) => {
    const hello = helloOf({ tags: { ephemeral: '' } });
    const streams = hello.streams.map((offer) => ({ offer, shiftMs: 0 }));
    const ask = (credential: AgentCredential) => admit(sql, { hello, streams, credential, connectedHostIds: [] });
    const first = await ask({ kind: 'enrolment', enrolmentId: null });
    if (first.kind !== 'admitted') throw new Error('an agent must be admitted');
    const hash = createHash('sha256').update(first.token!).digest('hex');
    const archive = () => sql`update host set archived_at = now()`;

    await archive();
    expect(await findBearer(sql, hash)).toMatchObject({ host: { hostId: first.hostId, name: 'web' } });
    await archive();
    expect(await ask({ kind: 'token', hostId: first.hostId, hash })).toMatchObject({
      kind: 'admitted',
      hostId: first.hostId,
      hostName: 'web',
    });

    expect(await livingNames(sql)).toEqual(['web']);
  }));

test('a host that pushes is back, with its past, when it pushes again', () =>
  withDatabase(({ sql, connection }) =>
    withRunner({ url: null, ...connection }, async (runner) => {
      const layout = gauges(['a']);
      const push = (digit: string) =>
        storePush(sql, runner, {
          hostName: 'job',
          tags: { ephemeral: '' },
          epoch: someId(digit),
          isRepeatable: true,
          layout: { id: layout.id, bytes: encodeLayout(layout) },
          layoutId: layout.id,
          intervalMs: 60_000,
          columnCount: 1,
          times: Float64Array.of(nowMs),
          values: Float64Array.of(1),
        });
      await push('1');
      await sql`update host set archived_at = now()`;

      expect(await push('2')).toMatchObject({ kind: 'stored' });

      expect(await sql`select count(*)::int from host`).toEqual([{ count: 1 }]);
      expect(await livingNames(sql)).toEqual(['job']);
    }),
  ));
