/**
 * Rules by REST.
 */
import { z } from 'zod';
import type { Rule } from '#core/rule-spec.ts';
import { hostMatcherOf } from '#core/selector.ts';
import type { AuditNote } from '../../access/audit.ts';
import { unknownHostError } from '../../hosts.ts';
import { type HttpRequest, jsonAnswer, type Route } from '../../http.ts';
import { parseJson } from '../../json-body.ts';
import type { RuleDraft } from '../../store/alerts/rules.ts';
import { type RuleBody, ruleBody } from '../alert-schemas.ts';
import { ruleDetail } from '../audit-details.ts';
import type { EngineOf } from '../fetch.ts';
import { listAnswer } from '../list-answer.ts';
import { draftOf, patchedRuleBody, ruleBodyOf } from '../rule-body.ts';
import { parseQuery } from '../schemas.ts';
import { change, converted, idOf, parsePatch, read, removal, splitVersion } from './common.ts';

export const rulesQuery = z.object({
  host: z.string().max(255).optional().describe('Only rules that mean this host'),
  name: z.string().max(200).optional().describe('Only the rule of this name'),
});

/** What a rule has beside its body. */
export const ruleAnswerFields = {
  id: z.number().int(),
  name: z.string(),
  origin: z.enum(['default', 'api', 'file']),
  read_only: z.boolean().describe('It is kept in the file of alerts'),
  version: z.number().int().describe('Rises with each change; given with a PATCH, a change in between is refused'),
  created: z.number().describe('Epoch seconds'),
  changed: z.number(),
};

export function ruleRoutes(engineOf: EngineOf): Route[] {
  return [
    {
      ...read,
      path: '/api/v1/rules',
      answer: (request) => listAnswer(chosen(engineOf, request), ruleAnswerOf),
    },
    {
      ...read,
      path: '/api/v1/rules/*',
      answer: (request) => jsonAnswer(ruleAnswerOf(engineOf().alertBook.rule(idOf(request, 'rule')))),
    },
    {
      ...change,
      action: 'rule.created',
      path: '/api/v1/rules',
      answer: async (request) => {
        const { draft, isNamed } = parseRule(parseJson(request.body), 'create rule');
        request.note.object = draft.name;
        request.note.detail = ruleDetail(draft);
        const rule = await engineOf().alertBook.createRule(draft, { isNamed });
        request.note.object = rule.name;
        request.note.detail = { id: rule.id, ...ruleDetail(rule) };
        return jsonAnswer(ruleAnswerOf(rule), 201);
      },
    },
    {
      ...change,
      method: 'patch',
      action: 'rule.changed',
      path: '/api/v1/rules/*',
      answer: async (request) => {
        const id = idOf(request, 'rule');
        const act = 'change rule';
        const { version, rest } = splitVersion(parsePatch(request.body, act), act);
        request.note.object = engineOf().alertBook.rule(id).name;
        request.note.detail = { id, changed: Object.keys(rest) };
        const become = (before: Rule) => {
          const { draft } = parseRule(patchedRuleBody(before, rest), act);
          noteRuleChange(request.note, { before, draft, changed: Object.keys(rest) });
          return draft;
        };
        return jsonAnswer(ruleAnswerOf(await engineOf().alertBook.editRule(id, { version, change: become })));
      },
    },
    {
      ...removal,
      action: 'rule.removed',
      path: '/api/v1/rules/*',
      answer: async (request) => {
        const id = idOf(request, 'rule');
        const rule = engineOf().alertBook.rule(id);
        request.note.object = rule.name;
        request.note.detail = { id, ...ruleDetail(rule) };
        await engineOf().alertBook.removeRule(id);
        return jsonAnswer({ status: 'success' });
      },
    },
  ];
}

export function noteRuleChange(
  note: AuditNote,
  { before, draft, changed }: { readonly before: Rule; readonly draft: RuleDraft; readonly changed: readonly string[] },
): void {
  note.object = before.name;
  note.detail = { id: before.id, changed, ...ruleDetail(before), becomes: ruleDetail(draft) };
}

/** Throws HttpError 400. `isNamed`: it says its name itself. */
export function parseRule(content: unknown, act: string): { readonly draft: RuleDraft; readonly isNamed: boolean } {
  return converted(content, {
    schema: ruleBody,
    act,
    convert: (body) => {
      const drafted = draftOf(body);
      if (drafted.kind === 'refused') return drafted;
      return { kind: 'done', item: { draft: drafted.draft, isNamed: body.name !== undefined } };
    },
  });
}

export function ruleAnswerOf(rule: Rule): RuleBody & Record<keyof typeof ruleAnswerFields, unknown> {
  const { id, name, origin, version, createdMs, changedMs } = rule;
  return {
    id,
    ...ruleBodyOf(rule),
    name,
    origin,
    read_only: origin === 'file',
    version,
    created: createdMs / 1_000,
    changed: changedMs / 1_000,
  };
}

function chosen(engineOf: EngineOf, request: HttpRequest): readonly Rule[] {
  const { host: hostName, name } = parseQuery(rulesQuery, request.query);
  const { alertBook, registry } = engineOf();
  const rules = alertBook.definitions.rules.filter((rule) => name === undefined || rule.name === name);
  if (hostName === undefined) return rules;
  const host = registry.byName(hostName)?.identity;
  if (host === undefined) throw unknownHostError(hostName);
  return rules.filter(({ spec }) => hostMatcherOf(spec.hosts)(host));
}
