/**
 * `POST /aggregate` (and GET, as old clients ask): compacts, rolls up, and lets go of what is too old, now instead of when it is due.
 */
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { RemoteError } from '../threads/rpc.ts';
import type { EngineOf } from './fetch.ts';
import { aggregateQuery, parseQuery } from './schemas.ts';

export function aggregateRoutes(engineOf: EngineOf): Route[] {
  const answer = (request: HttpRequest) => aggregate(engineOf, request);
  return (['get', 'post'] as const).map(
    (method): Route => ({
      method,
      path: '/aggregate',
      access: 'admin',
      isChange: true,
      action: 'storage.aggregated',
      bodyBytesMax: 0,
      answer,
    }),
  );
}

async function aggregate(engineOf: EngineOf, request: HttpRequest) {
  const { wait } = parseQuery(aggregateQuery, request.query);
  const engine = engineOf();
  const { isRunning } = await storageAnswer(engine.archive.call('upkeepReport', null));
  if (isRunning) return jsonAnswer({ status: 'Data aggregation is running already' });
  const run = engine.chores.runUpkeep({ all: true }).then(() => engine.chores.retain());
  // Whoever waits hears of a failure; for others it is logged, and the next run finds the same rows.
  if (wait === '1') await storageAnswer(run);
  else run.catch((error: unknown) => engine.log.warn({ err: error }, 'upkeep.failed'));
  return jsonAnswer({ status: 'Data aggregation triggered successfully' });
}

async function storageAnswer<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    // Without a code it is a fault of ours, not the database's.
    if (!(error instanceof RemoteError) || error.code === null) throw error;
    throw new HttpError(503, 'Cannot aggregate: the database is away', { 'retry-after': '10' });
  }
}
