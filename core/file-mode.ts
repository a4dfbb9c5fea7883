/**
 * Modes of files that hold secrets or decide what is run: the hub's keys, the key of its certificate, the key that scripts are
 * signed with, and an agent's settings and keys. Whoever reads such a file says how open it may be, and what becomes of one that is more. Pure.
 */

/** Permission bits of a file that its owner alone may use. */
export const ownersOnly = 0o700;

/** The mode as people write it ("0644") when it lets the group or others do more than `most` does; null when it does not. */
export function tooOpen(mode: number, most: number): string | null {
  return (mode & 0o077 & ~most) === 0 ? null : (mode & 0o777).toString(8).padStart(4, '0');
}
