/** Words of the page of scripts. Pure. */
import type { ScriptRunState } from '#core/message.ts';
import type { AgentDoor, ListedScript } from '../../api/scripts.ts';

/** Word and look of each state. */
export const stateTexts: Readonly<
  Record<ScriptRunState, { readonly text: string; readonly look: 'up' | 'warn' | 'down' | 'none' }>
> = {
  waiting: { text: 'Not run yet', look: 'none' },
  running: { text: 'First run', look: 'none' },
  well: { text: 'Well', look: 'up' },
  failing: { text: 'Failing', look: 'warn' },
  refused: { text: 'Refused', look: 'down' },
  revoked: { text: 'Revoked', look: 'none' },
};

/** "3 scripts on 2 hosts" */
export function scriptsText(scripts: readonly ListedScript[], doors: readonly AgentDoor[]): string {
  const open = doors.filter(({ door }) => door === 'open').length;
  return `${counted(scripts.length, 'script')}. ${open === 0 ? 'No agent runs scripts' : `${counted(open, 'agent')} open to scripts`}`;
}

/** "role=web, db-01"; "all hosts" */
export function targetsText(targets: readonly string[]): string {
  if (targets.includes('all')) return 'all hosts';
  return targets.map((target) => target.slice(target.indexOf(':') + 1)).join(', ');
}

/** "4 well, 1 refused": what needs somebody first. */
export function agentsText(agents: ListedScript['agents']): {
  readonly text: string;
  readonly look: 'up' | 'warn' | 'down' | 'none';
} {
  const order: readonly ScriptRunState[] = ['refused', 'failing', 'well', 'running', 'waiting', 'revoked'];
  const parts = order.flatMap((state) => {
    const count = agents[state] ?? 0;
    return count === 0 ? [] : [{ state, text: `${count} ${stateTexts[state].text.toLowerCase()}` }];
  });
  if (parts.length === 0) return { text: 'No agent has it', look: 'none' };
  return { text: parts.map(({ text }) => text).join(', '), look: stateTexts[parts[0]!.state].look };
}

/** Enough of a key to tell it from others. */
export function keyText(key: string): string {
  const bare = key.replace(/^ed25519:/, '');
  return bare.length <= 12 ? bare : `${bare.slice(0, 8)}…`;
}

/** What an operator types where the private key is. */
export const signCommands = {
  newKey: 'pulsewire sign --new-key publisher.key',
  sign: 'pulsewire sign --key publisher.key --name queue-depth --target tag:role=web queue-depth.py > queue-depth.signed',
  revoke: 'pulsewire sign --key publisher.key --revoke queue-depth > queue-depth.revoked',
} as const;

/** What the agent's settings file says. */
export const agentSettings = `"scripts": {
  "enabled": true,
  "publisherKeys": ["ed25519:…"],
  "runAs": "pulsewire-scripts"
}`;

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
