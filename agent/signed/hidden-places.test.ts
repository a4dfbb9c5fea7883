import { expect, test } from 'vitest';
import { hiddenPlaces } from './hidden-places.ts';

test.each([
  ['/var/lib/hub/enrolment-key', ['/var/lib/hub', '/var/lib/hub/enrolment-key']],
  ['/home/ann/pulsewire/data/enrolment-key', ['/home/ann/pulsewire/data', '/home/ann/pulsewire/data/enrolment-key']],
  ['/etc/pulsewire/token', ['/etc/pulsewire', '/etc/pulsewire/token']],
  ['/run/secrets/enrolment-token', ['/run/secrets', '/run/secrets/enrolment-token']],
  // What scripts cannot do without.
  ['/etc/token', ['/etc/token']],
  ['/token', ['/token']],
  ['/usr/local/bin/token', ['/usr/local/bin/token']],
])('hides the folder of %s, but no folder of the system', (file, places) => {
  expect(hiddenPlaces({ folders: ['/data'], secretFiles: [file] })).toEqual(['/data', ...places]);
});

test('hides each place once', () => {
  expect(hiddenPlaces({ folders: ['/srv/a', '/srv/a'], secretFiles: ['/srv/a/key'] })).toEqual([
    '/srv/a',
    '/srv/a/key',
  ]);
});
