/**
 * The cookie of a session. Over TLS its name has the prefix by which browsers take it from this very host only, and over
 * TLS only (RFC 6265bis, 4.1.3.2). Pure.
 */

const secureName = '__Host-pulsewire';
const plainName = 'pulsewire';

/** What the cookie of a request holds; null when there is none. */
export function cookieSecretOf(header: string, isSecure: boolean): string | null {
  const wanted = isSecure ? secureName : plainName;
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at >= 0 && pair.slice(0, at).trim() === wanted) {
      const value = pair.slice(at + 1).trim();
      return /^[\w-]{43}$/.test(value) ? value : null;
    }
  }
  return null;
}

/** `set-cookie` for a session of so many hours. */
export function sessionCookie(secret: string, options: { readonly isSecure: boolean; readonly hours: number }): string {
  return `${cookieOf(secret, options.isSecure)}; Max-Age=${Math.round(options.hours * 3_600)}`;
}

/** `set-cookie` that takes it away. */
export function noSessionCookie(isSecure: boolean): string {
  return `${cookieOf('', isSecure)}; Max-Age=0`;
}

function cookieOf(value: string, isSecure: boolean): string {
  return `${isSecure ? secureName : plainName}=${value}; Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
}
