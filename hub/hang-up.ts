/**
 * SIGHUP: read again what may have changed. The signal comes as well when the terminal has gone that the hub was started on:
 * then it stops, as it does where nothing is read again.
 */
import { isatty } from 'node:tty';

const stderrNumber = 2;

/** Answers how to end it. */
export function onHangUp({ reload, stop }: { readonly reload: () => void; readonly stop: () => void }): () => void {
  const isOnTerminal = isatty(stderrNumber);
  const onSignal = () => {
    if (isOnTerminal && !isatty(stderrNumber)) stop();
    else reload();
  };
  process.on('SIGHUP', onSignal);
  return () => process.off('SIGHUP', onSignal);
}
