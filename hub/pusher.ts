/**
 * Pushed bodies: names each so that a retry is recognised, samples for clients that have no agent, stores and
 * only then answers and shows (DESIGN 3, "Clients that push").
 */
import { fillAbsence } from '#core/absence.ts';
import { createLayout, encodeLayout, type Layout, type Sha256 } from '#core/series.ts';
import { HttpError } from './http.ts';
import type { AcceptedTick } from './intake/intake.ts';
import type { ParsedPush } from './push-body.ts';
import type { Registry } from './registry.ts';
import type { PushAnswer, PushRequest } from './store/push.ts';

export interface PusherPorts {
  readonly registry: Registry;
  readonly sha256: Sha256;
  store(request: PushRequest): Promise<PushAnswer>;
  show(tick: AcceptedTick): void;
}

/** Bytes of bodies that may wait for the database at once. */
const waitingBytesMax = 8 * 1024 * 1024;
/** A name that has not come for this long leaves the layout of its host. */
const nameMsMax = 86_400_000;
/** Pushes have no interval of their own; a minute is what such clients use. */
const intervalMs = 60_000;
const hostsMax = 10_000;

/** The names that a pushed host has used, with the time of each. */
interface PushedHost {
  readonly seenMs: Map<string, number>;
  layout: Layout | null;
}

export class Pusher {
  readonly #ports: PusherPorts;
  readonly #hosts = new Map<string, PushedHost>();
  #waitingBytes = 0;

  constructor(ports: PusherPorts) {
    this.#ports = ports;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Settles when the body is stored. Throws HttpError: 400, 409 for a name that an agent holds, 503 when storing is not possible. */
  async push(
    push: ParsedPush,
    options: {
      readonly body: Uint8Array;
      readonly idempotencyKey: string;
      readonly random: () => Uint8Array;
      readonly nowMs: number;
    },
  ): Promise<void> {
    const { body } = options;
    if (this.#ports.registry.byName(push.hostName)?.identity.kind === 'agent') throw takenError(push.hostName);
    if (this.#waitingBytes + body.byteLength > waitingBytesMax) {
      throw new HttpError(503, `Cannot store metrics: at most ${waitingBytesMax} bytes may wait for the database`, {
        'retry-after': '10',
      });
    }
    const layout = this.#layoutOf(push, options.nowMs);
    this.#waitingBytes += body.byteLength;
    try {
      const answer = await this.#ports.store(this.#requestOf(push, layout, options));
      if (answer.kind === 'taken') throw takenError(push.hostName);
      if (answer.kind === 'refused') throw new HttpError(503, answer.why, { 'retry-after': '10' });
      if (!answer.isRepeat) this.#show(push, layout, answer);
    } catch (error) {
      if (error instanceof HttpError) throw error;
      throw new HttpError(503, 'Cannot store metrics: the database is away', { 'retry-after': '10' });
    } finally {
      this.#waitingBytes -= body.byteLength;
    }
  }

  #requestOf(
    push: ParsedPush,
    layout: Layout,
    options: { readonly body: Uint8Array; readonly idempotencyKey: string; readonly random: () => Uint8Array },
  ): PushRequest {
    const tickCount = push.ticks.length;
    const columnCount = layout.series.length;
    const values = new Float64Array(tickCount * columnCount);
    fillAbsence(values, 'notDue');
    const places = new Map(layout.series.map((series, index) => [series.key, index]));
    push.ticks.forEach((tick, index) => {
      for (const [key, value] of tick.values) values[index * columnCount + places.get(key)!] = value;
    });
    return {
      hostName: push.hostName,
      tags: push.tags,
      ...this.#epochOf(push, options),
      layout: { id: layout.id, bytes: encodeLayout(layout) },
      layoutId: layout.id,
      intervalMs: layout.intervalMs,
      columnCount,
      times: Float64Array.from(push.ticks, (tick) => tick.timeMs),
      values,
    };
  }

  /** Equal for a retry: by the client's own key, else by its body if that would be the same again. */
  #epochOf(
    push: ParsedPush,
    options: { readonly body: Uint8Array; readonly idempotencyKey: string; readonly random: () => Uint8Array },
  ): Pick<PushRequest, 'epoch' | 'isRepeatable'> {
    const { body, idempotencyKey, random } = options;
    if (idempotencyKey === '' && !push.isTimed) return { epoch: hexOf(random()), isRepeatable: false };
    const client = Buffer.from(`${push.clientId}\0${idempotencyKey === '' ? 'body' : 'key'}\0`);
    const name = idempotencyKey === '' ? body : Buffer.from(idempotencyKey);
    return { epoch: hexOf(this.#ports.sha256(Buffer.concat([client, name])).subarray(0, 16)), isRepeatable: true };
  }

  #layoutOf(push: ParsedPush, nowMs: number): Layout {
    let host = this.#hosts.get(push.hostName);
    if (host === undefined) {
      host = { seenMs: new Map(), layout: null };
      if (this.#hosts.size >= hostsMax) this.#hosts.delete(this.#hosts.keys().next().value!);
      this.#hosts.set(push.hostName, host);
    }
    for (const tick of push.ticks) for (const key of tick.values.keys()) host.seenMs.set(key, nowMs);
    for (const [key, seenMs] of host.seenMs) if (nowMs - seenMs > nameMsMax) host.seenMs.delete(key);
    const keys = [...host.seenMs.keys()];
    const before = host.layout;
    if (
      before !== null &&
      before.series.length === keys.length &&
      before.series.every((series, index) => series.key === keys[index])
    )
      return before;
    host.layout = createLayout(
      { intervalMs, series: keys.map((key) => ({ key, unit: '', kind: 'gauge', every: 1 })) },
      this.#ports.sha256,
    );
    return host.layout;
  }

  #show(push: ParsedPush, layout: Layout, answer: Extract<PushAnswer, { kind: 'stored' }>): void {
    const { registry, show } = this.#ports;
    const { hostId, hostName: name, ordinal } = answer;
    const known = registry.host(hostId);
    const tags = { ...known?.identity.tags, ...push.tags };
    registry.put({
      hostId,
      name,
      kind: 'push',
      agentId: null,
      tags,
      facts: known?.identity.facts ?? {},
      intervalMs,
      lastMs: known?.lastMs ?? 0,
    });
    const { values } = this.#requestOf(push, layout, {
      body: new Uint8Array(0),
      idempotencyKey: 'shown',
      random: () => new Uint8Array(16),
    });
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

function takenError(hostName: string): HttpError {
  return new HttpError(
    409,
    `Cannot accept metrics: the name ${JSON.stringify(hostName)} belongs to a host with an agent`,
  );
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
