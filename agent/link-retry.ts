/**
 * How long to stay away after a connection has ended, and what that end means. Pure: the policy of the agent's link.
 *
 * An end that time heals (network, restart, busy hub) is retried with full jitter, at most every 15 s. An end that a
 * person must heal (token, version, a second agent of this name) is retried slowly, so that a fleet of them is no
 * load; the slow waits are spread by a tenth so that agents refused together do not come back together.
 */
import { backoffMs, linkBackoff } from '#core/time.ts';

/**
 * How an attempt or a connection ended. `failed`: no answer (name, network, TLS, time-out). `refused`: an HTTP
 * status in place of the upgrade. `closed`: a WebSocket close code; 1006 when there was none. `foreign`: the hub is
 * not the one that knows this agent. `untrusted`: it did not show that it is the hub that is meant; nothing was said to it.
 */
export type LinkEnd =
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  | { readonly kind: 'foreign'; readonly hubId: string }
  | { readonly kind: 'untrusted'; readonly why: string };

export interface RetryOptions {
  /** Attempts since the link was last stable; 0 for the first retry. */
  readonly attempt: number;
  /** Uniform in 0..1. */
  readonly random: () => number;
  /** Whether the next attempt comes with another credential (see `blamesCredential`). */
  readonly hasOtherCredential: boolean;
}

const minuteMs = 60_000;
const tokenWaitMs = 5 * minuteMs;
/** By close code; an HTTP status that says the same is mapped to its code. */
const slowWaitsMs: ReadonlyMap<number, number> = new Map([
  [4401, tokenWaitMs],
  [4403, 5 * minuteMs],
  [4409, minuteMs],
  [4426, 5 * minuteMs],
  [4429, 30_000],
]);
const codeOfStatus: ReadonlyMap<number, number> = new Map([
  [401, 4401],
  [403, 4403],
  [409, 4409],
  [426, 4426],
  [429, 4429],
]);
/** A hub, or what stands before it, may not send an agent away for longer. */
const retryAfterMsMax = 60 * minuteMs;

/** Wait until the next attempt, ms. */
export function retryWaitMs(end: LinkEnd, { attempt, random, hasOtherCredential }: RetryOptions): number {
  const jitterMs = backoffMs(attempt, linkBackoff, random);
  if (end.kind === 'refused' && end.retryAfterMs !== null) {
    return Math.min(end.retryAfterMs, retryAfterMsMax) + jitterMs;
  }
  if (blamesCredential(end) && hasOtherCredential) return jitterMs;
  const slowMs = slowWaitOf(end);
  return slowMs === null ? jitterMs : Math.round(slowMs * (1 + random() / 10));
}

/** Whether the credential was not accepted, or is one that was revoked: another one, if there is one, may be. */
export function blamesCredential(end: LinkEnd): boolean {
  return end.kind === 'foreign' || codeOf(end) === 4401 || (end.kind === 'refused' && end.status === 403);
}

/** What whoever reads the log can do about it; null where time heals it. `credential`: what the agent came with. */
export function adviceOf(end: LinkEnd, credential: string): string | null {
  switch (end.kind) {
    case 'untrusted':
      return 'nothing was sent to it: compare "caFile" and "hubKeyPin" with the certificate of the hub';
    case 'foreign':
      return 'ticks stay here: if it is meant to be another hub, give this agent an enrolment token of that one';
    case 'failed':
      return null;
    case 'refused':
    case 'closed':
      break;
  }
  const enrol =
    'make an enrolment token on the hub (Admin, Add hosts), write it into a file that others cannot read, and name that file in "enrolmentKeyFile"';
  switch (codeOf(end)) {
    case 4401:
      if (isOfOwnToken(end))
        return 'its own token is lost, or was taken by another hub: revoke this agent on the hub (Admin, Agents, "Revoke"), then "Allow to enrol again" there, then restart it';
      if (credential === 'none') return `this agent has neither a token nor an enrolment token: ${enrol}`;
      return credential === 'enrolmentKey'
        ? `the enrolment token or key opens nothing: ${enrol}`
        : `the hub does not know the token of this agent: ${enrol}`;
    case 4403:
      return `an admin has revoked this agent, or removed its host: have it allowed again (Admin, Agents), or ${enrol}`;
    case 4409:
      return 'was this machine copied from another one? Stop one of the two, or split them on the hub (Admin, Agents)';
    case 4426:
      return 'upgrade this agent, or the hub';
    default:
      return null;
  }
}

/** The end in a few words, the same for ends of the same kind: what is logged once while it lasts. */
export function reasonOf(end: LinkEnd): string {
  switch (end.kind) {
    case 'failed':
      return end.error;
    case 'foreign':
      return 'the hub is not the one that knows this agent';
    case 'untrusted':
      return `the hub cannot be trusted: ${end.why}`;
    case 'refused':
      return reasonOfCode.get(codeOf(end) ?? 0) ?? `HTTP status ${end.status}`;
    case 'closed':
      if (isOfOwnToken(end)) return 'the hub knows this agent by a token of its own, which it did not come with';
      return reasonOfCode.get(end.code) ?? `close code ${end.code}`;
  }
}

/** Parses a Retry-After header (RFC 9110, 10.2.3): seconds or a date. null when there is none that can be read. */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | null {
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1_000;
  // `Date.parse` reads much more than dates of HTTP: "-5" is a day of 2001 to it.
  const atMs = /^[A-Z][a-z]{2,8}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

const reasonOfCode: ReadonlyMap<number, string> = new Map([
  [1000, 'closed'],
  [1001, 'the hub goes away'],
  [1006, 'connection lost'],
  [1012, 'the hub restarts'],
  [1013, 'the hub is busy'],
  [4401, 'the credential is not accepted'],
  [4403, 'the hub has removed this host, or revoked its agent'],
  [4409, 'another agent with this identity is connected'],
  [4426, 'the hub does not speak this version'],
  [4429, 'too many messages'],
]);

function codeOf(end: LinkEnd): number | null {
  if (end.kind === 'closed') return end.code;
  return end.kind === 'refused' ? (codeOfStatus.get(end.status) ?? null) : null;
}

/** It came to enrol, and has used a token of its own before: another enrolment token would not help. */
function isOfOwnToken(end: LinkEnd): boolean {
  return end.kind === 'closed' && end.code === 4401 && end.reason.includes('has used a token of its own');
}

function slowWaitOf(end: LinkEnd): number | null {
  if (end.kind === 'foreign' || end.kind === 'untrusted') return tokenWaitMs;
  return slowWaitsMs.get(codeOf(end) ?? 0) ?? null;
}
