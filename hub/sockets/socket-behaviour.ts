/**
 * What agents' and viewers' WebSockets have in common once they are open: they count for their app and at the door, what they
 * send is paid from their allowance, only bytes are taken, and a fault closes that socket alone. Message buffers of the
 * library die when a handler returns; whoever keeps bytes copies them.
 */
import type { WebSocket, WebSocketBehavior } from 'uWebSockets.js';
import { ProtocolError } from '#core/errors.ts';
import type { Allowance } from '../network/doorman.ts';
import type { Door } from './door.ts';
import type { Served } from './served.ts';

/** `DISABLED` of the library: its types and its module disagree on where it is. */
const compressionOff = 0;
/** Seconds without a byte after which the library closes; it pings before. Both sides notice within 45 s. */
const idleSeconds = 32;

/** What the library keeps with each WebSocket. */
export interface SocketData<S> {
  readonly address: string;
  readonly allowance: Allowance;
  /** null before it is open, and once it is closed. */
  socket: S | null;
}

interface OwnSocket {
  close(closeCode: number, reason: string): void;
  /** Lets go of the library's object. */
  died(): void;
}

/** What becomes of one kind of WebSocket. Calls that throw ProtocolError close it. */
interface SocketEvents<S, D> {
  make(ws: WebSocket<D>): S;
  opened(socket: S, data: D): void;
  received(socket: S, bytes: Uint8Array, data: D): void;
  ponged(socket: S): void;
  closed(socket: S, data: D): void;
}

export function behaviourOf<S extends OwnSocket, D extends SocketData<S>>(
  events: SocketEvents<S, D>,
  { served, door }: { readonly served: Served; readonly door: Door },
): WebSocketBehavior<D> {
  const { doorman } = door;
  return {
    compression: compressionOff,
    idleTimeout: idleSeconds,
    open: (ws) => {
      const data = ws.getUserData();
      const socket = events.make(ws);
      data.socket = socket;
      served.socketCount += 1;
      door.guard(socket, () => events.opened(socket, data));
    },
    message: (ws, message, isBinary) => {
      const data = ws.getUserData();
      const { socket, allowance } = data;
      if (socket === null) return;
      door.guard(socket, () => {
        checkAllowance(allowance, message.byteLength);
        checkBinary(isBinary);
        events.received(socket, new Uint8Array(message), data);
      });
    },
    ping: (ws, message) => {
      const { socket, allowance } = ws.getUserData();
      if (socket !== null) door.guard(socket, () => checkAllowance(allowance, message.byteLength));
    },
    pong: (ws, message) => {
      const { socket, allowance } = ws.getUserData();
      if (socket === null) return;
      door.guard(socket, () => {
        checkAllowance(allowance, message.byteLength);
        events.ponged(socket);
      });
    },
    close: (ws) => {
      const data = ws.getUserData();
      const { socket } = data;
      if (socket === null) return;
      served.socketCount -= 1;
      doorman.closed(data.address);
      doorman.disconnected();
      // From here on the library's object is dead: nothing may reach it through the socket.
      data.socket = null;
      socket.died();
      door.guard(socket, () => events.closed(socket, data));
    },
  };
}

function checkAllowance(allowance: Allowance, bytes: number): void {
  const limit = allowance.take(bytes);
  if (limit !== null) throw new ProtocolError('ERR_RATE_EXCEEDED', `Cannot go on: too much is sent (${limit})`);
}

function checkBinary(isBinary: boolean): void {
  if (!isBinary) throw new ProtocolError('ERR_MESSAGE_TEXT', 'Cannot accept message: binary is wanted: got text');
}
