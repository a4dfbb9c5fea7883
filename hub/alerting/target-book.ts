/**
 * The targets that are pending or firing, and what is told of their steps: the one place where a machine moves.
 *
 * While nothing can be taken in, a step that would have to be told is taken back: the machine stays as it was and looks
 * again at the next value. So what is told of a target always alternates, whatever has been refused in between.
 */
import {
  endMachine,
  judgeSilence,
  judgeValue,
  limitsOf,
  newMachine,
  type RuleLimits,
  type RuleMachine,
  type RuleOutcome,
} from '#core/rule.ts';
import type { AlertCause } from '#core/rule-spec.ts';
import type { Judgement, Outage, TargetName, TargetState } from './judgement.ts';
import type { JudgedRule } from './rule-set.ts';

export interface JudgePorts {
  /** Called from within `tick`, `poll` and the calls that end targets; must not call back. */
  judged(judgement: Judgement): void;
  /**
   * false while transitions cannot be taken in: machines stay as they are and look again at the next tick or poll. What
   * ends because a rule or a host is gone is told all the same, as there is nothing left that could look again.
   */
  mayJudge(): boolean;
}

export interface Target {
  readonly name: TargetName;
  readonly subject: JudgedRule['kind'] | 'massOutage';
  readonly machine: RuleMachine;
  rule: JudgedRule;
  unit: string;
  /** Own interval of the series, ms, as the layout said that had it last; 0 when no layout has yet. */
  intervalMs: number;
  /** Place in the column, and row in the table of the host; -1 while there is none. */
  place: number;
  row: number;
  /** Active ms since which the series has been gone; NaN while it is not. */
  goneSinceMs: number;
}

/** What is told beside the step itself. */
export interface Occasion {
  readonly timeMs: number;
  /** null where there is none. */
  readonly value: number | null;
  readonly why: Judgement['why'];
  readonly outage?: Outage;
}

/** Of a target whose machine is not driven by values. */
const noLimits: RuleLimits = limitsOf(
  { kind: 'above', threshold: Number.POSITIVE_INFINITY, recovery: null },
  { forMs: 0, keepFiringMs: 0 },
);

/** A target that is neither pending nor firing yet. */
export function newTarget(name: TargetName, rule: JudgedRule, subject: Target['subject'] = rule.kind): Target {
  return {
    name,
    subject,
    machine: newMachine(),
    rule,
    unit: '',
    intervalMs: 0,
    place: -1,
    row: -1,
    goneSinceMs: Number.NaN,
  };
}

/** Key of a target among those of its host. */
export function targetKey(ruleId: number, series: string): string {
  return `${ruleId} ${series}`;
}

export class TargetBook {
  readonly #ports: JudgePorts;
  /** Scratch: the machine as it was before a step. */
  readonly #before: RuleMachine = newMachine();
  pendingCount = 0;
  firingCount = 0;

  constructor(ports: JudgePorts) {
    this.#ports = ports;
  }

  get mayJudge(): boolean {
    return this.#ports.mayJudge();
  }

  /** The target is as it was saved. It tells of nothing. */
  restore(target: Target, { phase, cause, sinceMs, lastMs, ordinal }: TargetState): void {
    Object.assign(target.machine, { phase, sinceMs, lastMs, ordinal });
    target.machine.cause = cause === 'silence' ? 'silence' : 'limits';
    this.#count(phase, 1);
  }

  /** Another state of the target takes its place. It tells of nothing. */
  forget(target: Target): void {
    this.#count(target.machine.phase, -1);
  }

  /** `value` is what is compared and told. Answers whether the target is still pending or firing. */
  judgeValue(target: Target, value: number, at: { readonly timeMs: number; readonly ordinal: number }): boolean {
    const { machine } = target;
    Object.assign(this.#before, machine);
    const { timeMs, ordinal } = at;
    const outcome = judgeValue(machine, limitsFor(target.rule), { timeMs, ordinal, value });
    const told = target.subject === 'silence' ? null : value;
    return this.#settle(target, outcome, { timeMs, value: told, why: 'good' });
  }

  /** The series has been silent for long enough to fire. */
  judgeSilence(target: Target, at: { readonly timeMs: number; readonly ordinal: number }): boolean {
    const { machine } = target;
    Object.assign(this.#before, machine);
    const outcome = judgeSilence(machine, at.timeMs);
    if (outcome !== null) machine.ordinal = at.ordinal;
    return this.#settle(target, outcome, { timeMs: at.timeMs, value: null, why: 'good' });
  }

  /** It fires, by no value. Answers whether it does: false when it could not be told. */
  fire(target: Target, occasion: Omit<Occasion, 'why'> & { readonly sinceMs: number }): boolean {
    const { machine } = target;
    Object.assign(this.#before, machine);
    machine.phase = 'firing';
    machine.sinceMs = occasion.sinceMs;
    machine.lastMs = occasion.timeMs;
    machine.goodSinceMs = Number.NaN;
    return this.#settle(target, 'fired', { ...occasion, why: 'good' });
  }

  /** It is good again, by no value. Answers whether the target is still firing, as it could not be told. */
  resolve(target: Target, occasion: Occasion): boolean {
    Object.assign(this.#before, target.machine);
    return this.#settle(target, endMachine(target.machine), occasion);
  }

  /** There is nothing to judge any more. It is told whether or not there is room. */
  end(target: Target, occasion: Occasion): void {
    this.#before.phase = target.machine.phase;
    const outcome = endMachine(target.machine);
    this.#count(this.#before.phase, -1);
    if (outcome !== null) this.#tell(target, outcome, occasion);
  }

  #settle(target: Target, outcome: RuleOutcome, occasion: Occasion): boolean {
    const { machine } = target;
    if (outcome !== null && !this.#ports.mayJudge()) {
      Object.assign(machine, this.#before);
      // It has been good all the same: what it is pending for begins anew.
      if (outcome === 'dropped') machine.sinceMs = occasion.timeMs;
      return machine.phase !== 'inactive';
    }
    if (machine.phase !== this.#before.phase) {
      this.#count(this.#before.phase, -1);
      this.#count(machine.phase, 1);
    }
    if (outcome !== null) this.#tell(target, outcome, occasion);
    return machine.phase !== 'inactive';
  }

  #count(phase: RuleMachine['phase'], by: number): void {
    if (phase === 'pending') this.pendingCount += by;
    else if (phase === 'firing') this.firingCount += by;
  }

  #tell(target: Target, kind: Judgement['kind'], { timeMs, value, why, outage }: Occasion): void {
    const { name, machine, unit } = target;
    const { hostRule } = target.rule;
    const { sinceMs, ordinal } = machine;
    const judgement = {
      kind,
      target: name,
      hostRule,
      cause: causeOf(target),
      timeMs,
      ordinal,
      sinceMs,
      value,
      unit,
      why,
    };
    this.#ports.judged(outage === undefined ? judgement : { ...judgement, outage });
  }
}

/** What is kept of a target over a restart. */
export function stateOf(target: Target): TargetState {
  const { phase, sinceMs, lastMs, ordinal } = target.machine;
  return { ...target.name, phase, cause: causeOf(target), sinceMs, lastMs, ordinal };
}

function limitsFor(rule: JudgedRule): RuleLimits {
  return rule.kind === 'hostDown' ? noLimits : rule.limits;
}

function causeOf({ subject, machine }: Target): AlertCause {
  return subject === 'series' ? machine.cause : subject;
}
