/**
 * Which series a reader means: canonical keys, or globs in which `*` stands for any text. A glob is compared with the
 * whole key and with the name in front of its labels, so `disk_*_bytes` means every label set of such a name.
 */

/** Whether a key is meant by one of the patterns. */
export type SeriesMatcher = (key: string) => boolean;

/** Takes time in proportion to key and patterns, whatever they are. */
export function matcherOf(patterns: readonly string[]): SeriesMatcher {
  const exact = new Set(patterns);
  const globs = patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split('*'));
  return (key) => {
    if (exact.has(key)) return true;
    if (globs.length === 0) return false;
    const brace = key.indexOf('{');
    const name = brace < 0 ? key : key.slice(0, brace);
    return globs.some((pieces) => matchesGlob(key, pieces) || (brace >= 0 && matchesGlob(name, pieces)));
  };
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
