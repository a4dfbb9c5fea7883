/**
 * What the storage thread is asked about enrolment tokens and the identities of agents.
 */
import type { Sql } from '../connect.ts';
import { createEnrolment, type EnrolmentDraft, readEnrolments, revokeEnrolment } from './enrolments.ts';
import {
  addToken,
  allowAgent,
  type CloneSighting,
  keepToken,
  noteClone,
  orderRotation,
  orderSplit,
  readAgentOrders,
  readStoredAgents,
  revokeAgent,
} from './identities.ts';
import { type SplitRequest, splitAgent } from './split.ts';

export type AgentMethods = ReturnType<typeof agentMethods>;

export function agentMethods(sql: Sql) {
  return {
    createEnrolment: (draft: EnrolmentDraft) => createEnrolment(sql, draft),
    enrolments: (id: number | null) => readEnrolments(sql, id),
    revokeEnrolment: (id: number) => revokeEnrolment(sql, id),
    agentOrders: (_: null) => readAgentOrders(sql),
    orderRotation: (hostName: string) => orderRotation(sql, hostName),
    revokeAgent: (hostName: string) => revokeAgent(sql, hostName),
    allowAgent: (hostName: string) => allowAgent(sql, hostName),
    orderSplit: (hostName: string) => orderSplit(sql, hostName),
    addToken: (request: { readonly hostId: number; readonly hash: string }) => addToken(sql, request),
    keepToken: (request: { readonly hostId: number; readonly hash: string }) => keepToken(sql, request),
    noteClone: (sighting: CloneSighting) => noteClone(sql, sighting),
    splitAgent: (request: SplitRequest) => splitAgent(sql, request),
    storedAgents: (hostId: number | null) => readStoredAgents(sql, hostId),
  };
}
