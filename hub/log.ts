/**
 * The hub's log: JSON lines on stderr, readable on a terminal. Events are `noun.past-verb`, fields carry units.
 */
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export interface LogSettings {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly isPretty: boolean;
}

/** Writes synchronously: a line before a crash is worth more than the microseconds. */
export function createLog(settings: LogSettings): Logger {
  const stream = settings.isPretty
    ? pretty({ destination: 2, sync: true, colorize: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' })
    : pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level: settings.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}
