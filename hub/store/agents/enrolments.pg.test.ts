import { createHash } from 'node:crypto';
import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import type { Hello } from '#core/message.ts';
import { withDatabase } from '../../testing/database.ts';
import { helloOf, someId } from '../../testing/test-agent.ts';
import { type AdmitAnswer, admit, findBearer } from '../admission.ts';
import { removeHost } from '../host-edits.ts';
import { wipeDatabase } from '../wipe.ts';
import { createEnrolment, type EnrolmentDraft, readEnrolments, revokeEnrolment } from './enrolments.ts';
import { allowAgent, revokeAgent } from './identities.ts';

const hourMs = 3_600_000;
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

async function create(sql: postgres.Sql, said: Partial<EnrolmentDraft> = {}) {
  const draft = { name: 'rack 4', usesMax: 1, expiresMs: Date.now() + hourMs, tags: {}, createdBy: 'mira', ...said };
  const created = await createEnrolment(sql, draft);
  if (created === null) throw new Error('there must be room for one more');
  return created;
}

/** An agent comes with this bearer, as the hub finds it. */
async function come(sql: postgres.Sql, bearer: string | null, said: Partial<Hello> = {}): Promise<AdmitAnswer> {
  const hash = bearer === null ? null : hashOf(bearer);
  const found = hash === null ? ({ kind: 'enrolment', enrolmentId: null } as const) : await findBearer(sql, hash);
  if (found === null) return { kind: 'refused', why: 'unknown' };
  if (found.kind === 'closed') return { kind: 'refused', why: found.why };
  if (found.kind === 'revoked') return found;
  const hello = helloOf(said);
  return await admit(sql, {
    hello,
    streams: [],
    credential: found.kind === 'enrolment' ? found : { kind: 'token', hash: hash!, hostId: found.host.hostId },
    connectedHostIds: [],
  });
}

const other = { agentId: someId('c'), machineId: 'machine-2' };

describe('an enrolment token', () => {
  test('is kept as its hash only, makes a host with its tags, and says who used it', () =>
    withDatabase(async ({ sql }) => {
      const { token, enrolment } = await create(sql, { tags: { env: 'prod' } });
      expect(token).toMatch(/^pwe_[A-Za-z0-9_-]{43}$/);
      expect(enrolment).toMatchObject({ name: 'rack 4', useCount: 0, createdBy: 'mira', uses: [] });
      expect(await come(sql, token)).toMatchObject({
        kind: 'admitted',
        hostName: 'web',
        host: { tags: { env: 'prod' } },
      });
      expect(await readEnrolments(sql, null)).toMatchObject([{ useCount: 1, uses: [{ host: 'web' }] }]);
      const [dump] = await sql<{ text: string }[]>`
        select string_agg(t::text, ' ') as text from (select to_jsonb(e) as t from enrolment e union all select to_jsonb(k) from token k) t`;
      expect(dump!.text).not.toContain(token);
      expect(dump!.text).toContain(hashOf(token));
    }));

  test('is not taken from a second agent once it is used up, even when many come at once', () =>
    withDatabase(async ({ sql }) => {
      const { token } = await create(sql, { usesMax: 3 });
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          come(sql, token, { agentId: someId(String(index)), machineId: `m${index}` }),
        ),
      );
      expect(answers.filter(({ kind }) => kind === 'admitted')).toHaveLength(3);
      expect(answers.find(({ kind }) => kind === 'refused')).toMatchObject({
        why: expect.stringContaining('as often as it may'),
      });
      expect(await readEnrolments(sql, null)).toMatchObject([{ useCount: 3 }]);
      expect(await sql`select from host`).toHaveLength(3);
    }));

  test('is taken again from the agent whose answer was lost, uncounted, and not once that has used its own token', () =>
    withDatabase(async ({ sql }) => {
      const { token } = await create(sql);
      const lost = await come(sql, token);
      const second = await come(sql, token);
      expect([lost.kind, second.kind]).toEqual(['admitted', 'admitted']);
      const own = second.kind === 'admitted' ? second.token! : '';
      expect(await come(sql, own)).toMatchObject({ kind: 'admitted', token: null });

      expect(await come(sql, token)).toMatchObject({
        kind: 'refused',
        why: expect.stringContaining('used a token of its own'),
      });
      expect(await come(sql, token, other)).toMatchObject({ kind: 'refused' });
      expect(await sql`select from host`).toHaveLength(1);
      expect(await readEnrolments(sql, null)).toMatchObject([{ useCount: 1 }]);
    }));

  test('opens nothing when it has expired or was revoked', () =>
    withDatabase(async ({ sql }) => {
      const old = await create(sql);
      await sql`update enrolment set expires_at = now()`;
      expect(await come(sql, old.token)).toMatchObject({ why: expect.stringContaining('has expired') });
      const revoked = await create(sql, { usesMax: 5 });
      await come(sql, revoked.token);
      expect(await revokeEnrolment(sql, revoked.enrolment.id)).toBe('rack 4');
      expect(await revokeEnrolment(sql, 4_711)).toBeNull();
      for (const said of [{}, other])
        expect(await come(sql, revoked.token, said)).toMatchObject({ why: expect.stringContaining('was revoked') });
      expect(await come(sql, 'pwe_stranger')).toMatchObject({ why: 'unknown' });
    }));

  test('is no use to the agent of a host that was removed', () =>
    withDatabase(async ({ sql }) => {
      const { token } = await create(sql);
      await come(sql, token);
      await removeHost(sql, 'web');
      expect(await come(sql, token)).toMatchObject({
        kind: 'refused',
        why: expect.stringContaining('as often as it may'),
      });
    }));

  test('outlives a wipe, after which the agents that used it come back by it', () =>
    withDatabase(async ({ sql }) => {
      const { token } = await create(sql, { tags: { env: 'prod' } });
      await come(sql, token);
      await wipeDatabase(sql);

      expect(await come(sql, token)).toMatchObject({ kind: 'admitted', host: { tags: { env: 'prod' } } });
      expect(await come(sql, token, other)).toMatchObject({ kind: 'refused' });
    }));
});

describe('an agent that was revoked', () => {
  test('is told so by its token, and enrols again only by a token that was made since, or when it is allowed', () =>
    withDatabase(async ({ sql }) => {
      const before = await create(sql, { usesMax: 5 });
      const first = await come(sql, before.token);
      const own = first.kind === 'admitted' ? first.token! : '';
      await come(sql, own);
      await revokeAgent(sql, 'web');
      const hostId = first.kind === 'admitted' ? first.hostId : 0;

      expect(await come(sql, own)).toEqual({ kind: 'revoked', hostId });
      // The key of the hub, the token that it came with, and an agent made anew on the same machine.
      for (const bearer of [null, before.token]) {
        expect(await come(sql, bearer)).toEqual({ kind: 'revoked', hostId });
        expect(await come(sql, bearer, { agentId: someId('d') })).toEqual({ kind: 'revoked', hostId });
      }
      expect(await readEnrolments(sql, null)).toMatchObject([{ useCount: 1 }]);

      const since = await create(sql);
      const back = await come(sql, since.token);
      expect(back).toMatchObject({ kind: 'admitted', hostId });
      expect(await come(sql, own)).toMatchObject({ kind: 'refused', why: 'unknown' });
      await revokeAgent(sql, 'web');
      await allowAgent(sql, 'web');
      expect(await come(sql, null)).toMatchObject({ kind: 'admitted', hostId });
    }));
});
