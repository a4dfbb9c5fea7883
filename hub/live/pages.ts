/**
 * Lists of any length as messages that each keep within the bounds of one.
 */
import { alertRowsMax } from '#core/limits.ts';
import type { Alert, AlertRow, HostRow, Hosts } from '#core/message.ts';

/** Host rows in one message, and the characters of all their words: at 16 a pair below the 4,096 elements of a message. */
const hostRowsMax = 40;
const wordCharacters = 16;
const pageCharactersMax = 24 * 1024;
/** Ids of removed hosts in one message; with 40 rows of words still below its 4,096 elements. */
const removedMax = 1_000;

/** Hosts in pages, at least one, each within what a message may hold. */
export function hostPages(hosts: readonly HostRow[], removed: readonly number[]): Hosts[] {
  const pages: { readonly hosts: HostRow[]; characters: number }[] = [{ hosts: [], characters: 0 }];
  for (const row of hosts) {
    const characters = charactersOf(row);
    let page = pages.at(-1)!;
    if (
      page.hosts.length >= hostRowsMax ||
      (page.hosts.length > 0 && page.characters + characters > pageCharactersMax)
    ) {
      page = { hosts: [], characters: 0 };
      pages.push(page);
    }
    page.hosts.push(row);
    page.characters += characters;
  }
  const messages: Hosts[] = pages.map((page) => ({ kind: 'hosts', hosts: page.hosts, removed: [] }));
  if (removed.length === 0) return messages;
  // First those that went: one of the others may have a name of theirs.
  const farewells: Hosts[] = [];
  for (let at = 0; at < removed.length; at += removedMax)
    farewells.push({ kind: 'hosts', hosts: [], removed: removed.slice(at, at + removedMax) });
  return hosts.length === 0 ? farewells : [...farewells, ...messages];
}

/** Characters of a row's words, and a handful for each word: a bound on words and on bytes in one. */
function charactersOf({ name, alias, tags, facts }: HostRow): number {
  let count = 64 + name.length + alias.length;
  for (const record of [tags, facts]) {
    for (const word in record) count += wordCharacters + word.length + record[word]!.length;
  }
  return count;
}

export function alertPages(alerts: readonly AlertRow[]): Alert[] {
  const pages: Alert[] = [];
  for (let start = 0; start < alerts.length; start += alertRowsMax)
    pages.push({ kind: 'alert', isWhole: false, alerts: alerts.slice(start, start + alertRowsMax) });
  return pages;
}
