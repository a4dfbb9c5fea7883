/**
 * A thread of the simulator that makes months: values, chunks and rollups. The database is its parent's. Composition root.
 */
import '#core/no-proto.ts';

import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { assert } from '#core/errors.ts';
import { MonthBuilder, type MonthRequest } from './simulate/month-builder.ts';
import { serve } from './threads/rpc.ts';

export type MonthMethods = ReturnType<typeof createMethods>;

function createMethods() {
  const builder = new MonthBuilder((bytes) => createHash('sha256').update(bytes).digest());
  return { build: (request: MonthRequest) => builder.build(request) };
}

assert(parentPort !== null, 'the thread is started by the simulator');
serve(parentPort, createMethods());
