import { expect, test } from 'vitest';
import { withDatabase } from '../../testing/database.ts';
import { readHeardHosts } from './heard-hosts.ts';

test('readHeardHosts() says when the newest tick of each host was, and whether its agent has left', () =>
  withDatabase(async ({ sql }) => {
    const ids: number[] = [];
    for (const name of ['one', 'two', 'three']) {
      const [host] = await sql<{ id: number }[]>`insert into host (name, kind) values (${name}, 'agent') returning id`;
      ids.push(host!.id);
    }
    const [one, two, three] = ids as [number, number, number];
    for (const toMs of [2_000, 3_000.5, 1_000])
      await sql`insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
        values (${one}, 1, 1, 2, '', 2, 1000, ${toMs}, '', '')`;
    await sql`update host set bye_at = now() where id = ${two}`;
    await sql`update host set removed_at = now() where id = ${three}`;

    expect(await readHeardHosts(sql, [two, one, three, 999])).toEqual([
      { hostId: one, timeMs: 3_000.5, hasLeft: false },
      { hostId: two, timeMs: 0, hasLeft: true },
    ]);
    expect(await readHeardHosts(sql, [])).toEqual([]);
  }));
