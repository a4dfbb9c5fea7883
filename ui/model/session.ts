/** Who looks at the page, as the hub knows them, and what that one may do. Pure. */

export const roles = ['viewer', 'editor', 'admin'] as const;
/** Look; also keep alerts, downtimes, notes and tags; also run the hub. */
export type Role = (typeof roles)[number];

/** Something that whoever runs the hub should know, wherever they are. */
export interface SessionWarning {
  readonly code: string;
  readonly text: string;
}

export interface SessionView {
  readonly kind: 'anonymous' | 'person' | 'token' | 'operator';
  /** Empty for one who is not signed in. */
  readonly name: string;
  /** What they come up to; null: not even looking. */
  readonly role: Role | null;
  /** What a change is sent with; null: none is wanted. */
  readonly csrf: string | null;
  /** Whether the hub still waits for its first admin. */
  readonly isSetupWanted: boolean;
  readonly canRead: boolean;
  readonly warnings: readonly SessionWarning[];
}

/** Before the hub has said anything: nobody, who may do nothing. */
export const stranger: SessionView = {
  kind: 'anonymous',
  name: '',
  role: null,
  csrf: null,
  isSetupWanted: false,
  canRead: false,
  warnings: [],
};

/** Whether somebody of this role may do what `needed` may. */
export function comesUpTo(role: Role | null, needed: Role): boolean {
  return role !== null && roles.indexOf(role) >= roles.indexOf(needed);
}

/** Two letters for somebody: of first and last word of the name, or its first two. */
export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/[\s._@-]+/)
    .filter(Boolean);
  const first = [...(words[0] ?? '')];
  const last = words.length > 1 ? [...words.at(-1)!] : first.slice(1);
  return `${first[0] ?? ''}${last[0] ?? ''}`.toUpperCase();
}

export const roleTitles: Readonly<Record<Role, string>> = { viewer: 'Viewer', editor: 'Editor', admin: 'Admin' };
export const roleNotes: Readonly<Record<Role, string>> = {
  viewer: 'Sees everything but channels, accounts and the audit log; changes nothing.',
  editor: 'Also keeps alerts, rules, downtimes, notes and tags.',
  admin: 'Also runs the hub: people, agents, channels, scripts.',
};
