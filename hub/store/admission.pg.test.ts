import { createHash } from 'node:crypto';
import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import type { Hello } from '#core/message.ts';
import { withDatabase } from '../testing/database.ts';
import { helloOf, offerOf, someId } from '../testing/test-agent.ts';
import { type AdmitAnswer, admit, findBearer, noteBye, openStreams, readHosts } from './admission.ts';

type Admitted = Extract<AdmitAnswer, { kind: 'admitted' }>;

function ask(
  sql: postgres.Sql,
  options: Partial<Hello> & {
    /** By the token that it was given then; by the key of the hub when absent. */
    readonly by?: Admitted;
    readonly connectedHostIds?: readonly number[];
  } = {},
): Promise<AdmitAnswer> {
  const { by, connectedHostIds = [], ...said } = options;
  const hello = helloOf(said);
  return admit(sql, {
    hello,
    streams: hello.streams.map((offer) => ({ offer, shiftMs: 0 })),
    credential:
      by === undefined
        ? { kind: 'enrolment', enrolmentId: null }
        : { kind: 'token', hostId: by.hostId, hash: hashOf(by.token!) },
    connectedHostIds,
  });
}

async function enrol(sql: postgres.Sql, options: Parameters<typeof ask>[1] = {}): Promise<Admitted> {
  const answer = await ask(sql, options);
  if (answer.kind !== 'admitted') throw new Error(JSON.stringify(answer));
  return answer;
}

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

