/**
 * What notices are sent to: an HTTP server of the runner, outside of everything that is killed. It keeps every body
 * with the moment at which its last byte was there.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { assert, DecodeError } from '#core/errors.ts';
import type { ReceivedEvent } from './alert-check.ts';
import type { Clock } from './clock.ts';

/** One message: events that were put together. `atMs` is on the clock of the benchmark. */
export interface Delivery {
  readonly channel: string;
  readonly atMs: number;
  readonly events: readonly NoticedEvent[];
}

export interface NoticedEvent extends ReceivedEvent {
  readonly ruleName: string;
  readonly hostName: string;
  readonly cause: string | null;
}

const bodyBytesMax = 16 * 1024 * 1024;

export class WebhookReceiver {
  readonly deliveries: Delivery[] = [];
  /** What cannot be read; a run with any is worth nothing. */
  readonly problems: string[] = [];
  readonly #clock: Clock;
  readonly #server: Server;
  #port = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#server = createServer(async (request, response) => {
      const body = await readBody(request);
      const atMs = this.#clock.nowMs();
      response.writeHead(200).end();
      try {
        const channel = (request.url ?? '/').slice(1);
        this.deliveries.push({ channel, atMs, events: parseNotice(body, { channel, atMs }) });
      } catch (error) {
        this.problems.push(error instanceof Error ? error.message : String(error));
      }
    });
  }

  /** Listens on a port of its own, of loopback. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = this.#server.address();
    assert(address !== null && typeof address === 'object', 'a server that listens has an address');
    this.#port = address.port;
  }

  /** As the hub's setting `internalTargets` takes it. */
  get target(): string {
    return `127.0.0.1:${this.#port}`;
  }

  urlOf(channel: string): string {
    return `http://${this.target}/${channel}`;
  }

  get events(): NoticedEvent[] {
    return this.deliveries.flatMap(({ events }) => events);
  }

  /** Messages with an event that is meant, from a moment on. */
  messages(isMeant: (event: NoticedEvent) => boolean, fromMs = 0): Delivery[] {
    return this.deliveries.filter(({ atMs, events }) => atMs >= fromMs && events.some(isMeant));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.byteLength;
    if (bytes > bodyBytesMax) break;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The events of a body (docs/alerts.md). Throws DecodeError. */
export function parseNotice(body: string, by: { readonly channel: string; readonly atMs: number }): NoticedEvent[] {
  const message = JSON.parse(body) as { readonly events?: unknown };
  if (!Array.isArray(message.events))
    throw new DecodeError(`Cannot read notice: events must be there: got ${body.slice(0, 200)}`);
  return message.events.map((event: unknown) => {
    const { key, kind, status, rule, host, cause } = event as Readonly<Record<string, unknown>>;
    if (typeof key !== 'string' || typeof kind !== 'string' || typeof status !== 'string')
      throw new DecodeError(`Cannot read notice: key, kind and status must be texts: got ${JSON.stringify(event)}`);
    return {
      ...by,
      key,
      kind,
      isFiring: status === 'firing',
      ruleName: String(rule ?? ''),
      hostName: String(host ?? ''),
      cause: typeof cause === 'string' ? cause : null,
    };
  });
}
