/**
 * Which series a reader means: canonical keys, or globs (`glob.ts`). A glob is compared with the whole key and with the
 * name in front of its labels, so `disk_*_bytes` means every label set of such a name.
 */
import { globMatcherOf } from './glob.ts';

/** Whether a key is meant by one of the patterns. */
export type SeriesMatcher = (key: string) => boolean;

/** Takes time in proportion to key and patterns, whatever they are. */
export function matcherOf(patterns: readonly string[]): SeriesMatcher {
  const exact = new Set(patterns);
  const globs = patterns.filter((pattern) => pattern.includes('*')).map(globMatcherOf);
  return (key) => {
    if (exact.has(key)) return true;
    if (globs.length === 0) return false;
    const name = nameOfKey(key);
    return globs.some((matches) => matches(key) || (name.length < key.length && matches(name)));
  };
}

/** What stands in front of the labels. */
export function nameOfKey(key: string): string {
  const brace = key.indexOf('{');
  return brace < 0 ? key : key.slice(0, brace);
}