describe('admit()', () => {
  test('enrols a new agent: a host, a token that is kept only as its hash, a stream', () =>
    withDatabase(async ({ sql }) => {
      const answer = await enrol(sql, { tags: { role: 'db' }, facts: { os: 'Linux', interval_ms: '2000' } });

      expect(answer).toMatchObject({
        hostName: 'web',
        host: { tags: { role: 'db' }, facts: { os: 'Linux' }, intervalMs: 2_000, agentVersion: '0.1.0', alias: '' },
        streams: [{ epoch: someId('e'), ordinal: 1, storedSeq: 0, storedCrc: null, gapTicks: 0, shiftMs: 0 }],
      });
      expect(answer.token).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(await sql`select encode(hash, 'hex') as hash, used_at from token`).toEqual([
        { hash: hashOf(answer.token!), used_at: null },
      ]);
      const found = await findBearer(sql, hashOf(answer.token!));
      expect(found).toMatchObject({ host: { hostId: answer.hostId, name: 'web', intervalMs: 2_000, lastMs: 0 } });
      expect(await findBearer(sql, hashOf('stranger'))).toBeNull();
    }));

  test('gives another token until one was used, and none after', () =>
    withDatabase(async ({ sql }) => {
      const first = await enrol(sql);
      const second = await enrol(sql);
      expect([second.hostId, second.token === first.token]).toEqual([first.hostId, false]);
      expect(await findBearer(sql, hashOf(first.token!))).toBeNull();

      expect(await enrol(sql, { by: second })).toMatchObject({ token: null });
      expect(await ask(sql)).toEqual({ kind: 'refused', why: expect.stringContaining('used a token') });
      expect(await findBearer(sql, hashOf(second.token!))).not.toBeNull();
    }));

  test('gives a name that is taken the next free number', () =>
    withDatabase(async ({ sql }) => {
      const names: string[] = [];
      for (const digit of ['1', '2', '3']) {
        names.push((await enrol(sql, { agentId: someId(digit), machineId: `m${digit}` })).hostName);
      }
      expect(names).toEqual(['web', 'web-2', 'web-3']);
      // Names with the wild cards of a pattern, and the longest there is.
      for (const name of ['100%_x\\', 'n'.repeat(400)]) {
        const pair = [];
        for (const digit of ['8', '9'])
          pair.push(
            await enrol(sql, {
              agentId: `${someId(digit).slice(1)}${name.length % 10}`,
              machineId: digit,
              hostName: name,
            }),
          );
        expect(pair[1]!.hostName).toBe(`${pair[0]!.hostName}-2`);
      }
    }));

  test('lets a new agent of the same machine take over its host, unless that is connected', () =>
    withDatabase(async ({ sql }) => {
      const old = await enrol(sql);
      const other = await enrol(sql, { agentId: someId('c'), connectedHostIds: [old.hostId] });
      expect(other.hostName).toBe('web-2');
      const heir = await enrol(sql, { agentId: someId('d') });
      expect([heir.hostId, heir.hostName]).toEqual([old.hostId, 'web']);

      expect(await findBearer(sql, hashOf(old.token!))).toBeNull();
      // The one before it is not let in by a token that some hub still remembers.
      expect(await ask(sql, { by: old })).toMatchObject({ kind: 'refused' });
    }));

  test('takes over no host of another machine, of a machine without an id, or one that pushes', () =>
    withDatabase(async ({ sql }) => {
      await sql`insert into host (name, kind) values ('pushed', 'push')`;
      await enrol(sql, { hostName: 'plain', machineId: '' });
      const names = [
        await enrol(sql, { agentId: someId('1'), hostName: 'plain', machineId: '' }),
        await enrol(sql, { agentId: someId('2'), hostName: 'pushed' }),
      ];
      expect(names.map((answer) => answer.hostName)).toEqual(['plain-2', 'pushed-2']);
    }));

  test('refuses the agent of a removed host, and gives its name to the next', () =>
    withDatabase(async ({ sql }) => {
      const gone = await enrol(sql);
      await sql`update host set removed_at = now(), agent_id = null where id = ${gone.hostId}`;

      expect(await ask(sql, { by: gone })).toEqual({ kind: 'removed' });
      expect((await enrol(sql)).hostName).toBe('web');
      expect((await readHosts(sql)).hosts).toHaveLength(1);
    }));

  test('gives ordinals that only rise, in the order of the offer, whatever rows are gone', () =>
    withDatabase(async ({ sql }) => {
      const { hostId, streams } = await enrol(sql, { streams: [offerOf(someId('1')), offerOf(someId('2'))] });
      expect(streams.map((stream) => stream.ordinal)).toEqual([1, 2]);
      const open = (epochs: readonly string[]) =>
        openStreams(
          sql,
          hostId,
          epochs.map((epoch) => ({ offer: offerOf(epoch), shiftMs: 0 })),
        );
      expect((await open([someId('3'), someId('1')])).map((stream) => stream.ordinal)).toEqual([3, 1]);
      await sql`delete from stream`;
      expect((await open([someId('2'), someId('4')])).map((stream) => stream.ordinal)).toEqual([4, 5]);
      expect((await open([someId('4')])).map((stream) => stream.ordinal)).toEqual([5]);
    }));

  test('keeps the shift of the first contact, and gives each link a lease of its own', () =>
    withDatabase(async ({ sql }) => {
      const { hostId, streams } = await enrol(sql);
      const [again] = await openStreams(sql, hostId, [{ offer: offerOf(someId('e')), shiftMs: 5_000 }]);
      expect([again!.id, again!.shiftMs]).toEqual([streams[0]!.id, 0]);
      expect(again!.lease).not.toBe(streams[0]!.lease);
    }));

  test('of the same agents by two hubs at once makes one host each, with names and ordinals of their own', () =>
    withDatabase(async ({ sql }) => {
      const digits = ['1', '2', '3', '4', '5', '6'];
      const answers = await Promise.all(
        digits.flatMap((digit) =>
          [0, 1].map((hub) =>
            enrol(sql, {
              agentId: someId(digit),
              machineId: digit,
              streams: [offerOf(`${hub}${someId(digit).slice(1)}`)],
            }),
          ),
        ),
      );
      const { hosts } = await readHosts(sql);
      expect(hosts.map((host) => host.name).sort()).toEqual(['web', 'web-2', 'web-3', 'web-4', 'web-5', 'web-6']);
      for (const digit of digits) {
        const own = answers.filter(
          (answer) => hosts.find((host) => host.hostId === answer.hostId)!.agentId === someId(digit),
        );
        expect(own.flatMap((answer) => answer.streams.map((stream) => stream.ordinal)).sort()).toEqual([1, 2]);
      }
      expect(await sql`select count(*)::int from token`).toEqual([{ count: 6 }]);
    }));

  test('follows what the agent says of itself; what people said of the host wins', () =>
    withDatabase(async ({ sql }) => {
      const first = await enrol(sql, { tags: { role: 'web', site: 'a' } });
      await sql`update host set tags = '{"role": "db"}' where id = ${first.hostId}`;
      const answer = await enrol(sql, { by: first, tags: { role: 'web', site: 'b' }, agentVersion: '9' });

      expect(answer.host.tags).toEqual({ role: 'db', site: 'b' });
      expect(await sql`select agent_version from host`).toEqual([{ agent_version: '9' }]);
    }));

  test('makes what the database cannot hold into what it can', () =>
    withDatabase(async ({ sql }) => {
      const tags = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`t${index}`, 'x']));
      const answer = await enrol(sql, {
        hostName: '\0\n',
        machineId: 'm\0',
        agentVersion: '\0',
        tags: { 'a\0': '\ud800', ...tags },
        facts: { interval_ms: '1e308', 'b\0': '\0' },
      });

      expect(answer).toMatchObject({
        hostName: 'unnamed',
        host: { intervalMs: 3_600_000, tags: { 'a\ufffd': '\ufffd' } },
      });
      expect(Object.keys(answer.host.tags)).toHaveLength(64);
    }));
});

test('noteBye() is remembered until the agent is back', () =>
  withDatabase(async ({ sql }) => {
    const first = await enrol(sql);
    await noteBye(sql, first.hostId);
    expect((await readHosts(sql)).hosts[0]!.byeMs).toBeGreaterThan(0);
    await enrol(sql, { by: first });
    expect((await readHosts(sql)).hosts[0]!.byeMs).toBeNull();
  }));

describe('readHosts()', () => {
  test('knows the time of the newest tick, without the rows of streams too', () =>
    withDatabase(async ({ sql }) => {
      const { hostId, streams } = await enrol(sql);
      expect((await readHosts(sql)).hosts).toMatchObject([{ hostId, lastMs: 0, agentId: someId('a') }]);
      await sql`insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
        values (${hostId}, ${streams[0]!.id}, 1, 2, '', 2, 1000, 2000, '', '')`;
      await sql`delete from stream`;

      expect((await readHosts(sql)).hosts).toMatchObject([{ lastMs: 2_000 }]);
    }));
});
