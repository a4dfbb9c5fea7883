/**
 * Waiting with an end: a benchmark that hangs must say at what.
 */

/** Settles as `promise` does, or rejects after `msMax` with what could not be done. */
export async function withDeadline<T>(
  promise: Promise<T>,
  { msMax, what }: { readonly msMax: number; readonly what: () => string },
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Cannot go on: it took more than ${msMax} ms to ${what()}`)), msMax);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
