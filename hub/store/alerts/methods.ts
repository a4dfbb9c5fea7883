/**
 * What the thread that stores answers about rules, channels, downtimes, silences and alerts, as methods to be called
 * from main. Each rejects when the database is away.
 */
import type { Sql } from '../connect.ts';
import {
  type Acknowledgement,
  type AlertRequest,
  acknowledge,
  findAlert,
  type NoticeRequest,
  readAlerts,
  readAlertsById,
  readNotices,
  readTrace,
  retryNotice,
} from './alerts.ts';
import { createChannel, editChannel, removeChannel } from './channels.ts';
import { type DefinitionsRequest, readDefinitions } from './definitions.ts';
import { createDowntime, editDowntime, removeDowntime } from './downtimes.ts';
import { applyFile } from './file-definitions.ts';
import { createRule, editRule, type RuleDraft, removeRule, seedRules } from './rules.ts';
import { createSilence, removeSilence } from './silences.ts';

export type AlertMethods = ReturnType<typeof alertMethods>;

export function alertMethods(sql: Sql) {
  return {
    readDefinitions: (request: DefinitionsRequest) => readDefinitions(sql, request),
    seedRules: (drafts: readonly RuleDraft[]) => seedRules(sql, drafts),
    applyAlertsFile: (request: Parameters<typeof applyFile>[1]) => applyFile(sql, request),
    createRule: (request: Parameters<typeof createRule>[1]) => createRule(sql, request),
    editRule: (request: Parameters<typeof editRule>[1]) => editRule(sql, request),
    removeRule: (id: number) => removeRule(sql, id),
    createChannel: (request: Parameters<typeof createChannel>[1]) => createChannel(sql, request),
    editChannel: (request: Parameters<typeof editChannel>[1]) => editChannel(sql, request),
    removeChannel: (id: number) => removeChannel(sql, id),
    createDowntime: (request: Parameters<typeof createDowntime>[1]) => createDowntime(sql, request),
    editDowntime: (request: Parameters<typeof editDowntime>[1]) => editDowntime(sql, request),
    removeDowntime: (id: number) => removeDowntime(sql, id),
    createSilence: (request: Parameters<typeof createSilence>[1]) => createSilence(sql, request),
    removeSilence: (id: number) => removeSilence(sql, id),
    acknowledge: (request: Acknowledgement) => acknowledge(sql, request),
    retryNotice: (id: number) => retryNotice(sql, id),
  };
}

/** What may take longer, for the thread in which nothing waits for it. */
export function alertReadMethods(sql: Sql) {
  return {
    alerts: (request: AlertRequest) => readAlerts(sql, request),
    alertsById: (ids: readonly number[]) => readAlertsById(sql, ids),
    alert: (id: number) => findAlert(sql, id),
    alertTrace: (id: number) => readTrace(sql, id),
    notices: (request: NoticeRequest) => readNotices(sql, request),
  };
}
