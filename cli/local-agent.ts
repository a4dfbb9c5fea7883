/**
 * What the agent of `pulsewire start` is told of the hub beside it: where that hub is, and, where its own settings say nothing else, the
 * hub's key and a folder in the hub's data folder. So two hubs from one checkout have an agent each. Pure.
 */
import { join, resolve } from 'node:path';

export interface BesideHub {
  readonly url: string;
  readonly dataFolder: string;
  /** null: the key comes from the environment. */
  readonly enrolmentKeyFile: string | null;
  /** The hub's own certificate, where no authority vouches for it; null for none. */
  readonly trustFile: string | null;
}

/** The environment of that agent (`agent/config.ts` reads it). */
export function envOfLocalAgent(env: NodeJS.ProcessEnv, hub: BesideHub): NodeJS.ProcessEnv {
  const given: NodeJS.ProcessEnv = {
    ...env,
    PULSEWIRE_HUB_URL: hub.url,
    PULSEWIRE_BESIDE_DATA_FOLDER: join(hub.dataFolder, 'agent'),
  };
  if (hub.enrolmentKeyFile !== null) given['PULSEWIRE_BESIDE_KEY_FILE'] = resolve(hub.enrolmentKeyFile);
  if (hub.trustFile !== null) given['NODE_EXTRA_CA_CERTS'] = hub.trustFile;
  return given;
}
