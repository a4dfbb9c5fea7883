/**
 * A host's tags have two sides: what its agent says at each hello (or a client with each push), and what people said.
 * Theirs win, and stay whatever the agent says later. Pure.
 */

/** The tags that are shown: those of the agent, with those of people over them; a null of theirs hides the agent's. */
export function mergeTags(
  agentTags: Readonly<Record<string, string>>,
  peopleTags: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const merged = new Map<string, string>(Object.entries(agentTags));
  for (const [name, value] of Object.entries(peopleTags)) {
    if (value === null) merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}
