/**
 * `/live`: whose dashboards are let in, by what a request of theirs would be, and the WebSocket of each. Only the hub's own
 * pages may open one: a browser sends cookies along whatever page asks it to.
 */
import type { HttpResponse, HttpRequest as UwsRequest, us_socket_context_t } from 'uWebSockets.js';
import { viewerSubprotocol } from '#core/message.ts';
import type { Actor } from '../access/actor.ts';
import type { Credentials, Gate } from '../access/gate.ts';
import type { Access } from '../access/site.ts';
import { HttpError } from '../http.ts';
import { addressGroup } from '../network/peer-address.ts';
import { identify, refusalOf } from './access-check.ts';
import type { Door } from './door.ts';
import type { ViewerEndpoint } from './endpoints.ts';
import { credentialsOf, headersOf } from './request-reader.ts';
import type { Served } from './served.ts';
import { behaviourOf, type SocketData } from './socket-behaviour.ts';
import { UwsViewerSocket } from './socket-objects.ts';
import { Upgrade } from './upgrade.ts';

/** A snapshot of a large host may be queued at once; a viewer that is behind gets nothing more. */
const viewerBackpressureBytesMax = 8 * 1024 * 1024;

interface ViewerData extends SocketData<UwsViewerSocket<ViewerData>> {
  readonly actor: Actor;
}

interface ViewerPorts {
  readonly door: Door;
  readonly viewers: ViewerEndpoint;
  readonly access: Access;
  readonly gate: Gate;
}

export function addViewers(served: Served, ports: ViewerPorts): void {
  const { door, viewers } = ports;
  const behaviour = behaviourOf<UwsViewerSocket<ViewerData>, ViewerData>(
    {
      make: (ws) => new UwsViewerSocket(ws),
      opened: (socket, { actor }) => viewers.opened(socket, actor),
      received: (socket, bytes, { actor }) => viewers.received(socket, bytes, actor),
      ponged: () => {},
      closed: (socket, { actor, address }) => {
        door.doorman.viewerClosed(personOf(actor, address));
        viewers.closed(socket);
      },
    },
    { served, door },
  );
  served.app.ws<ViewerData>('/live', {
    ...behaviour,
    maxPayloadLength: 64 * 1024,
    maxBackpressure: viewerBackpressureBytesMax,
    upgrade: (res, req, context) => {
      if (!door.isCut(res, req)) upgradeViewer(res, req, { ...ports, context });
    },
    drain: (ws) => {
      const { socket } = ws.getUserData();
      if (socket !== null) door.guard(socket, () => viewers.drained(socket));
    },
    dropped: (ws) => {
      const { socket } = ws.getUserData();
      if (socket !== null) door.guard(socket, () => viewers.dropped(socket));
    },
  });
}

function upgradeViewer(
  res: HttpResponse,
  req: UwsRequest,
  { door, access, gate, context }: ViewerPorts & { readonly context: us_socket_context_t },
): void {
  const { doorman } = door;
  const upgrade = new Upgrade(res, req, { context, door });
  const peer = door.peerOf(res, req);
  const { address } = peer;
  const foreign = access.socketProblem(headersOf(req), peer.scheme);
  const problem =
    door.turnedAway(peer) ??
    (foreign === null ? null : new HttpError(403, foreign)) ??
    upgrade.versionProblem() ??
    upgrade.subprotocolProblem(viewerSubprotocol, 'viewer');
  if (problem !== null) {
    upgrade.refuse(problem);
    return;
  }
  viewerOf(gate, credentialsOf(req, peer)).then(
    (actor) => {
      if (upgrade.isGone) return;
      const person = personOf(actor, address);
      if (!doorman.viewerOpened(person, address)) {
        upgrade.refuse(tooMany('dashboards are open'));
        return;
      }
      if (!doorman.opened(address, peer)) {
        doorman.viewerClosed(person);
        upgrade.refuse(tooMany('connections of this address'));
        return;
      }
      const data: ViewerData = { actor, address, allowance: doorman.viewerAllowance(address), socket: null };
      upgrade.accept(data, viewerSubprotocol);
    },
    (error: unknown) => {
      upgrade.refuse(
        error instanceof HttpError
          ? error
          : new HttpError(500, `Cannot accept viewer: ${door.failed(error, 'upgrade.failed')}`),
      );
    },
  );
}

/** Who it is, if they may look. Rejects with HttpError. */
async function viewerOf(gate: Gate, credentials: Credentials): Promise<Actor> {
  const actor = await identify(credentials, { gate, rule: 'viewer' });
  const refusal = refusalOf('viewer', actor);
  if (refusal !== null) throw refusal;
  return actor;
}

/** Whose dashboards are counted together: of strangers those of one address, as the door counts addresses. */
function personOf(actor: Actor, address: string): string {
  switch (actor.kind) {
    case 'person':
      return `person ${actor.personId}`;
    case 'token':
      return `token ${actor.tokenId}`;
    case 'operator':
      return 'operator';
    case 'anonymous':
      return `address ${addressGroup(address)}`;
  }
}

function tooMany(what: string): HttpError {
  return new HttpError(429, `Cannot accept viewer: too many ${what}`, { 'retry-after': '30' });
}
