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
  cards: 'M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z',
  rows: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  tiles:
    'M2.5 2.5h3v3h-3zM6.5 2.5h3v3h-3zM10.5 2.5h3v3h-3zM2.5 6.5h3v3h-3zM6.5 6.5h3v3h-3zM10.5 6.5h3v3h-3zM2.5 10.5h3v3h-3zM6.5 10.5h3v3h-3zM10.5 10.5h3v3h-3z',
  lines: 'M2 12l3.5-5 3 3L14 3.5M2 8l3 4 4-7 5 5',
  bell: 'M4 11V7.2a4 4 0 0 1 8 0V11l1.2 1.5H2.8zM6.6 14.2h2.8',
  mute: 'M4 11V7.2c0-.9.3-1.7.8-2.4M6.2 3.6A4 4 0 0 1 12 7.2v2.4M12 12.5H2.8L4 11M6.6 14.2h2.8M2.5 2.5l11 11',
  calendar: 'M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3',
  gear: 'M8 5.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4zM8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4',
  sliders: 'M2.5 4.5h6M11.5 4.5h2M10 3v3M2.5 8h2M7.5 8h6M6 6.5v3M2.5 11.5h6M11.5 11.5h2M10 10v3',
  plus: 'M8 3v10M3 8h10',
  right: 'M6 3.5 10.5 8 6 12.5',
  up: 'M4 10l4-4 4 4',
  more: 'M8 3.6v.1M8 8v.1M8 12.4v.1',
  expand: 'M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5 9.5 6.5M2.5 13.5l4-4',
  edit: 'M3 13l.8-3.2L11 2.6l2.4 2.4-7.2 7.2zM9.6 4l2.4 2.4',
  trash: 'M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 9h5.8l.6-9',
  repeat: 'M3 7V5.5h8.5M9.5 3.5l2 2-2 2M13 9v1.5H4.5M6.5 12.5l-2-2 2-2',
  send: 'M2.5 8 13.5 2.5 10 13.5 7.5 9z',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.5V8l2.5 1.5',
  note: 'M3 2.5h10v8l-3 3H3zM10 13.5v-3h3M5.5 5.5h5M5.5 8h3',
  tag: 'M2.5 2.5h5.2l5.8 5.8-5.2 5.2-5.8-5.8zM5.2 5.2h.01',
  link: 'M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2a2.6 2.6 0 0 0-3.7-3.7l-.8.8M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9a2.6 2.6 0 0 0 3.7 3.7l.8-.8',
  download: 'M8 2.5v8M4.8 7.5 8 10.7l3.2-3.2M3 13.5h10',
  server: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01',
  terminal: 'M2.5 3h11v10h-11zM5 6l2 2-2 2M8.5 10.5h3',
  person: 'M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.8 13.6a5.3 5.3 0 0 1 10.4 0',
  key: 'M5.5 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM7.7 7.8 13.5 2M11 4.5l2 2',
  list: 'M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01',
  shield: 'M8 1.8 13 4v3.6c0 3-2 5.4-5 6.6-3-1.2-5-3.6-5-6.6V4zM8 5.5v3M8 10.8h.01',
  pulse: 'M1.5 8.5h3L6.5 3l3 10 2-4.5h3',
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
