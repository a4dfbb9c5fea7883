/** What the page for adding hosts says: how long a token lasts, what tags are typed, which command installs an agent. Pure. */
import type { Enrolment } from '../../api/enrolments.ts';
import { formatDate, formatDuration } from '../format.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export const enrolmentLifetimes: readonly { readonly id: string; readonly title: string; readonly ms: number }[] = [
  { id: '15m', title: '15 minutes', ms: 15 * minuteMs },
  { id: '1h', title: 'an hour', ms: hourMs },
  { id: '1d', title: 'a day', ms: 24 * hourMs },
  { id: '30d', title: '30 days', ms: 30 * 24 * hourMs },
  { id: '365d', title: 'a year', ms: 365 * 24 * hourMs },
];

export const usesMax = 100_000;

/** A whole number of uses; null for anything else. */
export function parseUses(text: string): number | null {
  const uses = /^[0-9]{1,6}$/.test(text.trim()) ? Number(text) : 0;
  return uses >= 1 && uses <= usesMax ? uses : null;
}

export type ParsedTags =
  | { readonly kind: 'ok'; readonly tags: Readonly<Record<string, string>> }
  | { readonly kind: 'wrong'; readonly why: string };

/** "env=prod role=web", with spaces or commas between; a value may be empty. */
export function parseTags(text: string): ParsedTags {
  const tags: Record<string, string> = {};
  for (const part of text.split(/[\s,]+/).filter((one) => one !== '')) {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)=(.{0,200})$/.exec(part);
    if (match === null)
      return { kind: 'wrong', why: `Write tags as name=value, as in env=prod: got “${part.slice(0, 60)}”` };
    tags[match[1]!] = match[2]!;
  }
  return { kind: 'ok', tags };
}

/** In a shell: within single quotes, which themselves need no more than this. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_./:@=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Downloads the script that the hub serves, and runs it. */
export function installCommand(hubUrl: string, token: string): string {
  return `curl -fsSL ${quoted(`${hubUrl}/install.sh`)} | sudo sh -s -- --token ${quoted(token)}`;
}

/** For a machine on which Pulsewire is there already. */
export function manualCommand(hubUrl: string, token: string): string {
  return `PULSEWIRE_HUB_URL=${quoted(hubUrl)} PULSEWIRE_ENROLMENT_KEY=${quoted(token)} pulsewire agent`;
}

export function usesText({ useCount, usesMax: max }: Enrolment): string {
  return `${useCount} of ${max}`;
}

export function untilText({ state, expiresMs }: Enrolment, hubMs: number): string {
  switch (state) {
    case 'revoked':
      return 'revoked';
    case 'used':
      return 'used up';
    case 'expired':
      return `expired ${formatDate(expiresMs)}`;
    case 'open':
      return expiresMs - hubMs < 48 * hourMs
        ? `for ${formatDuration(Math.max(0, expiresMs - hubMs))}`
        : formatDate(expiresMs);
  }
}
