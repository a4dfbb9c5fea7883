/**
 * Names of events and targets for those outside: hashes, so that they are short, safe in a header, and equal after any
 * restart. The hub's id is in them: two hubs may use one receiver, and a wiped hub begins anew. A database restored from a
 * backup counts on from there: events that happened since the backup and those that happen now must not have one key.
 */
import { createHash } from 'node:crypto';
import type { EventKind } from '../store/alerts/record.ts';
import type { TargetName } from './judgement.ts';

/** By what receivers know all events of one target: 32 hex digits. */
export function targetKeyOf(hubId: string, { ruleId, hostId, series }: TargetName): string {
  return hash(`${hubId} ${ruleId} ${hostId} ${series}`);
}

/** By what receivers know a repetition of this event: 32 hex digits. `step` tells repeats apart; 0 otherwise. */
export function eventKeyOf(
  { hubId, life }: { readonly hubId: string; readonly life: string },
  target: TargetName,
  event: { readonly kind: EventKind; readonly seq: number; readonly step: number },
): string {
  const { ruleId, hostId, series } = target;
  return hash(`${hubId} ${life} ${ruleId} ${hostId} ${event.seq} ${event.kind} ${event.step} ${series}`);
}

/** 32 hex digits. */
export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
