import { describe, expect, test } from 'vitest';
import { withDatabase } from './database.ts';

const empty = { migrations: 'none' } as const;

describe('withDatabase()', () => {
  test('gives each caller a database of its own and drops it after', async () => {
    const name = await withDatabase(async ({ sql, connection }) => {
      await sql`create table note (id int)`;
      await withDatabase(
        async (other) => expect(await other.sql`select to_regclass('note') as note`).toEqual([{ note: null }]),
        empty,
      );
      return connection.database;
    }, empty);

    await withDatabase(async ({ sql }) => {
      expect(await sql`select from pg_database where datname = ${name}`).toHaveLength(0);
    }, empty);
  });

  test('drops the database of a test that fails, with its connections open', async () => {
    let name = '';
    const failing = withDatabase(async ({ sql, connection }) => {
      name = connection.database;
      await sql.reserve();
      throw new Error('expected');
    }, empty);
    await expect(failing).rejects.toThrow('expected');

    await withDatabase(async ({ sql }) => {
      expect(await sql`select from pg_database where datname = ${name}`).toHaveLength(0);
    }, empty);
  });
});
