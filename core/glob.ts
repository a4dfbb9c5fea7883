/**
 * Globs: `*` stands for any text, everything else for itself. What has no `*` is compared as it is.
 *
 * Patterns are hostile text: matching takes time at most in proportion to text × pattern, whatever they are.
 */

export type TextMatcher = (text: string) => boolean;

/** Whether a text is meant by the pattern. */
export function globMatcherOf(pattern: string): TextMatcher {
  if (!pattern.includes('*')) return (text) => text === pattern;
  const pieces = pattern.split('*');
  return (text) => matchesGlob(text, pieces);
}

/** Whether a text is meant by one of the patterns: none of an empty list. */
export function globsMatcherOf(patterns: readonly string[]): TextMatcher {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*')).map(globMatcherOf);
  if (globs.length === 0) return (text) => exact.has(text);
  return (text) => exact.has(text) || globs.some((matches) => matches(text));
}

/** `pieces` are what stands between the stars. Each piece is taken where it first comes, which finds a match if there is one. */
function matchesGlob(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0]!;
  const last = pieces[pieces.length - 1]!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (let index = 1; index < pieces.length - 1; index += 1) {
    const piece = pieces[index]!;
    const found = text.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
