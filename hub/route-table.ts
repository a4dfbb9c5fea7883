/**
 * The table of all routes: what the hub answers, who may ask, and what is written down of it. What each actor may do is
 * tested for every row of it.
 */
import { join } from 'node:path';
import type { AccessRoom } from './access/access-room.ts';
import type { ReadWarnings } from './access/warnings.ts';
import type { EngineSlot } from './engine-slot.ts';
import type { HealthReader } from './health.ts';
import { jsonAnswer, type Route } from './http.ts';
import { AgentArchive } from './install/agent-archive.ts';
import type { HubMetrics } from './metrics.ts';
import { auditRoutes } from './routes/access/audit.ts';
import { healthRoute } from './routes/access/health.ts';
import { peopleRoutes } from './routes/access/people.ts';
import { sessionRoutes } from './routes/access/session.ts';
import { tokenRoutes } from './routes/access/tokens.ts';
import { agentRoutes } from './routes/agents/agents.ts';
import { enrolmentRoutes } from './routes/agents/enrolments.ts';
import { aggregateRoutes } from './routes/aggregate.ts';
import { alertRoutes } from './routes/alerts/alerts.ts';
import { channelRoutes } from './routes/alerts/channels.ts';
import { downtimeRoutes, silenceRoutes } from './routes/alerts/downtimes.ts';
import { oldShapeRoutes } from './routes/alerts/old-shapes.ts';
import { ruleRoutes } from './routes/alerts/rules.ts';
import { backtestRoute } from './routes/backtest.ts';
import { fetchRoutes } from './routes/fetch.ts';
import { historyRoutes } from './routes/history.ts';
import { hostRoutes } from './routes/hosts.ts';
import { installRoutes } from './routes/install.ts';
import { noteRoutes } from './routes/notes.ts';
import { openApiRoute } from './routes/openapi.ts';
import { pageRoutes } from './routes/pages.ts';
import { pushRoute } from './routes/push.ts';
import { queryRoutes } from './routes/query.ts';
import { scriptRoutes } from './routes/scripts.ts';
import { seriesRoute } from './routes/series.ts';
import { clientRoutes } from './routes/settings/clients.ts';
import { settingsRoutes } from './routes/settings/host-settings.ts';
import { storageRoute } from './routes/storage.ts';
import { wipeRoute } from './routes/wipe.ts';
import type { Wiper } from './wiper.ts';

/** Every route of the hub. Two of one method and path are a fault that the sockets refuse to start with. */
export function routesOf(options: {
  readonly slot: EngineSlot;
  readonly access: AccessRoom;
  readonly warnings: ReadWarnings;
  readonly wiperOf: () => Wiper;
  readonly metrics: HubMetrics;
  readonly version: string;
  readonly health: HealthReader;
  /** With the built dashboard and the agent for other machines. */
  readonly packageFolder: string;
}): Route[] {
  const { slot, access, warnings, wiperOf, metrics, version, health, packageFolder } = options;
  const engineOf = () => slot.require();
  const reading = { method: 'get', isChange: false, action: null, bodyBytesMax: 0 } as const;
  return [
    ...pageRoutes(join(packageFolder, 'dist', 'ui')),
    ...installRoutes({ folder: join(packageFolder, 'install'), archive: archiveOf({ packageFolder, version }) }),
    ...sessionRoutes({
      accounts: access.accounts,
      isLoaded: () => access.book.isLoaded,
      hasAdmin: () => access.book.hasAdmin,
      hours: access.hours,
      warnings,
    }),
    ...peopleRoutes(access.accounts),
    ...tokenRoutes(access.accounts),
    ...auditRoutes(engineOf),
    healthRoute(health),
    ...fetchRoutes(engineOf),
    ...historyRoutes(engineOf),
    ...queryRoutes(engineOf),
    backtestRoute(engineOf),
    ...hostRoutes(engineOf),
    ...agentRoutes(engineOf),
    ...enrolmentRoutes(engineOf),
    seriesRoute(engineOf),
    pushRoute(engineOf),
    ...aggregateRoutes(engineOf),
    storageRoute(engineOf),
    ...ruleRoutes(engineOf),
    ...channelRoutes(engineOf),
    ...downtimeRoutes(engineOf),
    ...silenceRoutes(engineOf),
    ...alertRoutes(engineOf),
    ...noteRoutes(engineOf),
    ...scriptRoutes(engineOf),
    ...settingsRoutes(engineOf),
    ...clientRoutes(engineOf),
    ...oldShapeRoutes(engineOf),
    wipeRoute(wiperOf),
    openApiRoute(version),
    { ...reading, path: '/metrics', access: 'viewer', answer: () => metrics.answer() },
    {
      ...reading,
      path: '/healthz',
      access: 'public',
      // Whoever probes calls it by any name: a container's, a load balancer's. It says no more than whether the hub works.
      isOpen: true,
      answer: () =>
        slot.engine === null
          ? jsonAnswer({ status: 'starting', storage: slot.waitsFor }, 503)
          : jsonAnswer({ status: 'ok', storage: slot.engine.status().storage }),
    },
  ];
}

function archiveOf(options: { readonly packageFolder: string; readonly version: string }): AgentArchive {
  const { platform, arch, versions } = process;
  return new AgentArchive({ ...options, runtime: { platform, arch, abi: versions.modules } });
}
