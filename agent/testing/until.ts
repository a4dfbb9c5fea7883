/** Waits in tests with real sockets: until something holds, never for a fixed time. */

/** Resolves when `holds` answers true; rejects after 10 s with what was waited for. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`Cannot go on: ${what} must come to pass within 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
