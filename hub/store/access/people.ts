/**
 * People as rows. That there is always an admin is kept by the functions of `sql/0006-access.sql`, under one lock.
 */
import type { Role } from '../../access/actor.ts';
import { codeOf, type Sql } from '../connect.ts';

export interface PersonDraft {
  readonly name: string;
  /** As it is compared. */
  readonly key: string;
  readonly role: Role;
  readonly passwordHash: string;
}

/** null in any of these leaves it as it is. */
export interface PersonEdit {
  readonly personId: number;
  readonly role: Role | null;
  readonly isDisabled: boolean | null;
  readonly passwordHash: string | null;
}

export interface ListedPerson {
  readonly personId: number;
  readonly name: string;
  readonly role: Role;
  readonly isDisabled: boolean;
  readonly createdMs: number;
  readonly signedInMs: number | null;
  readonly sessionCount: number;
  readonly tokenCount: number;
}

/** `taken`: the name; `claimed`: there is an admin already; `lastAdmin`: there would be none. */
export type PersonRefusal = 'taken' | 'full' | 'unknown' | 'lastAdmin' | 'claimed';

const uniqueViolation = '23505';

export async function readPeople(sql: Sql): Promise<ListedPerson[]> {
  return await sql<ListedPerson[]>`
    select p.id as "personId", p.name, p.role, p.is_disabled as "isDisabled",
      extract(epoch from p.created_at)::float8 * 1000 as "createdMs",
      extract(epoch from p.signed_in_at)::float8 * 1000 as "signedInMs",
      (select count(*)::int from session s where s.person = p.id and s.expires_at > now()) as "sessionCount",
      (select count(*)::int from api_token t where t.person = p.id) as "tokenCount"
    from person p order by p.name_key`;
}

export async function createPerson(
  sql: Sql,
  { draft, peopleMax }: { readonly draft: PersonDraft; readonly peopleMax: number },
): Promise<{ readonly personId: number } | PersonRefusal> {
  const { name, key, role, passwordHash } = draft;
  const [made] = await sql<{ personId: number }[]>`
    insert into person (name, name_key, role, password_hash)
    select ${name}, ${key}, ${role}, ${passwordHash} where (select count(*) from person) < ${peopleMax}
    on conflict (name_key) do nothing returning id as "personId"`;
  if (made !== undefined) return made;
  const [known] = await sql`select from person where name_key = ${key}`;
  return known === undefined ? 'full' : 'taken';
}

/** The first admin; `claimed` once there is one, however many ask at once. */
export async function claimHub(
  sql: Sql,
  { name, key, passwordHash }: Omit<PersonDraft, 'role'>,
): Promise<{ readonly personId: number } | PersonRefusal> {
  try {
    const [row] = await sql<{ personId: number | null }[]>`
      select claim_hub(${name}, ${key}, ${passwordHash}) as "personId"`;
    const personId = row?.personId ?? null;
    return personId === null ? 'claimed' : { personId };
  } catch (error) {
    if (codeOf(error) === uniqueViolation) return 'taken';
    throw error;
  }
}

export async function editPerson(
  sql: Sql,
  { personId, role, isDisabled, passwordHash }: PersonEdit,
): Promise<'done' | PersonRefusal> {
  const [row] = await sql<{ outcome: string }[]>`
    select edit_person(${personId}, ${role}, ${isDisabled}, ${passwordHash}) as outcome`;
  return outcomeOf(row?.outcome);
}

export async function removePerson(sql: Sql, personId: number): Promise<'done' | PersonRefusal> {
  const [row] = await sql<{ outcome: string }[]>`select remove_person(${personId}) as outcome`;
  return outcomeOf(row?.outcome);
}

function outcomeOf(outcome: string | undefined): 'done' | PersonRefusal {
  if (outcome === 'done') return 'done';
  return outcome === 'last_admin' ? 'lastAdmin' : 'unknown';
}
