/**
 * Which form of a file a client gets: `Accept-Encoding` as RFC 9110 has it (12.5.3), with weights and `*`. And whether it
 * has that file already: `If-None-Match` (13.1.2).
 */

export const encodings = ['br', 'gzip'] as const;
export type Encoding = (typeof encodings)[number];

/**
 * The one that the client likes best among `available` (of equals the first), null for the file as it is: also
 * without the header, and when it takes none of them.
 */
export function chooseEncoding(acceptEncoding: string, available: readonly Encoding[]): Encoding | null {
  const weights = weightsOf(acceptEncoding);
  const weightOf = (coding: string) => weights.get(coding) ?? weights.get('*') ?? 0;
  let best: Encoding | null = null;
  // Unless it is named, the file as it is comes last: it may always be sent.
  let bestWeight = weights.get('identity') ?? 0;
  for (const encoding of available) {
    const weight = weightOf(encoding);
    if (weight > 0 && (best === null ? weight >= bestWeight : weight > bestWeight)) {
      best = encoding;
      bestWeight = weight;
    }
  }
  return best;
}

/** Whether a list of entity tags has this one; weak ones are compared by what they have in common. */
export function matchesTag(ifNoneMatch: string, tag: string): boolean {
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = (each: string) => each.trim().replace(/^W\//, '');
  return ifNoneMatch.split(',').some((each) => opaque(each) === opaque(tag));
}

/** Weights 0..1 by name in lower case. What is not a weight is none: 0. */
function weightsOf(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    if (name === '') continue;
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    const isWeight = quality === undefined || /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(quality);
    weights.set(name, quality === undefined ? 1 : isWeight ? Number(quality.slice(2)) : 0);
  }
  return weights;
}
