/**
 * Pushed bodies: names each so that a retry is recognised, samples for clients that have no agent, stores and
 * only then answers and shows.
 */
import { fillAbsence } from '#core/absence.ts';
import { encodeLayout, type Layout, type Sha256 } from '#core/series.ts';
import { HttpError } from './http.ts';
import type { AcceptedTick } from './intake/intake.ts';
import type { ParsedPush } from './push-body.ts';
import { PushedHost, type PushedValue, pushIntervalMs } from './pushed-host.ts';
import type { Registry } from './registry.ts';
import type { PushAnswer, PushRequest } from './store/push.ts';

export interface PusherPorts {
  readonly registry: Registry;
  readonly sha256: Sha256;
  store(request: PushRequest): Promise<PushAnswer>;
  /** The newest stored value of each series of a host that pushes. Rejects when the database is away. */
  readLatest(hostId: number): Promise<readonly PushedValue[]>;
  show(tick: AcceptedTick): void;
  /** First instant that is kept, epoch ms. */
  floorMs(): number;
}

export interface PushOptions {
  readonly body: Uint8Array;
  /** Empty for none. */
  readonly idempotencyKey: string;
  readonly random: () => Uint8Array;
  readonly nowMs: number;
}

/** Bytes that may wait for the database at once, of bodies or of what they become, whichever is more. */
const waitingBytesMax = 8 * 1024 * 1024;
const hostsMax = 10_000;
const retryAfter = { 'retry-after': '10' };

export class Pusher {
  readonly #ports: PusherPorts;
  readonly #hosts = new Map<string, PushedHost>();
  #waitingBytes = 0;
  #waitingCount = 0;
  /** Set when the hub stops: nothing new is taken. */
  isStopping = false;

