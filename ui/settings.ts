/**
 * What this browser remembers of how its owner likes the page, apart from the theme: zone of times, single keys. They
 * are habits of a person and not part of a view, so they stand in no link.
 */
import { Signal } from './live/signal.ts';
import { type DisplayZone, displayZone, setDisplayZone } from './model/display-zone.ts';

const zoneKey = 'pulsewire-zone';
const singleKeysKey = 'pulsewire-single-keys';
const authorKey = 'pulsewire-author';

/** Times must be written again, canvases drawn again. */
export const zoneChanged = new Signal();

/** To be called once, before anything is shown. */
export function readSettings(): void {
  setDisplayZone(read(zoneKey) === 'local' ? 'local' : 'utc');
}

export function chooseZone(zone: DisplayZone): void {
  if (zone === displayZone()) return;
  setDisplayZone(zone);
  write(zoneKey, zone);
  zoneChanged.announce();
}

/** Whether a key alone does something; off for whoever dictates or has other keys of his own (WCAG 2.1.4). */
export function hasSingleKeys(): boolean {
  return read(singleKeysKey) !== 'off';
}

export function chooseSingleKeys(isOn: boolean): void {
  write(singleKeysKey, isOn ? 'on' : 'off');
}

/** Who does what is done here: stands in the fields "by" of downtimes, silences, acknowledgements; empty at first. */
export function rememberedAuthor(): string {
  return read(authorKey) ?? '';
}

export function rememberAuthor(name: string): void {
  write(authorKey, name.trim());
}

/** A browser that keeps nothing (site data blocked) has the defaults. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
