/** The way to the sign-in page and back from it, and to the first run. Pure. */

export const signInPath = '/sign-in';
export const setupPath = '/setup';
const fallback = '/dashboard';
/** Addresses are text of strangers: one that is no page of ours is not gone to. */
const pagePaths: readonly string[] = [fallback, '/dashboard/', '/admin'];

/** Address of the sign-in page that comes back to `address` (path, query, fragment). */
export function signInHref(address: string): string {
  const to = returnAddress(address);
  return to === fallback ? signInPath : `${signInPath}?${new URLSearchParams({ to })}`;
}

/** Where to go after signing in at `search` (with its question mark). */
export function returnAddressOf(search: string): string {
  return returnAddress(new URLSearchParams(search).get('to') ?? '');
}

/** The address itself when it is a page of this hub, else the overview. */
function returnAddress(address: string): string {
  const end = address.search(/[?#]/);
  const path = end < 0 ? address : address.slice(0, end);
  // A browser drops tabs and line ends, and takes a backslash for a slash.
  const isOurs = pagePaths.includes(path) && !/[\p{Cc}\\]/u.test(address);
  return isOurs ? address : fallback;
}

/** Code of the link that the hub has printed: of its fragment, or of whatever somebody has pasted. '' for none. */
export function setupCodeOf(text: string): string {
  const found = /#(?:.*&)?code=([^&\s]+)/.exec(text)?.[1] ?? text.trim();
  return /^[\w.~-]{8,200}$/.test(found) ? found : '';
}
