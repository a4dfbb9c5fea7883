/** A browser and its system in two words, from what it says of itself; a rough guess, and text of strangers. Pure. */

/** The first that fits: most say that they are others as well. */
const browsers: readonly (readonly [string, RegExp])[] = [
  ['Edge', /Edg(?:e|A|iOS)?\//],
  ['Opera', /OPR\//],
  ['Firefox', /(?:Firefox|FxiOS)\//],
  ['Chrome', /(?:HeadlessChrome|Chrome|CriOS)\//],
  ['Safari', /Safari\//],
  ['curl', /^curl\//],
];
const systems: readonly (readonly [string, RegExp])[] = [
  ['iOS', /iPhone|iPad/],
  ['Android', /Android/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X|Macintosh/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux|X11/],
];

export function browserText(userAgent: string): string {
  const find = (words: typeof browsers) => words.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const browser = find(browsers) ?? (userAgent.split(/[\s/]/, 1)[0]?.slice(0, 40) || 'Unknown browser');
  const system = find(systems);
  return system === undefined ? browser : `${browser} on ${system}`;
}
