/**
 * A dashboard with one host and a hub that answers REST as a test says, for what lies between the two: its clock is
 * moved by hand, its live messages are said by hand.
 */
import { encodeMessage } from '#core/codec.ts';
import type { AlertRow, ToViewer } from '#core/message.ts';
import { HubClient } from '../api/client.ts';
import { Dashboard } from '../dashboard.ts';
import { SessionBook } from '../live/session-book.ts';

/** Body of an answer by method and path without its query; a number is a refusal with this status, bytes go as they are. */
export type Answers = Readonly<Record<string, unknown>>;

export interface AlertWorld {
  readonly dashboard: Dashboard;
  /** Everything that was asked for, with its query. */
  readonly asked: string[];
  answers: Answers;
  /** Lets so many seconds pass, one by one, each with what it asks for answered. */
  pass(seconds: number): Promise<void>;
  /** The hub tells of alerts; `isWhole`: these and no others. */
  tell(alerts: readonly AlertRow[], isWhole?: boolean): Promise<void>;
  /** The WebSocket is gone, and none comes. */
  cut(): void;
}

export async function alertWorld(answers: Answers, startMs: number): Promise<AlertWorld> {
  let nowMs = startMs;
  const works: Promise<void>[] = [];
  const asked: string[] = [];
  const socket: {
    onopen?: () => void;
    onmessage?: (event: { data: unknown }) => void;
    onclose?: (event: { code: number }) => void;
  } = {};
  let isCut = false;
  const dashboard = new Dashboard({
    url: 'ws://hub/live',
    session: new SessionBook(),
    openSocket: () => Object.assign(isCut ? {} : socket, { send: () => {}, close: () => {} }) as unknown as WebSocket,
    nowMs: () => nowMs,
    random: () => 0.5,
    after: () => () => {},
    client: new HubClient(async (path, init = {}) => {
      asked.push(`${init.method ?? 'GET'} ${String(path)}`);
      const body = world.answers[`${init.method ?? 'GET'} ${String(path).split('?')[0]}`] ?? 404;
      if (body instanceof Uint8Array) return new Response(Uint8Array.from(body));
      return typeof body === 'number'
        ? new Response(JSON.stringify({ error: `the hub says ${body}` }), { status: body })
        : new Response(JSON.stringify(body));
    }),
    api: { readFleet: async () => 'failed', readStorage: async () => 'failed' },
    inflate: async (bytes) => bytes,
    background: (work) => works.push(work),
  });
  const settle = async () => {
    while (works.length > 0) await Promise.all(works.splice(0));
  };
  const say = (message: ToViewer) => socket.onmessage?.({ data: Uint8Array.from(encodeMessage(message)).buffer });
  const host = {
    hostId: 1,
    name: 'db-02',
    alias: 'Postgres',
    state: 'up',
    intervalMs: 1_000,
    lastMs: startMs,
  } as const;
  const status = () => {
    dashboard.clock.observe(nowMs, nowMs);
    say({ kind: 'hosts', hosts: [{ ...host, downtimeUntilMs: 0, tags: { role: 'db' }, facts: {} }], removed: [] });
  };
  const world: AlertWorld = {
    dashboard,
    asked,
    answers,
    async pass(seconds) {
      for (let second = 0; second < seconds; second += 1) {
        nowMs += 1_000;
        if (!isCut) status();
        dashboard.second();
        await settle();
      }
    },
    async tell(alerts, isWhole = true) {
      say({ kind: 'alert', isWhole, alerts });
      await settle();
    },
    cut() {
      isCut = true;
      socket.onclose?.({ code: 1006 });
    },
  };
  dashboard.start();
  socket.onopen?.();
  status();
  return world;
}