  constructor(ports: PusherPorts) {
    this.#ports = ports;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Bodies that have been taken and not answered. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Settles when the body is stored. Throws HttpError: 400, 409 for a name that an agent holds, 503 when storing is not possible. */
  async push(push: ParsedPush, options: PushOptions): Promise<void> {
    if (this.#ports.registry.byName(push.hostName)?.identity.kind === 'agent') throw takenError(push.hostName);
    const { timeMs } = push.ticks[0]!;
    const floorMs = this.#ports.floorMs();
    if (options.nowMs < floorMs)
      throw new HttpError(503, 'Cannot store metrics: the clock of the hub is behind', retryAfter);
    if (timeMs < floorMs) throw expiredError(timeMs, floorMs);
    if (this.isStopping) throw new HttpError(503, 'Cannot store metrics: the hub is stopping', retryAfter);
    this.#waitingCount += 1;
    try {
      await this.#store(push, options);
    } finally {
      this.#waitingCount -= 1;
    }
  }

  /** What is remembered by this name belongs to another host now, or to none. */
  forget(hostName: string): void {
    this.#hosts.delete(hostName);
  }

  /** The newest value of each series of a host that pushes, as far back as the database knows. */
  async latest(hostName: string): Promise<Map<string, number>> {
    return (await this.#restored(hostName)).latest();
  }

  async #store(push: ParsedPush, options: PushOptions): Promise<void> {
    const host = await this.#restored(push.hostName);
    const layout = host.layoutFor(push.ticks, options.nowMs, this.#ports.sha256);
    if (layout === null)
      throw new HttpError(
        400,
        'Cannot accept metrics: fewer or shorter names, or fewer different timestamps, are wanted',
      );
    const values = rowsOf(push, layout);
    // One body may always go: otherwise the largest could wait for ever.
    const bytes = Math.max(options.body.byteLength, values.byteLength);
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > waitingBytesMax) {
      throw new HttpError(
        503,
        `Cannot store metrics: at most ${waitingBytesMax} bytes may wait for the database`,
        retryAfter,
      );
    }
    this.#waitingBytes += bytes;
    try {
      const request = { ...this.#requestOf(push, layout, values), ...this.#epochOf(push, options) };
      const answer = await this.#ports.store(request).catch(() => null);
      if (answer === null) throw new HttpError(503, 'Cannot store metrics: the database is away', retryAfter);
      if (answer.kind === 'taken') throw takenError(push.hostName);
      if (answer.kind === 'unusable') throw new HttpError(400, answer.why);
      if (answer.kind === 'refused') throw new HttpError(503, answer.why, retryAfter);
      if (answer.isRepeat) return;
      host.note(push.ticks);
      this.#show(push, { layout, values, answer });
    } finally {
      this.#waitingBytes -= bytes;
    }
  }

  #requestOf(
    push: ParsedPush,
    layout: Layout,
    values: Float64Array<ArrayBuffer>,
  ): Omit<PushRequest, 'epoch' | 'isRepeatable'> {
    return {
      hostName: push.hostName,
      tags: push.tags,
      layout: { id: layout.id, bytes: encodeLayout(layout) },
      layoutId: layout.id,
      intervalMs: layout.intervalMs,
      columnCount: layout.series.length,
      times: Float64Array.from(push.ticks, (tick) => tick.timeMs),
      values,
    };
  }

  /** Equal for a retry: by the client's own key, else by its body if that would be the same again. */
  #epochOf(push: ParsedPush, options: PushOptions): Pick<PushRequest, 'epoch' | 'isRepeatable'> {
    const { body, idempotencyKey, random } = options;
    if (idempotencyKey === '' && !push.isTimed) return { epoch: hexOf(random()), isRepeatable: false };
    const client = Buffer.from(`${push.clientId}\0${idempotencyKey === '' ? 'body' : 'key'}\0`);
    const name = idempotencyKey === '' ? body : Buffer.from(idempotencyKey);
    return { epoch: hexOf(this.#ports.sha256(Buffer.concat([client, name])).subarray(0, 16)), isRepeatable: true };
  }

  /** What is remembered of a host, with what is stored of it as far as the database can be asked. */
  async #restored(hostName: string): Promise<PushedHost> {
    let host = this.#hosts.get(hostName);
    if (host === undefined) {
      host = new PushedHost();
      if (this.#hosts.size >= hostsMax) this.#hosts.delete(this.#hosts.keys().next().value!);
      this.#hosts.set(hostName, host);
    }
    if (host.isRestored) return host;
    const known = this.#ports.registry.byName(hostName);
    const values = known === undefined ? [] : await this.#ports.readLatest(known.identity.hostId).catch(() => null);
    // While the database is away the next one asks again.
    if (values === null) return host;
    host.isRestored = true;
    host.restore(values);
    return host;
  }

  #show(
    push: ParsedPush,
    stored: {
      readonly layout: Layout;
      readonly values: Float64Array<ArrayBuffer>;
      readonly answer: Extract<PushAnswer, { kind: 'stored' }>;
    },
  ): void {
    const { registry, show } = this.#ports;
    const { layout, values } = stored;
    const { host, ordinal } = stored.answer;
    const { hostId } = host;
    // Removed while its body was being stored.
    if (registry.put({ ...host, intervalMs: pushIntervalMs }) === null) return;
    const rowBytes = layout.series.length * 8;
    push.ticks.forEach((tick, index) => {
      show({
        hostId,
        ordinal,
        seq: index + 1,
        layout,
        timeMs: tick.timeMs,
        column: new Uint8Array(values.buffer, index * rowBytes, rowBytes),
      });
    });
  }
}

/** The body as rows of the layout; a name that does not come with a tick is *not due* in it. */
function rowsOf(push: ParsedPush, layout: Layout): Float64Array<ArrayBuffer> {
  const columnCount = layout.series.length;
  const values = new Float64Array(push.ticks.length * columnCount);
  fillAbsence(values, 'notDue');
  const places = new Map(layout.series.map((series, index) => [series.key, index]));
  push.ticks.forEach((tick, index) => {
    for (const [key, value] of tick.values) values[index * columnCount + places.get(key)!] = value;
  });
  return values;
}

/** An agent's would be stored as a gap, which nobody who pushes would see. */
function expiredError(timeMs: number, floorMs: number): HttpError {
  return new HttpError(
    400,
    `Cannot accept metrics: timestamps lie within what is kept, from ${floorMs / 1_000} on: got ${timeMs / 1_000}`,
  );
}

function takenError(hostName: string): HttpError {
  return new HttpError(
    409,
    `Cannot accept metrics: the name ${JSON.stringify(hostName)} belongs to a host with an agent`,
  );
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
