import { createHash } from 'node:crypto';
import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import type { Hello } from '#core/message.ts';
import { withDatabase } from '../../testing/database.ts';
import { helloOf, someId } from '../../testing/test-agent.ts';
import { type AdmitAnswer, type AgentCredential, admit, findBearer, readHosts } from '../admission.ts';
import {
  addToken,
  keepToken,
  noteClone,
  orderRotation,
  orderSplit,
  readAgentOrders,
  readStoredAgents,
  revokeAgent,
} from './identities.ts';
import { splitAgent } from './split.ts';

type Admitted = Extract<AdmitAnswer, { kind: 'admitted' }>;
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
const key: AgentCredential = { kind: 'enrolment', enrolmentId: null };

async function ask(sql: postgres.Sql, credential: AgentCredential, said: Partial<Hello> = {}): Promise<AdmitAnswer> {
  return await admit(sql, { hello: helloOf(said), streams: [], credential, connectedHostIds: [] });
}

/** An agent that has used the token that it was given. */
async function enrolled(sql: postgres.Sql): Promise<{ readonly hostId: number; readonly by: AgentCredential }> {
  const { hostId, token } = (await ask(sql, key)) as Admitted;
  const by: AgentCredential = { kind: 'token', hostId, hash: hashOf(token!) };
  await ask(sql, by);
  return { hostId, by };
}

describe('a rotation', () => {
  test('leaves the old token good until the new one is used, and then void', () =>
    withDatabase(async ({ sql }) => {
      const { hostId, by } = await enrolled(sql);
      expect(await orderRotation(sql, 'web')).toEqual({ kind: 'ordered', hostId });
      expect(await ask(sql, by)).toMatchObject({ kind: 'admitted', isRotationWanted: true });
      expect(await addToken(sql, { hostId, hash: hashOf('second') })).toBe(true);
      await keepToken(sql, { hostId, hash: hashOf('second') });
      expect(await readAgentOrders(sql)).toEqual({ revoked: [], rotations: [], splits: [] });
      expect(await readStoredAgents(sql, hostId)).toMatchObject([
        {
          tokens: [
            { usedMs: null, expiresMs: null },
            { usedMs: expect.any(Number), expiresMs: expect.any(Number) },
          ],
        },
      ]);

      expect(await ask(sql, by)).toMatchObject({ kind: 'admitted', isOnlyToken: false, isRotationWanted: false });
      const second = { kind: 'token', hostId, hash: hashOf('second') } as const;
      expect(await ask(sql, second)).toMatchObject({ kind: 'admitted', isOnlyToken: true });
      expect(await ask(sql, by)).toMatchObject({
        kind: 'refused',
        why: expect.stringContaining('not known here any more'),
      });
      expect(await ask(sql, second)).toMatchObject({ kind: 'admitted', isOnlyToken: false });
      expect((await readHosts(sql)).tokens).toEqual([{ hash: hashOf('second'), hostId }]);
    }));

  test('ends the old token an hour after the agent has the new one, also when that is never used', () =>
    withDatabase(async ({ sql }) => {
      const { hostId, by } = await enrolled(sql);
      await addToken(sql, { hostId, hash: hashOf('second') });
      // No answer, no end: the agent may never have had it.
      expect(await sql`select from token where expires_at is not null`).toHaveLength(0);
      await keepToken(sql, { hostId, hash: hashOf('second') });
      expect(
        await sql`select from token where expires_at between now() + interval '59 min' and now() + interval '61 min'`,
      ).toHaveLength(1);
      await sql`update token set expires_at = now() where expires_at is not null`;

      expect(await ask(sql, by)).toMatchObject({ kind: 'refused', why: expect.stringContaining('was replaced') });
      expect(await findBearer(sql, (by as { readonly hash: string }).hash)).toBeNull();
      expect((await readHosts(sql)).tokens.map(({ hash }) => hash)).toEqual([hashOf('second')]);
    }));

  test('that is never answered is done over without piling up tokens', () =>
    withDatabase(async ({ sql }) => {
      const { hostId, by } = await enrolled(sql);
      for (const token of ['2', '3', '4']) await addToken(sql, { hostId, hash: hashOf(token) });
      expect(await sql`select from token`).toHaveLength(2);
      for (const token of ['5', '6']) {
        await addToken(sql, { hostId, hash: hashOf(token) });
        await keepToken(sql, { hostId, hash: hashOf(token) });
      }
      expect(await sql`select from token`).toHaveLength(2);
      expect(await ask(sql, by)).toMatchObject({ kind: 'admitted' });
    }));

  test('is not for an agent that is revoked, a host that pushes, or none', () =>
    withDatabase(async ({ sql }) => {
      await enrolled(sql);
      await sql`insert into host (name, kind) values ('pushed', 'push')`;
      await revokeAgent(sql, 'web');

      expect(await Promise.all(['web', 'pushed', 'nobody'].map((name) => orderRotation(sql, name)))).toEqual([
        { kind: 'revoked' },
        { kind: 'agentless' },
        { kind: 'unknown' },
      ]);
    }));
});

test('a revocation voids every token and is what another hub reads', () =>
  withDatabase(async ({ sql }) => {
    const { hostId, by } = await enrolled(sql);
    await orderRotation(sql, 'web');
    await addToken(sql, { hostId, hash: hashOf('second') });
    await revokeAgent(sql, 'web');

    expect(await readAgentOrders(sql)).toEqual({ revoked: [hostId], rotations: [], splits: [] });
    expect(await ask(sql, by)).toEqual({ kind: 'revoked', hostId });
    expect(await findBearer(sql, hashOf('second'))).toEqual({ kind: 'revoked', hostId });
    expect((await readHosts(sql)).tokens).toEqual([]);
    expect(await addToken(sql, { hostId, hash: hashOf('third') })).toBe(false);
    await keepToken(sql, { hostId, hash: hashOf('second') });
    expect(await findBearer(sql, hashOf('second'))).toEqual({ kind: 'revoked', hostId });
  }));

test('a split makes a host of the copy, once, and only where one was seen', () =>
  withDatabase(async ({ sql }) => {
    const { hostId } = await enrolled(sql);
    expect(await orderSplit(sql, 'web')).toEqual({ kind: 'no-clone' });
    const sighting = { hostId, bootId: someId('7'), address: '10.0.0.7', hostName: 'web' };
    await noteClone(sql, sighting);
    await noteClone(sql, sighting);
    expect(await readStoredAgents(sql, null)).toMatchObject([
      { hostId, clone: { address: '10.0.0.7', refusedCount: 2, bootId: someId('7') }, splitMs: null },
    ]);
    expect(await orderSplit(sql, 'web')).toEqual({ kind: 'ordered', hostId });
    const request = { hostId, agentId: someId('9'), hash: hashOf('own'), hostName: 'web', machineId: 'machine-1' };
    const host = await splitAgent(sql, request);

    expect(host).toMatchObject({ name: 'web-2', agentId: someId('9'), kind: 'agent' });
    expect(
      await ask(sql, { kind: 'token', hostId: host!.hostId, hash: hashOf('own') }, { agentId: someId('9') }),
    ).toMatchObject({
      kind: 'admitted',
      hostName: 'web-2',
    });
    expect(await splitAgent(sql, { ...request, agentId: someId('8'), hash: hashOf('x') })).toBeNull();
    expect(await readStoredAgents(sql, hostId)).toMatchObject([{ clone: null, splitMs: null }]);
  }));
