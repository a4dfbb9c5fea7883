/**
 * A hub reduced to its PostgreSQL, for tests that kill it: starts the server on the data folder of its first
 * argument, prints one line of JSON when it is ready (or why it is not), and stops it on SIGTERM.
 */
import { pino } from 'pino';
import { ConfigError } from '#core/errors.ts';
import { startEmbedded } from '../embedded/embedded.ts';

export interface EmbeddedReport {
  readonly pid: number;
  readonly isAdopted: boolean;
  readonly path: string;
  readonly startMs: number;
}

const dataFolder = process.argv[2] ?? '';
const startedMs = performance.now();
try {
  const embedded = await startEmbedded({ dataFolder, log: pino({ level: 'warn' }, pino.destination(2)) });
  const report: EmbeddedReport = {
    pid: embedded.pid,
    isAdopted: embedded.isAdopted,
    path: embedded.connection.path,
    startMs: Math.round(performance.now() - startedMs),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  const life = setInterval(() => undefined, 60_000);
  process.once('SIGTERM', () => {
    clearInterval(life);
    void embedded.stop();
  });
} catch (error) {
  if (!(error instanceof Error)) throw error;
  process.stdout.write(`${JSON.stringify({ error: error.message, isConfig: error instanceof ConfigError })}\n`);
}
