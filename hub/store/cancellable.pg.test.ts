import { expect, test } from 'vitest';
import { withDatabase } from '../testing/database.ts';
import { readCancellable } from './cancellable.ts';
import { connect, type Sql } from './connect.ts';

const options = { connectionCount: 1, name: 'cancellable', statementMsMax: 60_000 };

test('readCancellable() gives the rows in their order', () =>
  withDatabase(async ({ sql }) => {
    const rows = await readCancellable(
      sql<{ n: number }[]>`select n from generate_series(1, 3) n`,
      new AbortController().signal,
    );
    expect(rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  }));

test('a statement that is cancelled after its first rows leaves a connection whose next answer is whole', () =>
  withDatabase(async ({ sql, connection }) => {
    const one = connect({ url: null, ...connection }, options);
    try {
      const abort = new AbortController();
      // Wide rows leave the server at once; behind them it sleeps.
      const query = one<{ wide: string }[]>`
        select case when n < 4 then repeat('x', 20000) else pg_sleep(60)::text end as wide from generate_series(1, 4) n`;
      const reading = readCancellable(query, abort.signal).then(
        () => 'read',
        () => 'cancelled',
      );
      while (!(await isAsleep(sql))) await new Promise((resolve) => setImmediate(resolve));
      abort.abort();

      expect(await reading).toBe('cancelled');
      expect([...(await one`select 1 as one union all select 2`)]).toEqual([{ one: 1 }, { one: 2 }]);
    } finally {
      await one.end();
    }
  }));

async function isAsleep(sql: Sql): Promise<boolean> {
  const rows = await sql`
    select from pg_stat_activity where application_name = ${options.name} and wait_event = 'PgSleep'`;
  return rows.length > 0;
}
