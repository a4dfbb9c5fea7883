/** A table in a panel that may be wider than it: it is moved sideways by touch, wheel or keys. Goes with `tableStyles`. */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

/** What a column is called; with its look where it is a figure, where it is left out on a phone, where its head is not seen. */
export type Head = string | readonly [title: string, look: 'number' | 'wide' | 'sr'];

export interface ListTable<Row> {
  /** What it lists, for who does not see the heading. */
  readonly label: string;
  readonly heads: readonly Head[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => unknown;
  readonly renderRow: (row: Row) => TemplateResult;
}

export function listTable<Row>({ label, heads, rows, keyOf, renderRow }: ListTable<Row>) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>
    <table>
      <thead>
        <tr>
          ${heads.map(renderHead)}
        </tr>
      </thead>
      <tbody>
        ${repeat(rows, keyOf, renderRow)}
      </tbody>
    </table>
  </div>`;
}

function renderHead(head: Head) {
  const [title, look] = typeof head === 'string' ? [head, ''] : head;
  return look === 'sr'
    ? html`<th scope="col"><span class="sr">${title}</span></th>`
    : html`<th scope="col" class=${look === '' ? nothing : look}>${title}</th>`;
}
