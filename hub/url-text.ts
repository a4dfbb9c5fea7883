/**
 * URLs out of text. Pure.
 *
 * Not by `URL.canParse`: on Node 20 it changes its answer for text beyond ASCII once it has been called some thousand times
 * (the short way that V8 then takes reads Latin-1 as UTF-8), refuses "http://bücher.example/", and takes what `new URL`
 * throws at.
 */

/** null for what is no absolute URL. */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
