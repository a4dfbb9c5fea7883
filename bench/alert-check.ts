/**
 * The judge of what became of transitions: what a scenario caused, what the database recorded, and what a receiver of
 * notices was told, against each other. Pure.
 *
 *   untold      recorded as told, and received by no channel under its key
 *   phantom     received under a key that the database does not have
 *   broken      a target whose recorded transitions do not rise one by one, or do not alternate
 *   brokenTold  a target whose told ones, by seq, do not alternate
 *   missing     caused and not recorded; `extra`: recorded and not caused
 *   wrongEnd    a target of which the last thing told is not how it is
 */

export interface RecordedEvent {
  readonly key: string;
  /** Rule, host and series. */
  readonly target: string;
  readonly kind: string;
  readonly seq: number;
  readonly decision: string;
}

export interface ReceivedEvent {
  readonly channel: string;
  readonly key: string;
  readonly kind: string;
  readonly isFiring: boolean;
  readonly atMs: number;
}

export interface AlertTarget {
  readonly target: string;
  readonly isFiring: boolean;
  readonly isTold: boolean;
}

export interface AlertEvidence {
  readonly recorded: readonly RecordedEvent[];
  readonly received: readonly ReceivedEvent[];
  readonly targets: readonly AlertTarget[];
  readonly channels: readonly string[];
}

export interface AlertVerdict {
  readonly recordedTransitions: number;
  readonly receivedEvents: number;
  /** Received again under a key that the channel knew: at least once is the promise. */
  readonly repeatedEvents: number;
  readonly untoldEvents: number;
  readonly phantomEvents: number;
  readonly brokenTargets: number;
  readonly brokenTold: number;
  readonly wrongEnds: number;
  /** One line for each of the first few. */
  readonly problems: readonly string[];
}

/** What the hub says of itself, of which the database may know nothing. */
const ownKinds: readonly string[] = ['storageDown', 'storageBack', 'test'];
const problemsMax = 10;

export function judgeAlerts({ recorded, received, targets, channels }: AlertEvidence): AlertVerdict {
  const problems: string[] = [];
  const note = (text: string) => {
    if (problems.length < problemsMax) problems.push(text);
  };
  const byKey = new Map(recorded.map((event) => [event.key, event]));
  const known = new Set<string>();
  const lastTold = new Map<string, { readonly event: RecordedEvent; readonly isFiring: boolean }>();
  let repeatedEvents = 0;
  let phantomEvents = 0;
  for (const event of received) {
    if (ownKinds.includes(event.kind)) continue;
    const keyOfChannel = `${event.channel} ${event.key}`;
    if (known.has(keyOfChannel)) repeatedEvents += 1;
    known.add(keyOfChannel);
    const origin = byKey.get(event.key);
    if (origin === undefined || event.isFiring !== (origin.seq % 2 === 1)) {
      phantomEvents += 1;
      note(
        `${event.channel} was told ${event.kind} ${event.key}, which is recorded ${origin === undefined ? 'nowhere' : `as ${origin.kind}`}`,
      );
      continue;
    }
    const last = lastTold.get(origin.target);
    if (last === undefined || origin.seq >= last.event.seq)
      lastTold.set(origin.target, { event: origin, isFiring: event.isFiring });
  }
  const untold = recorded.filter(
    ({ key, decision }) => decision === 'told' && !channels.every((channel) => known.has(`${channel} ${key}`)),
  );
  for (const { kind, target, seq, key } of untold)
    note(`${kind} ${seq} of ${target} was not told on every channel: ${key}`);
  const broken = brokenTargets(recorded);
  for (const target of broken) note(`fired and resolved must alternate, one by one: got otherwise for ${target}`);
  const told = [...new Set(received.flatMap(({ key }) => byKey.get(key) ?? []))].filter(isStep);
  const brokenTold = unalternating(told);
  for (const target of brokenTold) note(`what is told of ${target} must alternate: got otherwise`);
  const wrong = targets.filter(
    ({ target, isFiring, isTold }) => isFiring !== isTold || isFiring !== (lastTold.get(target)?.isFiring ?? false),
  );
  for (const { target, isFiring, isTold } of wrong)
    note(
      `${target} is ${isFiring ? 'firing' : 'resolved'}: recorded as told ${isTold}, received last ${lastTold.get(target)?.event.kind ?? 'nothing'}`,
    );
  return {
    recordedTransitions: recorded.filter(isTransition).length,
    receivedEvents: known.size,
    repeatedEvents,
    untoldEvents: untold.length,
    phantomEvents,
    brokenTargets: broken.length,
    brokenTold: brokenTold.length,
    wrongEnds: wrong.length,
    problems,
  };
}

/** What was caused and is not among the recorded transitions, and the other way round, by target, in order. */
export function compareTransitions(
  caused: ReadonlyMap<string, readonly boolean[]>,
  recorded: readonly RecordedEvent[],
): { readonly missing: number; readonly extra: number } {
  let missing = 0;
  let extra = 0;
  const byTarget = groupBy(recorded.filter(isTransition), ({ target }) => target);
  for (const [target, wanted] of caused) {
    const got = (byTarget.get(target) ?? []).length;
    missing += Math.max(0, wanted.length - got);
    extra += Math.max(0, got - wanted.length);
    byTarget.delete(target);
  }
  for (const events of byTarget.values()) extra += events.length;
  return { missing, extra };
}

function isTransition({ kind }: RecordedEvent): boolean {
  return kind === 'fired' || kind === 'resolved';
}

/** What says that a target fires or does so no more; not what says it again. */
function isStep(event: RecordedEvent): boolean {
  return isTransition(event) || event.kind === 'told';
}

/** Targets of which two neighbours by seq say the same. */
function unalternating(told: readonly RecordedEvent[]): string[] {
  return [...groupBy(told, ({ target }) => target)].flatMap(([target, events]) => {
    const seqs = events.map(({ seq }) => seq).sort((a, b) => a - b);
    return seqs.every((seq, index) => seq % 2 === (index % 2 === 0 ? 1 : 0)) ? [] : [target];
  });
}

function brokenTargets(recorded: readonly RecordedEvent[]): string[] {
  const byTarget = groupBy(recorded.filter(isTransition), ({ target }) => target);
  return [...byTarget].flatMap(([target, events]) => {
    const sorted = [...events].sort((a, b) => a.seq - b.seq);
    const isWhole = sorted.every(
      ({ seq, kind }, index) => seq === index + 1 && kind === (seq % 2 === 1 ? 'fired' : 'resolved'),
    );
    return isWhole ? [] : [target];
  });
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
