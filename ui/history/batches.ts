/** From what single lines miss to few requests: hosts that miss the same series over the same span are asked together. Pure. */
import type { Span } from './track.ts';

export interface Missing {
  readonly host: string;
  readonly key: string;
  readonly span: Span;
}

export interface Batch extends Span {
  readonly hosts: readonly string[];
  readonly keys: readonly string[];
}

/** What one request may name. */
const hostsMax = 100;
const keysMax = 100;
/** Series of one answer: the hub's own bound is 1,000. */
const seriesMax = 800;

export function batchesOf(missing: readonly Missing[]): Batch[] {
  const byHost = new Map<string, { readonly span: Span; readonly host: string; readonly keys: Set<string> }>();
  for (const { host, key, span } of missing) {
    const id = `${span.fromMs} ${span.toMs} ${host}`;
    const group = byHost.get(id);
    if (group === undefined) byHost.set(id, { span, host, keys: new Set([key]) });
    else group.keys.add(key);
  }
  const byKeys = new Map<string, { readonly span: Span; readonly hosts: string[]; readonly keys: string[] }>();
  for (const { span, host, keys } of byHost.values()) {
    const sorted = [...keys].sort();
    const id = `${span.fromMs} ${span.toMs} ${sorted.join('\n')}`;
    const group = byKeys.get(id);
    if (group === undefined) byKeys.set(id, { span, hosts: [host], keys: sorted });
    else group.hosts.push(host);
  }
  return [...byKeys.values()].flatMap(({ span, hosts, keys }) =>
    pieces(keys, keysMax).flatMap((someKeys) =>
      pieces(hosts, Math.max(1, Math.min(hostsMax, Math.floor(seriesMax / someKeys.length)))).map((someHosts) => ({
        fromMs: span.fromMs,
        toMs: span.toMs,
        hosts: someHosts,
        keys: someKeys,
      })),
    ),
  );
}

function pieces<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}
