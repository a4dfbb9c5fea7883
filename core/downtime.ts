/**
 * When notices are not sent, as plain data: downtimes of hosts and silences of alerts. Whether a moment lies in a
 * window is `schedule.ts`; whether a host is meant is `selector.ts`.
 */
import type { HostSelector, Severity } from './rule-spec.ts';

/** `once`: from start to before end, epoch ms. `recurring`: each occurrence of the rule, in local time of the zone, for so long. */
export type Schedule =
  | { readonly kind: 'once'; readonly startMs: number; readonly endMs: number }
  | {
      readonly kind: 'recurring';
      /** First occurrence, local: "2026-03-28T02:00:00". */
      readonly start: string;
      /** RRULE of RFC 5545, 3.3.10, without DTSTART: "FREQ=WEEKLY;BYDAY=SU". */
      readonly rule: string;
      readonly durationMs: number;
      /** IANA name: "Europe/Berlin". */
      readonly zone: string;
    };

export interface DowntimeSpec {
  readonly hosts: HostSelector;
  readonly schedule: Schedule;
  readonly author: string;
  readonly reason: string;
}

export interface Downtime {
  readonly id: number;
  /** Empty unless it is kept in a file. */
  readonly name: string;
  readonly spec: DowntimeSpec;
  readonly origin: 'api' | 'file';
  readonly createdMs: number;
}

/** All that is given must hold: hosts, rules by name or glob, series patterns, severities. */
export interface SilenceSpec {
  readonly hosts: HostSelector;
  readonly rules: readonly string[];
  readonly series: readonly string[];
  readonly severities: readonly Severity[];
  readonly author: string;
  readonly comment: string;
}

export interface Silence {
  readonly id: number;
  readonly spec: SilenceSpec;
  readonly untilMs: number;
  readonly createdMs: number;
}
