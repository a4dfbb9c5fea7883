import { createHash } from 'node:crypto';
import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import type { Hello } from '#core/message.ts';
import { withDatabase } from '../testing/database.ts';
import { batchRow, openTestStream, rowBytes } from '../testing/ingest-fixture.ts';
import { helloOf, someId } from '../testing/test-agent.ts';
import { type AgentCredential, admit, findBearer, readHosts } from './admission.ts';
import { editHost, readHostChanges, removeHost } from './host-edits.ts';
import { ingest } from './ingest.ts';

const key: AgentCredential = { kind: 'enrolment', enrolmentId: null };
const noEdit = { newName: null, alias: null, peopleTags: null };

async function hello(sql: postgres.Sql, said: Partial<Hello> = {}, by: AgentCredential = key) {
  const message = helloOf(said);
  const streams = message.streams.map((offer) => ({ offer, shiftMs: 0 }));
  const answer = await admit(sql, { hello: message, streams, credential: by, connectedHostIds: [] });
  if (answer.kind !== 'admitted') throw new Error(JSON.stringify(answer));
  return answer;
}

function tokenOf({ hostId, token }: { readonly hostId: number; readonly token: string | null }): AgentCredential {
  return { kind: 'token', hostId, hash: createHash('sha256').update(token!).digest('hex') };
}

describe('editHost()', () => {
  test('gives tags that stay over those of the agent, whatever it says later; null hides one of its own', () =>
    withDatabase(async ({ sql }) => {
      const first = await hello(sql, { tags: { role: 'db', rack: '4' } });
      const peopleTags = { role: 'web', rack: null };
      const edited = await editHost(sql, { ...noEdit, hostName: 'web', peopleTags });
      const again = await hello(sql, { tags: { role: 'db', rack: '5', site: 'n' } }, tokenOf(first));

      expect(edited).toMatchObject({
        kind: 'edited',
        host: { tags: { role: 'web' }, agentTags: { role: 'db', rack: '4' } },
      });
      expect(again.host).toMatchObject({ tags: { role: 'web', site: 'n' }, peopleTags });
      expect((await readHosts(sql)).hosts[0]).toMatchObject({ tags: { role: 'web', site: 'n' }, peopleTags });
    }));

  test('replaces the tags of people as a whole, and leaves alone what it is not given', () =>
    withDatabase(async ({ sql }) => {
      await hello(sql, { tags: { role: 'db' } });
      const edit = (change: object) => editHost(sql, { ...noEdit, hostName: 'web', ...change });
      await edit({ peopleTags: { a: '1', b: '2' }, alias: 'Shop' });
      await edit({ peopleTags: { c: '3' } });

      expect(await edit({ alias: '' })).toMatchObject({
        host: { name: 'web', alias: '', peopleTags: { c: '3' }, tags: { role: 'db', c: '3' } },
      });
      expect(await edit({ peopleTags: {} })).toMatchObject({ host: { tags: { role: 'db' } } });
      expect(await editHost(sql, { ...noEdit, hostName: 'nobody', alias: 'x' })).toEqual({ kind: 'unknown' });
    }));

  test('gives a name that the agent keeps, and that its machine is known by when the agent has to enrol again', () =>
    withDatabase(async ({ sql }) => {
      const first = await hello(sql);
      const { hostId } = first;
      await editHost(sql, { ...noEdit, hostName: 'web', newName: 'front' });
      expect((await hello(sql, {}, tokenOf(first))).hostName).toBe('front');
      // Its spool was lost: another agent id on the same machine.
      const heir = await hello(sql, { agentId: someId('b') });
      expect([heir.hostId, heir.hostName]).toEqual([hostId, 'front']);
      // The name that it had is free for another machine.
      const stranger = await hello(sql, { agentId: someId('c'), machineId: 'other' });
      expect([stranger.hostId === hostId, stranger.hostName]).toEqual([false, 'web']);
    }));

  test('gives no name that another host has, unless that was removed', () =>
    withDatabase(async ({ sql }) => {
      for (const digit of ['1', '2'])
        await hello(sql, { agentId: someId(digit), machineId: digit, hostName: `h${digit}` });
      const rename = () => editHost(sql, { ...noEdit, hostName: 'h1', newName: 'h2' });

      expect(await rename()).toEqual({ kind: 'taken' });
      await removeHost(sql, 'h2');
      expect(await rename()).toMatchObject({ kind: 'edited', host: { name: 'h2' } });
    }));
});

