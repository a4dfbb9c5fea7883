/**
 * Statements that may be ended before their answer is complete.
 *
 * postgres.js counts the rows of an answer for the whole connection and forgets to begin anew after an error
 * (`rows` in its connection.js, 3.4.9): a statement that is cancelled after its first rows leaves the next one on that
 * connection with so many holes in front of its rows. Rows that are handed over one by one are not counted, so that is
 * how they are read here.
 */
import type postgres from 'postgres';

/** Rows of the statement, which is ended in the database when `signal` is aborted: then it rejects. */
export async function readCancellable<Row extends object>(
  query: postgres.PendingQuery<Row[]>,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const cancel = () => query.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await query.forEach((row) => {
      rows.push(row as Row);
    });
    return rows;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
