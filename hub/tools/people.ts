/**
 * People from the command line, for whoever is at the hub's own machine: the first account without a browser, and a new password
 * for somebody who has lost theirs, the last admin too.
 */
import { ConfigError } from '#core/errors.ts';
import type { OwnHub } from './own-hub.ts';

export type PersonCommand =
  | { readonly kind: 'list' }
  | { readonly kind: 'add'; readonly name: string; readonly role: string; readonly password: string | null }
  /** null: the hub makes one. */
  | { readonly kind: 'password'; readonly name: string; readonly password: string | null };

interface Person {
  readonly id: number;
  readonly name: string;
  readonly role: string;
  readonly is_disabled: boolean;
  readonly signed_in: number | null;
  readonly password?: string;
}

const path = '/api/v1/people';

/** Rejects with ConfigError. */
export async function runPersonCommand(
  hub: OwnHub,
  command: PersonCommand,
  say: (line: string) => void,
): Promise<void> {
  switch (command.kind) {
    case 'list': {
      const people = (await hub.ask({ method: 'GET', path })) as readonly Person[];
      if (people.length === 0) say('Nobody yet: the hub has printed a link for the first account when it started');
      for (const person of people) say(lineOf(person));
      return;
    }
    case 'add': {
      const { name, role, password } = command;
      const body = { name, role, ...(password === null ? {} : { password }) };
      sayPassword((await hub.ask({ method: 'POST', path, body })) as Person, say);
      return;
    }
    case 'password': {
      const people = (await hub.ask({ method: 'GET', path })) as readonly Person[];
      const wanted = keyOf(command.name);
      const person = people.find(({ name }) => keyOf(name) === wanted);
      if (person === undefined)
        throw new ConfigError([
          `the name must be that of one of ${people.length} people: got ${JSON.stringify(command.name)}`,
        ]);
      const body = { password: command.password };
      sayPassword((await hub.ask({ method: 'PATCH', path: `${path}/${person.id}`, body })) as Person, say);
    }
  }
}

function sayPassword({ name, role, password, is_disabled: isDisabled }: Person, say: (line: string) => void): void {
  if (password === undefined) say(`${name} (${role}) signs in with the password given`);
  else say(`${name} (${role}) signs in with this password, which is shown this once: ${password}`);
  if (isDisabled) say(`${name} is disabled: an admin has to let them in again`);
}

function lineOf({ name, role, is_disabled: isDisabled, signed_in: signedIn }: Person): string {
  const last = signedIn === null ? 'has never signed in' : `signed in last ${new Date(signedIn * 1_000).toISOString()}`;
  return `${name}: ${role}${isDisabled ? ', disabled' : ''}, ${last}`;
}

/** As the hub compares names. */
function keyOf(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}
