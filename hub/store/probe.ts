/**
 * Asks a server who it is, over a connection that is closed again: how the hub tells its own PostgreSQL from
 * a stranger, and one that answers from one that hangs.
 */
import postgres from 'postgres';

/** Seconds; a local server that takes longer for a connection and one row is not well. */
const answerSecondsMax = 2;

/** The data folder of the server that answers; null when none answers in time or it refuses us. Needs a superuser. */
export async function serverDataFolder(connection: postgres.Options<Record<string, never>>): Promise<string | null> {
  const sql = postgres({ ...connection, max: 1, connect_timeout: answerSecondsMax, onnotice: () => undefined });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), answerSecondsMax * 1_000);
  });
  try {
    const query = sql<{ folder: string }[]>`select current_setting('data_directory') as folder`;
    return await Promise.race([
      query.then(
        (rows) => rows[0]?.folder ?? null,
        () => null,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
    await sql.end({ timeout: 0 });
  }
}
