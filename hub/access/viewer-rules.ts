/**
 * Who may send which message over a viewer's socket. Exhaustive by type: a message without a rule does not build.
 */
import { ProtocolError } from '#core/errors.ts';
import type { FromViewer } from '#core/message.ts';
import { type AccessRule, type Actor, judgeAccess } from './actor.ts';

export const viewerRules: Readonly<Record<FromViewer['kind'], AccessRule>> = {
  subscribe: 'viewer',
  unsubscribe: 'viewer',
  watch: 'viewer',
};

/** Throws ProtocolError for a message that this one may not send. */
export function checkViewerMessage({ kind }: FromViewer, actor: Actor): void {
  const rule = viewerRules[kind];
  if (judgeAccess(rule, actor) === 'allowed') return;
  throw new ProtocolError('ERR_MESSAGE_FORBIDDEN', `Cannot take "${kind}": the role ${rule} is wanted`);
}
