/**
 * What people do about their accounts and those of others: the first admin, signing in and out, passwords, people, API tokens.
 * The database decides each; the copy in memory has it before the answer goes out. An engine: database and clock are ports.
 *
 * Whether somebody is known is not told: a wrong name costs as much as a wrong password, and is answered alike.
 */
import { randomBytes } from 'node:crypto';
import { cutText } from '#core/utf8.ts';
import { HttpError } from '../../http.ts';
import type { ApiTokenDraft, ListedApiToken } from '../../store/access/api-tokens.ts';
import type { AccessMethods } from '../../store/access/methods.ts';
import type { ListedPerson } from '../../store/access/people.ts';
import type { ListedSession } from '../../store/access/sessions.ts';
import type { Actor, Role } from '../actor.ts';
import type { AccessBook } from './access-book.ts';
import { tooManyError } from './account-gate.ts';
import {
  apiTokenError,
  apiTokensMax,
  awayError,
  checkName,
  checkPassword,
  checkWithin,
  peopleMax,
  personError,
} from './account-refusals.ts';
import { madePassword, nameKeyOf, type Passwords } from './passwords.ts';
import { apiTokenPrefix, hashOf, isSame, makeSecret } from './secrets.ts';
import { limitKeyOf, TryLimiter } from './try-limiter.ts';

export interface AccountsPorts {
  readonly book: AccessBook;
  readonly passwords: Passwords;
  /** null while no engine is at work. */
  store(): AccessMethods | null;
  nowMonotonicMs(): number;
  /** The sockets of a session stay open for a moment: its page is being given another. */
  spare(sessionId: number, ms: number): void;
}

/** Where a request comes from, and what its browser brings. */
export interface Visitor {
  readonly address: string;
  readonly userAgent: string;
  /** Of the session that the browser has; null for none. */
  readonly cookieSecret: string | null;
}

/** Who wants something done to others. A hash takes its time, so whether they may is looked at again after it. */
export interface Asker {
  readonly actor: Actor;
  readonly address: string;
}

export interface Opened {
  readonly actor: Actor;
  /** For the cookie. */
  readonly secret: string;
}

/** By what a try is counted; null for what it is not. */
interface CountedTry {
  readonly address: string | null;
  readonly account: string | null;
  /** Whether others try the same account, so that one address may use a share of its tries only. */
  readonly isShared?: boolean;
}

export type PersonActor = Extract<Actor, { kind: 'person' }>;

export const sessionsPerPersonMax = 20;
/** Wrong passwords from one address, which may be that of a whole office: 20, and then 10 a minute. */
export const addressLimits = { burst: 20, refillMs: 6_000, keysMax: 20_000 } as const;
/**
 * Wrong passwords for one account: 20, and then 4 a minute, which are 2 million a year. Where its person is signed in already
 * has tries of its own, which nobody uses up from elsewhere; and so has whoever changes a password, who is signed in.
 */
export const accountLimits = { burst: 20, refillMs: 15_000, keysMax: 20_000 } as const;
/** Of an account's tries, what one address may use: half, so that one stranger leaves some to its person, wherever they are. */
export const shareLimits = { burst: 10, refillMs: 30_000, keysMax: 20_000 } as const;
/** Within the second in which sockets of a changed password close. */
const spareMs = 400;
const userAgentCharactersMax = 300;

export class Accounts {
  readonly #ports: AccountsPorts;
  readonly #hours: number;
  /** Of this run: proves that somebody reads what the hub prints. */
  readonly #setupCode = randomBytes(16).toString('base64url');
  readonly addresses = new TryLimiter(addressLimits);
  readonly names = new TryLimiter(accountLimits);
  readonly shares = new TryLimiter(shareLimits);
  signInCount = 0;

  /** `hours`: how long a session lasts at most. */
  constructor(ports: AccountsPorts, options: { readonly hours: number }) {
    this.#ports = ports;
    this.#hours = options.hours;
  }

  /** How somebody who tries to sign in is called; null for nobody's name, which may be a password in the wrong field. */
  knownName(name: string): string | null {
    return this.#ports.book.personByKey(cutText(nameKeyOf(name), 200))?.name ?? null;
  }

  /** To be printed, and opened once; null when there is an admin. */
  setupLink(url: string): string | null {
    return this.#ports.book.hasAdmin ? null : `${url}/setup#code=${this.#setupCode}`;
  }

