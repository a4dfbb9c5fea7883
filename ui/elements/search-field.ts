/** The search over a list of a page: looks are shared, its width is the page's. Esc empties it. */
import { html, nothing } from 'lit';
import { icon } from './icons.ts';

export interface SearchField {
  readonly label: string;
  readonly placeholder: string;
  readonly query: string;
  readonly search: (query: string) => void;
  /** Shows the key that leads here. */
  readonly hasKey?: boolean;
}

export function searchField({ label, placeholder, query, search, hasKey = false }: SearchField) {
  return html`<div class="search" role="search">
    ${icon('search', 14)}
    <input
      type="search"
      aria-label=${label}
      placeholder=${placeholder}
      autocomplete="off"
      spellcheck="false"
      .value=${query}
      @input=${(event: Event) => search((event.target as HTMLInputElement).value)}
      @keydown=${(event: KeyboardEvent) => event.key === 'Escape' && search('')}
    />
    ${hasKey ? html`<span class="kbd wide" aria-hidden="true">/</span>` : nothing}
  </div>`;
}
