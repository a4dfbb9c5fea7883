/**
 * One rule while it is looked at and changed:
 *
 *   loading ─► ready (clean ⇄ dirty, with problems or without; saving) ─► gone after it was deleted
 *          └─► missing, failed
 *
 * What people have typed is never lost: neither by a refusal, nor by an answer that does not come.
 */
import type { Rule } from '#core/rule-spec.ts';
import type { Asked, Failed, HubClient } from '../../api/client.ts';
import { changeRule, createRule, deleteRule, readRule } from '../../api/rules.ts';
import { Signal } from '../../live/signal.ts';
import { duplicateOf, newRuleDraft, type RuleDraft } from './rule-draft.ts';
import { formOf, type Problems, problemsOfRefusal, type ReadForm, type RuleForm, readForm } from './rule-form.ts';

/** Why the hub cannot take what was typed as a change of the rule: somebody else was faster. */
export type Conflict = 'changed' | 'deleted';

export type EditorPhase = 'loading' | 'ready' | 'missing' | 'failed' | 'gone';

/** What is edited: a rule that is there, or a new one and what it begins with. */
export interface EditorPlace {
  readonly id: number | null;
  readonly host: string;
  readonly metric: string;
  /** Id of the rule of which a new one is a copy. */
  readonly copyOf: number | null;
}

/** Fields whose place at the hub is not their own name in snake_case; a place begins with one of these. */
const placesOfFields: Readonly<Partial<Record<keyof RuleForm, readonly string[]>>> = {
  patterns: ['metric'],
  hold: ['for'],
  keepFiring: ['keep_firing'],
  noData: ['no_data'],
  firesWithoutData: ['no_data'],
  inputWindow: ['input'],
  groupBy: ['group_by'],
  repeats: ['repeat'],
  recoveryLow: ['recovery_low'],
  recoveryHigh: ['recovery_high'],
  skew: ['threshold'],
};
const limitFields: readonly (keyof RuleForm)[] = [
  'threshold',
  'recovery',
  'low',
  'high',
  'recoveryLow',
  'recoveryHigh',
];

export class RuleEditor {
  readonly changed = new Signal();
  readonly #client: HubClient;
  #phase: EditorPhase = 'loading';
  #why = '';
  #saved: Rule | null = null;
  #initial: RuleForm;
  #form: RuleForm;
  #read: ReadForm;
  #refused: Problems = new Map();
  #conflict: Conflict | null = null;
  #isSaving = false;
  #isReleased = false;

  constructor(client: HubClient) {
    this.#client = client;
    this.#initial = this.#form = formOf(newRuleDraft({ host: '', metric: '' }));
    this.#read = readForm(this.#form);
  }

  get phase(): EditorPhase {
    return this.#phase;
  }

  /** Why it could not be loaded. */
  get why(): string {
    return this.#why;
  }

  get form(): RuleForm {
    return this.#form;
  }

  /** The rule as the hub has it; null for a new one. */
  get saved(): Rule | null {
    return this.#saved;
  }

  /** null while something is wrong. */
  get draft(): RuleDraft | null {
    return this.#read.draft;
  }