  /** Makes the first admin. Rejects with HttpError, as all that follow: 403 for a wrong code, 409 when there is one. */
  async claim(
    claim: { readonly code: string; readonly name: string; readonly password: string },
    visitor: Visitor,
  ): Promise<Opened> {
    const act = 'set up';
    const { name, password } = claim;
    const giveBack = this.#take({ address: visitor.address, account: null }, act);
    await this.#refresh(act, giveBack);
    if (this.#ports.book.hasAdmin)
      throw new HttpError(409, 'Cannot set up: there must be no admin yet: got one; sign in');
    if (!isSame(claim.code, this.#setupCode))
      throw new HttpError(
        403,
        'Cannot set up: the code must be that of the link which the hub printed at its last start',
      );
    giveBack();
    checkName(name, act);
    checkPassword({ name, password }, act);
    const passwordHash = await this.#ports.passwords.hash(password, visitor.address);
    const made = await this.#ask(act, (store) => store.claimHub({ name, key: nameKeyOf(name), passwordHash }));
    if (typeof made === 'string') throw personError(made, act);
    return await this.#open({ personId: made.personId, seenPasswordHash: passwordHash }, visitor);
  }

  async signIn(given: { readonly name: string; readonly password: string }, visitor: Visitor): Promise<Opened> {
    const act = 'sign in';
    const { book, passwords } = this.#ports;
    const key = cutText(nameKeyOf(given.name), 200);
    const giveBack = this.#take(this.#triesOf(key, visitor.address), act);
    // Also so that nobody can guess while the database is away.
    await this.#refresh(act, giveBack);
    const person = book.personByKey(key);
    const seen = person === null || person.isDisabled ? null : person.passwordHash;
    const isRight = await passwords.matches(given.password, seen, visitor.address).catch((error: unknown) => {
      giveBack();
      throw error;
    });
    if (!isRight || person === null || seen === null)
      throw new HttpError(401, 'Cannot sign in: name or password is wrong');
    giveBack();
    const opened = await this.#open({ personId: person.personId, seenPasswordHash: seen }, visitor);
    this.signInCount += 1;
    if (passwords.isOutdated(seen)) await this.#renew(person.personId, { seen, password: given.password, visitor });
    return opened;
  }

  async signOut({ personId, sessionId }: PersonActor): Promise<void> {
    await this.#ask('sign out', (store) => store.closeSession({ sessionId, personId }));
    await this.#refresh('sign out');
  }

  /** Ends every session of this person, and gives this browser another. */
  async changePassword(
    change: { readonly actor: PersonActor; readonly old: string; readonly password: string },
    visitor: Visitor,
  ): Promise<Opened> {
    const act = 'change password';
    const { actor, old, password } = change;
    const { book, passwords } = this.#ports;
    const { personId, sessionId, name } = actor;
    // Not of the address: who guesses there has nothing to do with somebody who is signed in.
    const giveBack = this.#take({ address: null, account: `change ${personId}` }, act);
    await this.#refresh(act, giveBack);
    const seenPasswordHash = book.person(personId)?.passwordHash ?? null;
    if (!(await passwords.matches(old, seenPasswordHash, visitor.address)) || seenPasswordHash === null)
      throw new HttpError(403, 'Cannot change password: the old one is wrong');
    giveBack();
    checkPassword({ name, password }, act);
    const passwordHash = await passwords.hash(password, visitor.address);
    const { secret, hash } = makeSecret();
    this.#ports.spare(sessionId, spareMs);
    const opened = await this.#ask(act, (store) =>
      store.changePassword({ personId, seenPasswordHash, passwordHash, sessionId, hash }),
    );
    if (opened === null)
      throw new HttpError(409, 'Cannot change password: it has been changed meanwhile: sign in again');
    await this.#refresh(act);
    return { actor: { ...actor, sessionId: opened }, secret };
  }

  async sessionsOf({ personId }: PersonActor): Promise<readonly ListedSession[]> {
    return await this.#ask('list sessions', (store) => store.sessionsOf(personId));
  }

  /** One of one's own; 404 for somebody else's. */
  async closeSession({ personId }: PersonActor, sessionId: number): Promise<void> {
    const act = 'end session';
    const isDone = await this.#ask(act, (store) => store.closeSession({ sessionId, personId }));
    if (!isDone) throw new HttpError(404, 'Cannot end session: it must be one of your own: got another id');
    await this.#refresh(act);
  }

  async people(): Promise<readonly ListedPerson[]> {
    return await this.#ask('list people', (store) => store.people(null));
  }

  /** `password` null: one is made, and answered. */
  async createPerson(
    draft: { readonly name: string; readonly role: Role; readonly password: string | null },
    { actor, address }: Asker,
  ): Promise<{ readonly person: ListedPerson; readonly made: string | null }> {
    const act = 'create person';
    const made = draft.password === null ? madePassword() : null;
    const password = draft.password ?? made!;
    const { name, role } = draft;
    checkName(name, act);
    checkPassword({ name, password }, act);
    const passwordHash = await this.#ports.passwords.hash(password, address);
    await this.#refresh(act);
    this.#checkStill(actor, act);
    const key = nameKeyOf(name);
    const answer = await this.#ask(act, (store) =>
      store.createPerson({ draft: { name, key, role, passwordHash }, peopleMax }),
    );
    if (typeof answer === 'string') throw personError(answer, act);
    return { person: await this.#personAfter(answer.personId, act), made };
  }

  /** undefined leaves it; `password` null: one is made, and answered. */
  async editPerson(
    personId: number,
    edit: {
      readonly role?: Role | undefined;
      readonly isDisabled?: boolean | undefined;
      readonly password?: string | null | undefined;
    },
    { actor, address }: Asker,
  ): Promise<{ readonly person: ListedPerson; readonly made: string | null }> {
    const act = 'change person';
    const { role = null, isDisabled = null } = edit;
    await this.#refresh(act);
    const before = this.#ports.book.person(personId);
    if (before === null) throw personError('unknown', act);
    const made = edit.password === null ? madePassword() : null;
    const password = edit.password ?? made;
    if (password !== null) checkPassword({ name: before.name, password }, act);
    const passwordHash = password === null ? null : await this.#ports.passwords.hash(password, address);
    if (passwordHash !== null) await this.#refresh(act);
    this.#checkStill(actor, act);
    const outcome = await this.#ask(act, (store) => store.editPerson({ personId, role, isDisabled, passwordHash }));
    if (outcome !== 'done') throw personError(outcome, act);
    return { person: await this.#personAfter(personId, act), made };
  }

  /** Their sessions and API tokens go with them. */
  async removePerson(personId: number): Promise<void> {
    const act = 'remove person';
    const outcome = await this.#ask(act, (store) => store.removePerson(personId));
    if (outcome !== 'done') throw personError(outcome, act);
    await this.#refresh(act);
  }

  async apiTokens(): Promise<readonly ListedApiToken[]> {
    return await this.#ask('list tokens', (store) => store.apiTokens(null));
  }

  /** It goes with whoever makes it, and can do no more than they; what a token makes does not outlast that either. */
  async createApiToken(
    draft: Pick<ApiTokenDraft, 'name' | 'scope' | 'clientId' | 'expiresMs'>,
    actor: Actor,
  ): Promise<{ readonly token: ListedApiToken; readonly secret: string }> {
    const act = 'create token';
    checkName(draft.name, act);
    const { secret, hash } = makeSecret(apiTokenPrefix);
    await this.#refresh(act);
    const personId = this.#ownerOf(actor, act);
    if (actor.kind === 'token') {
      const endMs = this.#ports.book.apiToken(actor.tokenId)?.expiresMs ?? null;
      checkWithin(draft, { scope: actor.scope, expiresMs: endMs }, act);
    }
    const answer = await this.#ask(act, (store) =>
      store.createApiToken({ draft: { ...draft, hash, personId }, tokensMax: apiTokensMax }),
    );
    if (typeof answer === 'string') throw apiTokenError(answer, act);
    await this.#refresh(act);
    return { token: answer, secret };
  }

  /** Its name. */
  async removeApiToken(tokenId: number): Promise<string> {
    const act = 'revoke token';
    const name = await this.#ask(act, (store) => store.removeApiToken(tokenId));
    if (name === null) throw new HttpError(404, `Cannot ${act}: it must be there: got another id`);
    await this.#refresh(act);
    return name;
  }

  /** Rejects whoever is not any more who they were when they asked. Throws HttpError 401. */
  #checkStill(actor: Actor, act: string): void {
    if (this.#ports.book.endOf(actor) !== null)
      throw new HttpError(401, `Cannot ${act}: whoever asks for it may not any more`);
  }

  /** null for the operator. Throws HttpError 401: what is made for somebody who has gone would be the operator's. */
  #ownerOf(actor: Actor, act: string): number | null {
    this.#checkStill(actor, act);
    if (actor.kind === 'person') return actor.personId;
    return actor.kind === 'token' ? (this.#ports.book.apiToken(actor.tokenId)?.personId ?? null) : null;
  }

  async #open(
    person: { readonly personId: number; readonly seenPasswordHash: string },
    { address, userAgent, cookieSecret }: Visitor,
  ): Promise<Opened> {
    const act = 'sign in';
    const { secret, hash } = makeSecret();
    const sessionId = await this.#ask(act, (store) =>
      store.openSession({
        ...person,
        hash,
        oldHash: cookieSecret === null ? null : hashOf(cookieSecret),
        hours: this.#hours,
        address: cutText(address, 100),
        userAgent: cutText(printable(userAgent), userAgentCharactersMax),
        sessionsMax: sessionsPerPersonMax,
      }),
    );
    if (sessionId === null) throw new HttpError(401, 'Cannot sign in: name or password is wrong');
    await this.#refresh(act);
    const actor = this.#ports.book.sessionActor(hash);
    if (actor === null || actor === 'idle') throw new HttpError(401, 'Cannot sign in: name or password is wrong');
    return { actor, secret };
  }

