/**
 * What scripts say about themselves: the header line of an executable and the exports of a module. Pure.
 *
 * An executable may have, in its first 1 KiB, a comment line such as `# pulsewire: every=10s timeout=5s unit=bytes`.
 * A module may export `everyMs` and `unit`.
 */
import { everyMsMax, timeoutMsMax, timeoutMsMin } from './bounds.ts';
import { defaultSettings, quote, ScriptError, type ScriptSettings } from './script-result.ts';

/** Bytes at the start of an executable in which its header line is looked for. */
export const headerBytesMax = 1_024;

const headerPattern = /^[ \t]*(?:#+|\/\/|--|;+)[ \t]*pulsewire:(.*)$/m;
const msPerUnit: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Settings in the first bytes of an executable; the defaults when it says nothing. Throws ScriptError. */
export function parseHeader(text: string): ScriptSettings {
  const match = headerPattern.exec(text);
  if (match === null) return defaultSettings;

  let settings = defaultSettings;
  for (const word of match[1]!.trim().split(/\s+/)) {
    const equals = word.indexOf('=');
    const name = word.slice(0, Math.max(equals, 0));
    const value = word.slice(equals + 1);
    if (name === 'every') settings = { ...settings, everyMs: parseDuration(word, value, { min: 0, max: everyMsMax }) };
    else if (name === 'timeout') {
      settings = { ...settings, timeoutMs: parseDuration(word, value, { min: timeoutMsMin, max: timeoutMsMax }) };
    } else if (name === 'unit') settings = { ...settings, unit: value };
    else throw new ScriptError(`Cannot read header: every=, timeout= and unit= are known: got ${quote(word)}`);
  }
  return settings;
}

function parseDuration(word: string, text: string, bounds: { readonly min: number; readonly max: number }): number {
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
  const durationMs = match === null ? Number.NaN : Number(match[1]) * msPerUnit[match[2]!]!;
  if (durationMs >= bounds.min && durationMs <= bounds.max) return durationMs;
  throw new ScriptError(
    `Cannot read header: a duration is a number with ms, s, m or h in ${bounds.min}..${bounds.max} ms: got ${quote(word)}`,
  );
}

export interface ModuleSettings {
  readonly everyMs: number;
  readonly unitOf: (metric: string) => string;
}

/** Settings among the exports of a module. Throws ScriptError when one has a wrong type or size. */
export function toModuleSettings(exported: { readonly everyMs?: unknown; readonly unit?: unknown }): ModuleSettings {
  const { everyMs = 0, unit = '' } = exported;
  if (typeof everyMs !== 'number' || !(everyMs >= 0 && everyMs <= everyMsMax)) {
    throw new ScriptError(`Cannot use module: everyMs must be a number in 0..${everyMsMax}: got ${String(everyMs)}`);
  }
  if (typeof unit === 'string') return { everyMs, unitOf: () => unit };
  if (typeof unit !== 'object' || unit === null) {
    throw new ScriptError(`Cannot use module: unit must be text or an object of texts: got ${String(unit)}`);
  }
  const units = new Map(Object.entries(unit).map(([metric, said]) => [metric, String(said)]));
  return { everyMs, unitOf: (metric) => units.get(metric) ?? '' };
}
