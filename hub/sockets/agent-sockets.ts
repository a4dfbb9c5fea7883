/**
 * `/agent`: which agents are let in, by their token, and the WebSocket of each. No page is an agent, so whoever has an Origin
 * is none.
 */
import type { HttpResponse, HttpRequest as UwsRequest, us_socket_context_t } from 'uWebSockets.js';
import { bulkMessageBytesMax } from '#core/limits.ts';
import { agentSubprotocol } from '#core/message.ts';
import { HttpError } from '../http.ts';
import type { Door } from './door.ts';
import type { AgentEndpoint } from './endpoints.ts';
import { isPassedOn } from './request-reader.ts';
import type { Served } from './served.ts';
import { behaviourOf, type SocketData } from './socket-behaviour.ts';
import { UwsAgentSocket } from './socket-objects.ts';
import { Upgrade } from './upgrade.ts';

/** Unsent bytes of an agent: acks and pongs are small, so this much means that it does not read. */
const agentBackpressureBytesMax = 1024 * 1024;

interface AgentData<C> extends SocketData<UwsAgentSocket<AgentData<C>>> {
  readonly credential: C;
}

interface AgentPorts<C> {
  readonly door: Door;
  readonly agents: AgentEndpoint<C>;
}

export function addAgents<C>(served: Served, ports: AgentPorts<C>): void {
  const { door, agents } = ports;
  const behaviour = behaviourOf<UwsAgentSocket<AgentData<C>>, AgentData<C>>(
    {
      make: (ws) => new UwsAgentSocket(ws, ws.getUserData().address),
      opened: (socket, { credential }) => agents.opened(socket, credential),
      received: (socket, bytes) => agents.received(socket, bytes),
      ponged: (socket) => agents.ponged(socket),
      closed: (socket) => agents.closed(socket),
    },
    { served, door },
  );
  served.app.ws<AgentData<C>>('/agent', {
    ...behaviour,
    maxPayloadLength: bulkMessageBytesMax,
    maxBackpressure: agentBackpressureBytesMax,
    closeOnBackpressureLimit: true,
    upgrade: (res, req, context) => {
      if (!door.isCut(res, req)) upgradeAgent(res, req, { ...ports, context });
    },
  });
}

function upgradeAgent<C>(
  res: HttpResponse,
  req: UwsRequest,
  { door, agents, context }: AgentPorts<C> & { readonly context: us_socket_context_t },
): void {
  const { doorman } = door;
  const upgrade = new Upgrade(res, req, { context, door });
  const peer = door.peerOf(res, req);
  const { address } = peer;
  const isProxied = peer.isProxied || isPassedOn(req);
  const bearer = /^Bearer ([\x21-\x7e]{1,512})$/.exec(req.getHeader('authorization'))?.[1];
  const problem =
    door.turnedAway(peer) ??
    upgrade.versionProblem() ??
    (req.getHeader('origin') === '' ? null : new HttpError(403, 'Cannot accept agent: pages are not agents')) ??
    upgrade.subprotocolProblem(agentSubprotocol, 'agent');
  if (problem !== null) {
    upgrade.refuse(problem);
    return;
  }
  if (bearer === undefined) {
    upgrade.refuse(new HttpError(401, 'Cannot accept agent: a bearer token is wanted'));
    return;
  }
  agents.authenticate(bearer, { address, isProxied }).then(
    (verdict) => {
      if (upgrade.isGone) return;
      if ('status' in verdict) {
        upgrade.refuse(new HttpError(verdict.status, verdict.why, retryAfter(verdict.retryAfterSec)));
        return;
      }
      if (!doorman.opened(address, peer)) {
        upgrade.refuse(new HttpError(429, 'Cannot accept agent: too many connections of this address', retryAfter(30)));
        return;
      }
      const allowance = doorman.agentAllowance(address);
      const data: AgentData<C> = { credential: verdict.credential, address, allowance, socket: null };
      upgrade.accept(data, agentSubprotocol);
    },
    (error: unknown) => {
      upgrade.refuse(new HttpError(500, `Cannot accept agent: ${door.failed(error, 'upgrade.failed')}`));
    },
  );
}

function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { 'retry-after': String(seconds) };
}
