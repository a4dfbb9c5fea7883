import { expect, test } from 'vitest';
import { envOfLocalAgent } from './local-agent.ts';

const hub = {
  url: 'http://127.0.0.1:1',
  dataFolder: '/srv/two',
  enrolmentKeyFile: '/srv/two/enrolment-key',
  trustFile: null,
};

test('envOfLocalAgent() names the hub, its key and a folder of its own in the data folder of the hub', () => {
  expect(envOfLocalAgent({ PATH: '/bin' }, hub)).toEqual({
    PATH: '/bin',
    PULSEWIRE_HUB_URL: 'http://127.0.0.1:1',
    PULSEWIRE_BESIDE_DATA_FOLDER: '/srv/two/agent',
    PULSEWIRE_BESIDE_KEY_FILE: '/srv/two/enrolment-key',
  });
});

test('envOfLocalAgent() leaves a key of the environment to the environment', () => {
  const env = { PULSEWIRE_ENROLMENT_KEY: 'x'.repeat(16) };
  expect(envOfLocalAgent(env, { ...hub, enrolmentKeyFile: null, trustFile: '/srv/hub.crt' })).toEqual({
    ...env,
    PULSEWIRE_HUB_URL: 'http://127.0.0.1:1',
    PULSEWIRE_BESIDE_DATA_FOLDER: '/srv/two/agent',
    NODE_EXTRA_CA_CERTS: '/srv/hub.crt',
  });
});
