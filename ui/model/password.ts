/**
 * What is said of a new password while it is typed. It is a hint: the hub decides by length alone. A password is judged by
 * how many guesses it would take, roughly: its length over what it repeats, and whether it holds what comes first to
 * mind. Pure.
 */

/** Of UTF-8, as the hub counts. */
export const passwordBytesMin = 12;
const passwordBytesMax = 1_024;

export interface PasswordHint {
  /** `refused`: the hub would not take it. */
  readonly level: 'none' | 'refused' | 'weak' | 'fair' | 'strong';
  readonly text: string;
}

const firstThoughts = ['password', 'passwort', 'qwerty', 'qwertz', 'letmein', 'welcome', 'admin', 'pulsewire', '12345'];

export function passwordHint(password: string, name: string): PasswordHint {
  if (password === '')
    return {
      level: 'none',
      text: `At least ${passwordBytesMin} characters. A few words that have nothing to do with each other are good.`,
    };
  const text = password.normalize('NFC');
  const bytes = new TextEncoder().encode(text).length;
  if (bytes < passwordBytesMin) {
    const missing = passwordBytesMin - bytes;
    return { level: 'refused', text: `${missing} more ${missing === 1 ? 'character' : 'characters'}.` };
  }
  if (bytes > passwordBytesMax) return { level: 'refused', text: 'This is too long.' };
  const lower = text.toLowerCase();
  const who = name.trim().toLowerCase();
  if (who.length >= 3 && lower.includes(who)) return { level: 'weak', text: 'Weak: it holds the name.' };
  const thought = firstThoughts.find((word) => lower.includes(word));
  if (thought !== undefined) return { level: 'weak', text: `Weak: it holds “${thought}”, which is tried first.` };
  const different = new Set(lower).size;
  if (different < 6) return { level: 'weak', text: 'Weak: it repeats the same few characters.' };
  if (countRuns(lower) >= lower.length / 2) return { level: 'weak', text: 'Weak: it is made of rows like abc or 123.' };
  return different >= 10 && text.length >= 16
    ? { level: 'strong', text: 'Strong.' }
    : { level: 'fair', text: 'Fair. Longer is better.' };
}

/** Characters that follow from the one before: the same, the next, or the one before in order. */
function countRuns(text: string): number {
  let count = 0;
  for (let at = 1; at < text.length; at += 1)
    if (Math.abs(text.charCodeAt(at) - text.charCodeAt(at - 1)) <= 1) count += 1;
  return count;
}
