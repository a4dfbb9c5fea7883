/** The pages of administration in the order of their tabs: what each is called, and who may open it. */
import { type AdminTab, adminRoute, hostsRoute, type Route } from './route.ts';
import type { Role } from './session.ts';

export interface AdminPage {
  readonly id: AdminTab | 'hosts';
  readonly title: string;
  /** What is there, in a few words. */
  readonly note: string;
  /** Who may open it; others are not shown the way there. */
  readonly role: Role;
  readonly route: Route;
}

export const adminPages: readonly AdminPage[] = [
  { id: 'hosts', title: 'Hosts', note: 'aliases, tags, removal', role: 'viewer', route: hostsRoute },
  page('agents', 'Agents', { note: 'versions, settings, tokens', role: 'admin' }),
  page('enrol', 'Add hosts', { note: 'tokens that let agents in', role: 'admin' }),
  page('tags', 'Tags', { note: 'keys and values', role: 'editor' }),
  page('scripts', 'Scripts', { note: 'signed collectors', role: 'admin' }),
  page('people', 'People', { note: 'accounts and roles', role: 'admin' }),
  page('tokens', 'API tokens', { note: 'for programs', role: 'admin' }),
  page('channels', 'Channels', { note: 'who is told', role: 'editor' }),
  page('storage', 'Storage', { note: 'what is kept', role: 'viewer' }),
  page('audit', 'Audit log', { note: 'who did what', role: 'admin' }),
  page('health', 'Hub health', { note: 'threads, queues, limits', role: 'admin' }),
];

function page(tab: AdminTab, title: string, { note, role }: { readonly note: string; readonly role: Role }): AdminPage {
  return { id: tab, title, note, role, route: { ...adminRoute, tab } };
}