  /** The same password at the cost of today. That it fails hurts nobody. */
  async #renew(
    personId: number,
    { seen, password, visitor }: { readonly seen: string; readonly password: string; readonly visitor: Visitor },
  ): Promise<void> {
    try {
      const passwordHash = await this.#ports.passwords.hash(password, visitor.address);
      await this.#ports.store()?.renewPasswordHash({ personId, seenPasswordHash: seen, passwordHash });
    } catch {
      // The next time will do.
    }
  }

  async #personAfter(personId: number, act: string): Promise<ListedPerson> {
    await this.#refresh(act);
    const person = (await this.people()).find((one) => one.personId === personId);
    if (person === undefined) throw personError('unknown', act);
    return person;
  }

  /** Whose tries at signing in are counted together. A name that nobody has is an account too: it is told apart by nothing. */
  #triesOf(nameKey: string, address: string): CountedTry {
    const person = this.#ports.book.personByKey(nameKey);
    const addresses = person === null ? [] : this.#ports.book.addressesOf(person.personId);
    const isKnown = addresses.some((one) => limitKeyOf(one) === limitKeyOf(address));
    return { address, account: `${isKnown ? 'known' : 'other'} ${nameKey}`, isShared: !isKnown };
  }

  /** One try of the address, and of the account. A try is one also when the account has none left. Answers what gives them back. Throws HttpError 429. */
  #take({ address, account, isShared = false }: CountedTry, act: string): () => void {
    const nowMs = this.#ports.nowMonotonicMs();
    const addressKey = address === null ? null : limitKeyOf(address);
    const addressWaitMs = addressKey === null ? 0 : this.addresses.take(addressKey, nowMs);
    if (addressWaitMs > 0) throw tooManyError(`Cannot ${act}: too many tries from this address`, addressWaitMs);
    const shareKey = isShared ? `${addressKey} ${account}` : null;
    const shareWaitMs = shareKey === null ? 0 : this.shares.take(shareKey, nowMs);
    const accountWaitMs = account === null || shareWaitMs > 0 ? 0 : this.names.take(account, nowMs);
    const waitMs = Math.max(shareWaitMs, accountWaitMs);
    if (waitMs > 0) throw tooManyError(`Cannot ${act}: too many tries for this account`, waitMs);
    return () => {
      if (addressKey !== null) this.addresses.giveBack(addressKey);
      if (shareKey !== null) this.shares.giveBack(shareKey);
      if (account !== null) this.names.giveBack(account);
    };
  }

  async #refresh(act: string, onAway: () => void = () => {}): Promise<void> {
    try {
      await this.#ports.book.refresh();
    } catch {
      onAway();
      throw awayError(act);
    }
  }

  async #ask<T>(act: string, work: (store: AccessMethods) => Promise<T>): Promise<T> {
    const store = this.#ports.store();
    if (store === null) throw awayError(act);
    try {
      return await work(store);
    } catch {
      throw awayError(act);
    }
  }
}

/** Of a header, which strangers write: PostgreSQL takes no NUL, and people no control characters. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '');
}