  /** What is wrong here, and what the hub has refused. */
  get problems(): Problems {
    return new Map([...this.#refused, ...this.#read.problems]);
  }

  /** Of the last attempt to save; what was typed is kept until people have decided. */
  get conflict(): Conflict | null {
    return this.#conflict;
  }

  get isSaving(): boolean {
    return this.#isSaving;
  }

  /** It stands in the hub's file of alerts: only there it can be changed. */
  get isReadOnly(): boolean {
    return this.#saved?.origin === 'file';
  }

  /** Whether something would be lost by leaving. "2m" instead of "2 m" is no change. */
  get isDirty(): boolean {
    if (this.#form === this.#initial || this.#phase !== 'ready') return false;
    const { draft } = this.#read;
    return draft === null || JSON.stringify(draft) !== JSON.stringify(readForm(this.#initial).draft);
  }

  async load({ id, host, metric, copyOf }: EditorPlace): Promise<void> {
    const source = id ?? copyOf;
    if (source === null) {
      this.#begin(null, newRuleDraft({ host, metric }));
      return;
    }
    this.#phase = 'loading';
    this.changed.announce();
    const asked = await readRule(this.#client, source);
    if (this.#isReleased) return;
    if (asked.kind === 'ok') {
      if (id === null) this.#begin(null, duplicateOf(asked.value));
      else this.#begin(asked.value, asked.value);
      return;
    }
    this.#phase = asked.status === 404 ? 'missing' : 'failed';
    this.#why = asked.why;
    this.changed.announce();
  }

  set(change: Partial<RuleForm>): void {
    if (this.isReadOnly) return;
    this.#form = { ...this.#form, ...change };
    this.#read = readForm(this.#form);
    // What was refused may be right by now; what was not touched is not.
    const touched = Object.keys(change).flatMap((field) => placesOf(field as keyof RuleForm));
    this.#refused = new Map(
      [...this.#refused].filter(
        ([place]) => place !== '' && !touched.some((one) => place === one || place.startsWith(`${one}.`)),
      ),
    );
    this.changed.announce();
  }

  discard(): void {
    this.#form = this.#initial;
    this.#read = readForm(this.#form);
    this.#refused = new Map();
    this.#conflict = null;
    this.changed.announce();
  }

  /** The rule as it is kept now; null when it was refused, or there was nothing to be sent. */
  async save(): Promise<Rule | null> {
    const { draft } = this.#read;
    if (draft === null || this.#isSaving || this.isReadOnly) return null;
    const sent = this.#form;
    const saved = this.#saved;
    const name = draft.name === '' && saved !== null ? saved.name : draft.name;
    const asked = await this.#whileSaving(
      saved === null ? createRule(this.#client, draft) : changeRule(this.#client, saved, { ...draft, name }),
    );
    if (asked.kind === 'failed') {
      this.#conflict = saved === null ? null : conflictOf(asked);
      this.#refused = this.#conflict === null ? problemsOfRefusal(asked.why) : new Map();
      this.changed.announce();
      return null;
    }
    // Fields that were changed while it was on its way stay changed.
    const typed = this.#form;
    this.#begin(asked.value, asked.value);
    if (typed !== sent) this.set(differencesOf(typed, sent));
    return asked.value;
  }

  /** Saves what was typed in spite of `conflict`: over what somebody else has written, or as a new rule. */
  async saveAnyway(): Promise<Rule | null> {
    const saved = this.#saved;
    if (saved === null || this.#conflict === null || this.#isSaving) return null;
    if (this.#conflict === 'deleted') {
      this.#saved = null;
      return this.save();
    }
    const asked = await this.#whileSaving(readRule(this.#client, saved.id));
    if (asked.kind === 'ok') {
      this.#saved = asked.value;
      return this.save();
    }
    this.#conflict = conflictOf(asked);
    if (this.#conflict === null) this.#refused = new Map([['', asked.why]]);
    this.changed.announce();
    return null;
  }

  /** Whether it is gone. */
  async remove(): Promise<boolean> {
    const saved = this.#saved;
    if (saved === null || this.#isSaving) return false;
    const asked = await this.#whileSaving(deleteRule(this.#client, saved.id));
    if (asked.kind === 'failed' && asked.status !== 404) this.#refused = new Map([['', asked.why]]);
    else this.#phase = 'gone';
    this.changed.announce();
    return this.#phase === 'gone';
  }

  release(): void {
    this.#isReleased = true;
  }

  async #whileSaving<T>(work: Promise<Asked<T>>): Promise<Asked<T>> {
    this.#isSaving = true;
    this.#refused = new Map();
    this.#conflict = null;
    this.changed.announce();
    const asked = await work;
    this.#isSaving = false;
    return asked;
  }

  #begin(saved: Rule | null, draft: RuleDraft): void {
    this.#saved = saved;
    this.#phase = 'ready';
    this.#initial = this.#form = formOf({ name: draft.name, spec: draft.spec, isEnabled: draft.isEnabled });
    this.#read = readForm(this.#form);
    this.#refused = new Map();
    this.#conflict = null;
    this.changed.announce();
  }
}

/** A name that another rule has is refused with status 409 as well. */
function conflictOf({ status, why }: Failed): Conflict | null {
  if (status === 404) return 'deleted';
  return status === 409 && why.includes('changed meanwhile') ? 'changed' : null;
}

function placesOf(field: keyof RuleForm): readonly string[] {
  const own = placesOfFields[field] ?? [field];
  return limitFields.includes(field) || field === 'comparison' ? [...own, 'condition'] : own;
}

/** Those fields of `form` that are others than in `before`. */
function differencesOf(form: RuleForm, before: RuleForm): Partial<RuleForm> {
  const names = Object.keys(form) as (keyof RuleForm)[];
  return Object.fromEntries(names.filter((name) => form[name] !== before[name]).map((name) => [name, form[name]]));
}
