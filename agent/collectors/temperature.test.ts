import { describe, expect, test } from 'vitest';
import { parseTemperature, temperatureCollector } from './temperature.ts';
import { hostWith, runOf } from './testing/host.ts';

test.each([
  ['45500\n', 45.5],
  ['-5250\n', -5.2],
  ['', null],
  ['N/A\n', null],
  ['-273150\n', null],
  ['4294967295\n', null],
])('parseTemperature() of %j is %s', (text, celsius) => {
  expect(parseTemperature(text)).toBe(celsius);
});

describe('temperatureCollector()', () => {
  test('names sensors by chip and label and tells equal ones apart', () => {
    const host = hostWith({
      'sys/class/hwmon/hwmon0/name': 'coretemp\n',
      'sys/class/hwmon/hwmon0/temp1_label': 'Package id 0\n',
      'sys/class/hwmon/hwmon0/temp1_input': '50000\n',
      'sys/class/hwmon/hwmon0/temp1_max': '99000\n',
      'sys/class/hwmon/hwmon2/name': 'nvme\n',
      'sys/class/hwmon/hwmon2/temp1_input': '40000\n',
      'sys/class/hwmon/hwmon10/name': 'nvme\n',
      'sys/class/hwmon/hwmon10/temp1_input': '41000\n',
      'sys/class/thermal/thermal_zone0/temp': '1000\n',
    });
    expect(runOf(temperatureCollector(host.folders)).at(0)).toEqual({
      'temperature_celsius{sensor="coretemp/Package id 0"}': 50,
      'temperature_celsius{sensor="nvme/temp1"}': 40,
      'temperature_celsius{sensor="nvme/temp1#2"}': 41,
    });
  });

  test('reads thermal zones where there are no sensors', () => {
    const host = hostWith({
      'sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
      'sys/class/thermal/thermal_zone0/temp': '38123\n',
      'sys/class/thermal/cooling_device0/type': 'fan\n',
    });
    expect(runOf(temperatureCollector(host.folders)).at(0)).toEqual({
      'temperature_celsius{sensor="cpu-thermal"}': 38.1,
    });
  });

  test('fails a sensor that does not answer and ends one that is removed', () => {
    const zone = 'sys/class/thermal/thermal_zone0';
    const host = hostWith({ [`${zone}/type`]: 'cpu\n', [`${zone}/temp`]: '38000\n' });
    const run = runOf(temperatureCollector(host.folders));
    const key = 'temperature_celsius{sensor="cpu"}';
    run.at(0);
    host.write({ [`${zone}/temp`]: '' });
    expect(run.at(10)[key]).toBe('failed');
    host.remove(zone);
    expect(run.at(60)[key]).toBe('gone');
  });

  test('has no series on a machine without sensors', () => {
    expect(runOf(temperatureCollector(hostWith({}).folders)).at(0)).toEqual({});
  });
});
