/**
 * What is written down of every change: who, what, from where, and how it ended. The sockets record each request of a route
 * that changes something, whatever its outcome; what happens without a request (an agent enrols, a session ends) is
 * recorded where it happens.
 */
import type { Actor } from './actor.ts';

/** Noun and past verb, as in the log: "rule.created". */
export type AuditAction = `${string}.${string}`;

export type AuditActor =
  | Actor
  | { readonly kind: 'agent'; readonly hostId: number; readonly name: string }
  /** The hub by itself, as when a session runs out. */
  | { readonly kind: 'hub' };

export interface AuditEntry {
  readonly atMs: number;
  readonly actor: AuditActor;
  readonly action: AuditAction;
  /** What it was done to, as people know it: a name, or kind and id. Empty for the hub itself. */
  readonly object: string;
  /** `refused`: not allowed, or not as asked; `failed`: the hub's own fault. */
  readonly result: 'done' | 'refused' | 'failed';
  /** Of the answer; null for what was no request. */
  readonly status: number | null;
  /** Of the peer; empty for the hub itself. Text of strangers. */
  readonly address: string;
  readonly userAgent: string;
  /** What else is worth knowing: never a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Takes an entry, and resolves when it is written down; never rejects: what cannot be written is counted and logged. */
export type Audit = (entry: AuditEntry) => Promise<void>;

/** What happens without a request: an agent enrols, a session runs out, the hub stops. What is absent is empty, `hub`, and `done`. */
export interface AuditEvent
  extends Pick<AuditEntry, 'action'>,
    Partial<Omit<AuditEntry, 'action' | 'atMs' | 'status'>> {}

/** Writes such an event down; nobody waits for it. */
export type AuditEvents = (event: AuditEvent) => void;

/** What a route adds to the entry of its request. */
export class AuditNote {
  object = '';
  /** Who it turned out to be, where the request itself says that, as a sign-in does; null: whoever asked. */
  actor: Actor | null = null;
  /** Where one route does several things, or only at times one that is written down; null: the route's own. */
  action: AuditAction | null = null;
  detail: Readonly<Record<string, unknown>> = {};
}
