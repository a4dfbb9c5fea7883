/** Line icons on a 16 px grid, drawn for this dashboard. */
import { html, svg, type TemplateResult } from 'lit';

const paths = {
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4 14 14',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13',
  moon: 'M13.6 9.8A6 6 0 0 1 6.2 2.4a6 6 0 1 0 7.4 7.4z',
  left: 'M10 3.5 5.5 8l4.5 4.5',
  down: 'M4 6l4 4 4-4',
  close: 'M4 4l8 8M12 4l-8 8',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M5 3l8 5-8 5z',
  copy: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1',
  check: 'M3 8.5 6.5 12 13 4.5',
  offline: 'M2 2l12 12M8 12.5h.01M5.3 9.8a4 4 0 0 1 4-.9M2.6 7a8 8 0 0 1 3-1.9M8.4 4.5A8 8 0 0 1 13.4 7',
  database: 'M8 6c3 0 5-.9 5-2s-2-2-5-2-5 .9-5 2 2 2 5 2zM3 4v8c0 1.1 2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2 2 5 2s5-.9 5-2',
} as const;

export type IconName = keyof typeof paths;

export function icon(name: IconName, size = 16): TemplateResult {
  return html`<svg
    width=${size}
    height=${size}
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    stroke-width="1.4"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    ${svg`<path d=${paths[name]} />`}
  </svg>`;
}

/** The pulse: mark of the product. */
export function mark(): TemplateResult {
  return html`<svg width="22" height="22" viewBox="0 0 22 22" fill="none" aria-hidden="true">
    <rect x=".75" y=".75" width="20.5" height="20.5" rx="6" stroke="currentColor" stroke-width="1.5" />
    <path
      d="M1.5 12.5h4.7L8 7l3.2 9.5L13.8 9l1.3 3.5h5.4"
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </svg>`;
}
