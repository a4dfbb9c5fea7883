/**
 * Whether scripts can be run safely on this machine, by trying: a script of our own looks from inside at what it may do.
 * Anything else than expected is said, and nothing runs.
 */
import type { ScriptLimits } from '#core/signed-script.ts';
import { findUser, SandboxError, type SandboxSettings, sandboxCommand } from './sandbox.ts';
import { runSandbox } from './sandbox-run.ts';

export interface SandboxWishes {
  /** Wanted where the agent is root. */
  readonly runAs: string | null;
  readonly hidden: readonly string[];
  readonly limits: ScriptLimits;
}

/** A busy small machine needs a second for all of it. */
const probeMsMax = 20_000;

/** Whoever could be asked to start something, for a user who may ask: not for scripts. */
const sockets = [
  '/run/user',
  '/run/docker.sock',
  '/var/run/docker.sock',
  '/run/podman',
  '/run/containerd',
  '/run/dbus',
  '/run/systemd/private',
] as const;

const probe = `
while read -r name value rest; do
  case $name in Uid:|CapPrm:|CapEff:|CapBnd:|NoNewPrivs:) echo "$name $value";; esac
done < /proc/self/status
echo "Mapped: $(cat /proc/self/uid_map)"
echo "Processes: $(ls -d /proc/[0-9]* | wc -l)"
touch /pulsewire-probe /var/tmp/pulsewire-probe /dev/shm/pulsewire-probe 2>/dev/null || true
if [ -e /pulsewire-probe ] || [ -e /var/tmp/pulsewire-probe ] || [ -e /dev/shm/pulsewire-probe ]; then echo 'Writes: 1'; fi
`;

/** How to run scripts here. Throws SandboxError where it cannot be done safely. */
export async function prepareSandbox({ runAs, hidden, limits }: SandboxWishes): Promise<SandboxSettings> {
  if (process.platform !== 'linux')
    throw new SandboxError(`Cannot run scripts safely: the system must be Linux: got ${process.platform}`);
  const isRoot = process.getuid!() === 0;
  if (isRoot && runAs === null)
    throw new SandboxError(
      'Cannot run scripts: the agent is root, so "scripts.runAs" of its settings must name an unprivileged user',
    );
  const user = isRoot ? await findUser(runAs!) : null;
  const settings: SandboxSettings = { user, hidden: [...hidden, ...sockets] };
  const request = { interpreter: 'sh', hasNetwork: false, limits } as const;
  const command = await sandboxCommand(request, settings);
  const end = await runSandbox(command, Buffer.from(probe), { wallMs: probeMsMax, outputBytes: limits.outputBytes })
    .end;
  if (end.kind !== 'done' || end.exitCode !== 0) throw new SandboxError(`${end.problem}${advice(isRoot)}`);
  const found = new Map(end.output.split('\n').map((line) => line.split(': ') as [string, string]));
  const uid = isRoot ? String(user!.uid) : '0';
  const isOwnUser = isRoot || found.get('Mapped')?.trim().split(/\s+/).join(' ') === `0 ${process.getuid!()} 1`;
  const isDropped = ['CapPrm', 'CapEff', 'CapBnd'].every((name) => /^0+$/.test(found.get(name) ?? ''));
  const isSafe = found.get('Uid') === uid && isOwnUser && isDropped && found.get('NoNewPrivs') === '1';
  if (!isSafe || Number(found.get('Processes')) > 20 || found.has('Writes'))
    throw new SandboxError(
      'Cannot run scripts safely: a script must have no rights and see no other process: got more',
    );
  return settings;
}

function advice(isRoot: boolean): string {
  return isRoot
    ? ''
    : '; where users may have none (see "Namespaces" in docs/scripts.md) an agent that is root can run them as another user';
}
