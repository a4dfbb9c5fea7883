/** What axe finds wrong with a page for people who cannot see it, use no pointer, or see few colours. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** WCAG 2.2, levels A and AA. */
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** One line for each rule that is broken, with where; empty when there is none. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // Evaluated, and not added as a script, which the page's security policy refuses.
  await page.evaluate(axe.source);
  const results = await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(rules)} })`);
  const { violations } = results as axe.AxeResults;
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
