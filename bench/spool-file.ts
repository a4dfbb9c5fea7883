/**
 * The spool of a stopped agent, read from outside: every tick that the agent has accepted, when it keeps the
 * acknowledged ones (`keepAcked`).
 *
 * Files are copied first, log and all: opening a database of a killed agent would change it.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// biome-ignore lint/style/noRestrictedImports: the spool is checked here by reading it as another program would
import Sqlite from 'better-sqlite3';

export interface SpooledTick {
  readonly epoch: string;
  readonly seq: number;
  readonly timeMs: number;
  readonly layoutId: string;
  readonly column: Uint8Array;
}

export interface SpoolContent {
  readonly ticks: readonly SpooledTick[];
  /** Ticks given up, by range. */
  readonly gapTicks: number;
}

interface Row {
  readonly epoch: Buffer;
  readonly seq: number;
  readonly time_ms: number;
  readonly layout: Buffer;
  readonly data: Buffer;
}

/** Reads a spool. The agent must not be running. */
export function readSpool(file: string): SpoolContent {
  const folder = mkdtempSync(join(tmpdir(), 'pulsewire-spool-'));
  try {
    const copy = join(folder, 'spool.sqlite');
    for (const ending of ['', '-wal']) if (existsSync(file + ending)) copyFileSync(file + ending, copy + ending);
    const db = new Sqlite(copy);
    const rows = db.prepare<[], Row>('select epoch, seq, time_ms, layout, data from tick order by id').all();
    const [gap] = db
      .prepare<[], { ticks: number }>('select coalesce(sum(last_seq - first_seq + 1), 0) as ticks from gap')
      .all();
    db.close();
    return {
      ticks: rows.map((row) => ({
        epoch: row.epoch.toString('hex'),
        seq: row.seq,
        timeMs: row.time_ms,
        layoutId: row.layout.toString('hex'),
        column: new Uint8Array(row.data),
      })),
      gapTicks: gap?.ticks ?? 0,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
