/**
 * Sockets as the engine uses them, around the library's. Its object must not be touched once the socket is closed: a
 * call then ends the process. So each of these lets go of it in `died`, and does nothing from then on.
 */
import type { WebSocket } from 'uWebSockets.js';
import type { ViewerSocket } from '../live/fanout.ts';
import type { AgentSocket } from './endpoints.ts';

export class UwsAgentSocket<D> implements AgentSocket {
  readonly address: string;
  /** null once the library's object is dead: using it then would end the process. */
  #ws: WebSocket<D> | null;

  constructor(ws: WebSocket<D>, address: string) {
    this.#ws = ws;
    this.address = address;
  }

  send(bytes: Uint8Array): void {
    this.#ws?.send(bytes, true, false);
  }

  ping(): void {
    this.#ws?.ping();
  }

  close(closeCode: number, reason: string): void {
    this.#ws?.end(closeCode, shortReason(reason));
  }

  died(): void {
    this.#ws = null;
  }
}

/** What the library's `send` answers, by number. */
const sendOutcomes = ['queued', 'sent', 'dropped'] as const;

export class UwsViewerSocket<D> implements ViewerSocket {
  #ws: WebSocket<D> | null;

  constructor(ws: WebSocket<D>) {
    this.#ws = ws;
  }

  send(bytes: Uint8Array): 'sent' | 'queued' | 'dropped' {
    return this.#ws === null ? 'dropped' : sendOutcomes[this.#ws.send(bytes, true, false)]!;
  }

  subscribe(topic: string): void {
    this.#ws?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#ws?.unsubscribe(topic);
  }

  bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  close(closeCode: number, reason: string): void {
    this.#ws?.end(closeCode, shortReason(reason));
  }

  died(): void {
    this.#ws = null;
  }
}

/** A close frame holds 123 bytes of reason (RFC 6455, 5.5). */
function shortReason(reason: string): string {
  return Buffer.from(reason)
    .subarray(0, 123)
    .toString()
    .replace(/\ufffd+$/, '');
}
