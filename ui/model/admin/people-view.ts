/** Accounts as the page of people shows them. Pure. */
import type { Person } from '../../api/people.ts';
import { compareNames } from '../names.ts';
import type { SessionView } from '../session.ts';

export interface PersonRow {
  readonly person: Person;
  /** Whoever looks at the page. */
  readonly isSelf: boolean;
  /** Why role and standing cannot be changed here; '' when they can. */
  readonly heldBy: string;
}

/** All that match, by name; the hub decides again about each change. */
export function personRows(people: readonly Person[], session: SessionView, query: string): readonly PersonRow[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const admins = people.filter(({ role, isDisabled }) => role === 'admin' && !isDisabled);
  return people
    .filter(({ name, role }) => words.every((word) => `${name.toLowerCase()} ${role}`.includes(word)))
    .sort((a, b) => compareNames(a.name, b.name))
    .map((person) => {
      const isSelf = session.kind === 'person' && person.name === session.name;
      const isLast = admins.length === 1 && admins[0] === person;
      const heldBy = isLast
        ? 'This is the last admin: make somebody else one first.'
        : isSelf
          ? 'Your own role is changed by another admin.'
          : '';
      return { person, isSelf, heldBy };
    });
}

export function peopleText(people: readonly Person[]): string {
  const signedIn = people.filter(({ sessionCount }) => sessionCount > 0).length;
  return `${people.length} ${people.length === 1 ? 'account' : 'accounts'}, ${signedIn} signed in`;
}

/** What goes with somebody who is removed. */
export function goesWith({ sessionCount, tokenCount }: Person): string {
  const parts = [
    ...(sessionCount === 0 ? [] : [`${sessionCount} open ${sessionCount === 1 ? 'session' : 'sessions'}`]),
    ...(tokenCount === 0 ? [] : [`${tokenCount} API ${tokenCount === 1 ? 'token' : 'tokens'}`]),
  ];
  return parts.join(' and ');
}
