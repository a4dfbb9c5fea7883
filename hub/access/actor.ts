/**
 * Who asks, and what that one may do. Pure.
 *
 * Each route and each message of a viewer has a rule; an actor has a rank. Nothing is allowed that no rule names.
 */

export const roles = ['viewer', 'editor', 'admin'] as const;
/** What a person may do: look; also keep alerts, downtimes, notes and tags; also run the hub. */
export type Role = (typeof roles)[number];

export const tokenScopes = ['push', 'read', 'write', 'admin'] as const;
/** What an API token may do: push metrics and nothing else; what a viewer, an editor, an admin may. */
export type TokenScope = (typeof tokenScopes)[number];

export type Actor =
  /** Not signed in. `canRead`: the setting allows strangers to look. */
  | { readonly kind: 'anonymous'; readonly canRead: boolean }
  | {
      readonly kind: 'person';
      readonly personId: number;
      readonly name: string;
      readonly role: Role;
      readonly sessionId: number;
    }
  | {
      readonly kind: 'token';
      readonly tokenId: number;
      readonly name: string;
      readonly scope: TokenScope;
      /** Of one that pushes: as which client alone; null: as whichever it says. */
      readonly clientId: string | null;
    }
  /** Whoever can read the data folder, or set the hub's environment: its tools on the command line. */
  | { readonly kind: 'operator' };

/**
 * Who may use a route.
 *
 * `public`: everybody, also before anybody has signed in; `viewer`, `editor`, `admin`: that role or a higher one, or a
 * token of that scope; `push`: a token that may push, and editors; `person`: somebody who is signed in, in whatever role,
 * about their own account, so no token.
 */
export type AccessRule = 'public' | 'viewer' | 'editor' | 'admin' | 'push' | 'person';

/** `unknown`: signing in may help; `forbidden`: it would not. */
export type Verdict = 'allowed' | 'unknown' | 'forbidden';

const roleRanks: Readonly<Record<Role, number>> = { viewer: 1, editor: 2, admin: 3 };
const scopeRanks: Readonly<Record<TokenScope, number>> = { push: 0, read: 1, write: 2, admin: 3 };

/** Whether the rule lets this one through. */
export function judgeAccess(rule: AccessRule, actor: Actor): Verdict {
  if (rule === 'public') return 'allowed';
  if (actor.kind === 'anonymous') return rule === 'viewer' && actor.canRead ? 'allowed' : 'unknown';
  if (rule === 'person') return actor.kind === 'person' ? 'allowed' : 'forbidden';
  if (rule === 'push') {
    const isPusher = actor.kind === 'token' && actor.scope === 'push';
    return isPusher || rankOf(actor) >= roleRanks.editor ? 'allowed' : 'forbidden';
  }
  return rankOf(actor) >= roleRanks[rule] ? 'allowed' : 'forbidden';
}

/** Whether whoever has the scope `whole` may do all that one with `part` may: who may write may push as well. */
export function isScopeWithin(part: TokenScope, whole: TokenScope): boolean {
  const leastRank = part === 'push' ? roleRanks.editor : scopeRanks[part];
  return part === whole || scopeRanks[whole] >= leastRank;
}

/** The role that an actor comes up to; null for one that may not even look. */
export function roleOf(actor: Actor): Role | null {
  const rank = rankOf(actor);
  return roles.find((role) => roleRanks[role] === rank) ?? null;
}

/** As it is shown and kept in the audit log. */
export function actorName(actor: Actor): string {
  switch (actor.kind) {
    case 'anonymous':
      return '';
    case 'person':
    case 'token':
      return actor.name;
    case 'operator':
      return 'operator';
  }
}

function rankOf(actor: Actor): number {
  switch (actor.kind) {
    case 'anonymous':
      return actor.canRead ? roleRanks.viewer : 0;
    case 'person':
      return roleRanks[actor.role];
    case 'token':
      return scopeRanks[actor.scope];
    case 'operator':
      return roleRanks.admin;
  }
}
