/**
 * What tells this machine and this boot from others, and the monotonic clock that belongs to the boot.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Id128 } from '#core/message.ts';
import type { HostFolders } from './collectors/proc-file.ts';

/** One for all processes between two boots. Where the kernel offers none, one of this process: then each start counts as a boot. */
export function readBootId({ proc }: Pick<HostFolders, 'proc'>): Id128 {
  const text = readText(`${proc}/sys/kernel/random/boot_id`).replaceAll('-', '');
  return /^[0-9a-f]{32}$/.test(text) ? text : randomBytes(16).toString('hex');
}

/**
 * The machine's id, as 32 hex digits; null where there is none (most containers). It is not sent as it is: machine-id(5)
 * asks for a keyed hash with a key of the application, so that two applications cannot compare notes.
 */
export function readMachineId({ etc }: Pick<HostFolders, 'etc'>): Id128 | null {
  const text = readText(`${etc}/machine-id`);
  if (!/^[0-9a-f]{32}$/.test(text)) return null;
  return createHmac('sha256', Buffer.from(text, 'hex')).update('pulsewire/machine').digest('hex').slice(0, 32);
}

/**
 * Ms since some instant of this boot, the same for all processes of it: CLOCK_MONOTONIC on Linux, which does not count
 * time asleep and cannot be set.
 */
export function readMonotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1e6;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