describe('removeHost()', () => {
  test('voids tokens and streams, and frees the name, at once', () =>
    withDatabase(async ({ sql }) => {
      const { hostId, token } = await hello(sql);
      expect(await removeHost(sql, 'web')).toBe(hostId);

      expect(await removeHost(sql, 'web')).toBeNull();
      expect(token).not.toBeNull();
      expect(await sql`select from token`).toHaveLength(0);
      expect(await sql`select from stream`).toHaveLength(0);
      expect([await findBearer(sql, 'ab'.repeat(32)), (await readHosts(sql)).hosts]).toEqual([null, []]);
      const heir = await hello(sql);
      expect([heir.hostId === hostId, heir.hostName]).toEqual([false, 'web']);
    }));

  test('while its data is being stored leaves no stream, and what is stored after it is answered without the stream', () =>
    withDatabase(async ({ sql }) => {
      const [doomed, other] = [await openTestStream(sql, 'doomed'), await openTestStream(sql, 'other')];
      const flights = Array.from({ length: 12 }, (_, index) =>
        ingest(
          sql,
          [doomed, other].map((stream) => batchRow(stream, index + 1, index + 1)),
          rowBytes,
        ),
      );
      const [answers] = await Promise.all([Promise.all(flights), removeHost(sql, 'doomed')]);

      expect(answers.every((answer) => answer.some((stream) => stream.streamId === other.streamId))).toBe(true);
      expect(await ingest(sql, [batchRow(doomed, 1, 1)], rowBytes)).toEqual([]);
      expect(await sql`select host from stream`).toEqual([{ host: other.hostId }]);
      const [stored] = await sql<{ seq: number; count: number }[]>`
        select stored_seq::int as seq, (select count(*)::int from batch b where b.stream = s.id) as count from stream s`;
      expect(stored!.seq).toBe(stored!.count);
    }));

  test('against a rival that opens streams of the same host leaves none of them', () =>
    withDatabase(async ({ sql }) => {
      const { hostId } = await hello(sql);
      const opened = Array.from(
        { length: 8 },
        (_, index) =>
          sql`select from open_streams(${hostId}, array[decode(${String(index).repeat(32)}, 'hex')], '{1}', '{0}')`,
      );
      await Promise.all([...opened, removeHost(sql, 'web')]);

      expect(await sql`select from stream`).toHaveLength(0);
    }));
});

describe('readHostChanges()', () => {
  test('tells what was changed since, and who is there', () =>
    withDatabase(async ({ sql }) => {
      const ids: number[] = [];
      for (const digit of ['1', '2', '3'])
        ids.push((await hello(sql, { agentId: someId(digit), machineId: digit, hostName: `h${digit}` })).hostId);
      await sql`update host set changed_at = now() - interval '1 day'`;
      const { readAt } = await readHosts(sql);
      await editHost(sql, { ...noEdit, hostName: 'h1', alias: 'A' });
      await removeHost(sql, 'h3');

      const changes = await readHostChanges(sql, readAt);
      expect([changes.livingIds, changes.changed.map((host) => [host.name, host.alias])]).toEqual([
        [ids[0], ids[1]],
        [['h1', 'A']],
      ]);
      const before = changes.changed[0]!.version;
      // What says nothing new is no change.
      await editHost(sql, { ...noEdit, hostName: 'h1', alias: 'A' });
      expect((await readHostChanges(sql, changes.readAt)).changed[0]!.version).toBe(before);
    }));
});
