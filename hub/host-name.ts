/**
 * Words about hosts (names, aliases, tags) as they may be shown, stored and, names, written into a URL. Pure.
 */

/** Room for a number behind it (`-12`) within the 255 of the database. */
const hostNameCharactersMax = 240;
export const tagNameCharactersMax = 100;
export const tagValueCharactersMax = 200;
const unusable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Without NUL and lone surrogates, which cannot be stored, and without the others that are traps for whoever reads them. */
export function isVisible(text: string): boolean {
  return text.search(unusable) < 0;
}

/** No invisible characters, trimmed, never empty: what an agent asks for may be anything. */
export function cleanHostName(name: string): string {
  const cleaned = Array.from(name.replace(unusable, '').trim()).slice(0, hostNameCharactersMax).join('').trim();
  return cleaned === '' || cleaned === '.' || cleaned === '..' ? 'unnamed' : cleaned;
}

/** Why a client cannot use this name, as the end of a sentence; null when it can. It asks for the same name again later. */
export function hostNameProblem(name: string): string | null {
  if (cleanHostName(name) === name) return null;
  return `a host name is 1..${hostNameCharactersMax} visible characters, without space at its ends and not "." or "..": got ${JSON.stringify(name.slice(0, 80))}`;
}
