/** API tokens as their page shows them, and how long a new one may last. Pure. */
import type { ApiToken, TokenScope } from '../../api/tokens.ts';
import { formatDate, formatDuration } from '../format.ts';

export const scopeTitles: Readonly<Record<TokenScope, string>> = {
  push: 'Push metrics',
  read: 'Read',
  write: 'Read and write',
  admin: 'Everything',
};
export const scopeNotes: Readonly<Record<TokenScope, string>> = {
  push: 'Sends metrics, and can read none. For exporters and jobs.',
  read: 'What a viewer may. For boards and reports.',
  write: 'What an editor may: also alerts, downtimes, notes and tags. For deployments.',
  admin: 'What an admin may: also people, agents, channels and scripts.',
};

const dayMs = 86_400_000;
const soonMs = 7 * dayMs;

/** What a token may, in a cell of the table. */
export function rightsText({ scope, clientId }: Pick<ApiToken, 'scope' | 'clientId'>): string {
  return clientId === '' ? scopeTitles[scope] : `${scopeTitles[scope]} as ${clientId}`;
}

/** null: it never ends. */
export const lifetimes: readonly { readonly id: string; readonly title: string; readonly ms: number | null }[] = [
  { id: '7', title: '7 days', ms: 7 * dayMs },
  { id: '30', title: '30 days', ms: 30 * dayMs },
  { id: '90', title: '90 days', ms: 90 * dayMs },
  { id: '365', title: 'a year', ms: 365 * dayMs },
  { id: 'never', title: 'until it is revoked', ms: null },
];

export interface Expiry {
  readonly text: string;
  readonly state: 'over' | 'soon' | 'later';
}

export function expiryOf({ expiresMs, isExpired }: ApiToken, hubMs: number): Expiry {
  if (expiresMs === null) return { text: 'never', state: 'later' };
  if (isExpired || expiresMs <= hubMs) return { text: `expired ${formatDate(expiresMs)}`, state: 'over' };
  const leftMs = expiresMs - hubMs;
  return leftMs < soonMs
    ? { text: `in ${formatDuration(leftMs)}`, state: 'soon' }
    : { text: formatDate(expiresMs), state: 'later' };
}

export function tokensText(tokens: readonly ApiToken[]): string {
  const over = tokens.filter(({ isExpired }) => isExpired).length;
  const count = `${tokens.length} ${tokens.length === 1 ? 'token' : 'tokens'}`;
  return over === 0 ? count : `${count}, ${over} expired`;
}
