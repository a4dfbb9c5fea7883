/**
 * The agent's log: JSON lines on stderr, readable ones on a terminal. Events are `noun.past-verb`, fields carry units;
 * what changes is logged, what repeats is counted.
 */
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from './config.ts';

export type AgentLog = Logger;

/** Lines are written at once, so that the last one before a crash is there. */
export function createLog(settings: { readonly level: LogLevel; readonly isPretty: boolean }): AgentLog {
  const stream = settings.isPretty
    ? pretty({ destination: 2, sync: true, colorize: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' })
    : pino.destination({ dest: 2, sync: true });
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level: settings.level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, stream);
}
