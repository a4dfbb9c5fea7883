/**
 * Queries of history over HTTP on one connection that stays open, as a dashboard's, each timed from the request to the last byte.
 */
import { Agent, get } from 'node:http';
import { benchOperatorHeaders } from './hub-process.ts';
import { Latencies, type LatencyFigures } from './latency.ts';

export interface Query {
  readonly hostName: string;
  readonly keys: readonly string[];
  /** Epoch ms; the end is not part of the span. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly pointsMax: number;
}

/** What is looked at in an answer: one entry for each series. */
export interface QueryAnswer {
  readonly tier: string;
  readonly series: readonly {
    readonly series: string;
    readonly min: readonly number[];
    readonly max: readonly number[];
    readonly count: readonly number[];
  }[];
}

export class QueryClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Asks once. Rejects unless the answer is 200. */
  async ask(
    query: Query,
  ): Promise<{ readonly answer: QueryAnswer; readonly elapsedMs: number; readonly bytes: number }> {
    const fromMs = performance.now();
    const { status, body } = await this.#get(pathOf(query));
    const elapsedMs = performance.now() - fromMs;
    if (status !== 200) throw new Error(`Cannot query: the hub must answer: got ${status} ${body.toString('utf8')}`);
    return { answer: JSON.parse(body.toString('utf8')) as QueryAnswer, elapsedMs, bytes: body.byteLength };
  }

  /** Asks again and again, one after the other, for what `queryOf` says. */
  async measure(
    count: { readonly warmup: number; readonly measure: number },
    queryOf: (turn: number) => Query,
  ): Promise<LatencyFigures> {
    const latencies = new Latencies();
    for (let turn = 0; turn < count.warmup + count.measure; turn += 1) {
      const { elapsedMs } = await this.ask(queryOf(turn));
      if (turn >= count.warmup) latencies.add(elapsedMs);
    }
    return latencies.figures();
  }

  close(): void {
    this.#agent.destroy();
  }

  #get(path: string): Promise<{ readonly status: number; readonly body: Buffer }> {
    return new Promise((resolve, reject) => {
      const call = get(
        { host: '127.0.0.1', port: this.#port, path, agent: this.#agent, headers: benchOperatorHeaders },
        (answer) => {
          const pieces: Buffer[] = [];
          answer.on('data', (piece: Buffer) => pieces.push(piece));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(pieces) }));
          answer.on('error', reject);
        },
      );
      call.on('error', reject);
    });
  }
}

export function pathOf({ hostName, keys, fromMs, toMs, pointsMax }: Query): string {
  const parameters = new URLSearchParams({ host: hostName });
  for (const key of keys) parameters.append('series', key);
  parameters.set('start', String(fromMs / 1_000));
  parameters.set('end', String(toMs / 1_000));
  parameters.set('points', String(pointsMax));
  return `/api/v1/query?${parameters}`;
}
