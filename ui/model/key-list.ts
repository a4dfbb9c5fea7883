/** Every key of the page, for the list behind "?". What a key does is written where it is heard. */

export interface KeyRow {
  readonly keys: readonly string[];
  readonly does: string;
}

export interface KeyGroup {
  readonly title: string;
  readonly rows: readonly KeyRow[];
}

export const keyGroups: readonly KeyGroup[] = [
  {
    title: 'Everywhere',
    rows: [
      { keys: ['Ctrl', 'K'], does: 'jump to a host, alert, metric or page' },
      { keys: ['/'], does: 'search on this page' },
      { keys: ['Esc'], does: 'close, then clear the search' },
      { keys: ['t'], does: 'dark or light' },
      { keys: ['u'], does: 'times in UTC or local' },
      { keys: ['f'], does: 'TV mode' },
      { keys: ['?'], does: 'this list' },
    ],
  },
  {
    title: 'Lists, cards, tiles',
    rows: [
      { keys: ['←', '↑', '↓', '→'], does: 'move' },
      { keys: ['j', 'k'], does: 'next and previous row or section' },
      { keys: ['Enter'], does: 'open' },
      { keys: ['d'], does: 'cards, table or tiles' },
      { keys: ['a'], does: 'acknowledge the alert' },
      { keys: ['s'], does: 'silence the alert' },
    ],
  },
  {
    title: 'Downtimes',
    rows: [
      { keys: ['n'], does: 'new downtime' },
      { keys: ['[', ']'], does: 'previous and next day, week or month' },
      { keys: ['0'], does: 'today' },
      { keys: ['d'], does: 'timeline, calendar or list' },
    ],
  },
  {
    title: 'Charts',
    rows: [
      { keys: ['1', '…', '8'], does: 'range from 5 m to 1 y' },
      { keys: ['Space'], does: 'pause, go live' },
      { keys: ['[', ']'], does: 'half a window back, forward' },
      { keys: ['+', '−'], does: 'zoom in, out' },
      { keys: ['0'], does: 'back to live 5 m' },
      { keys: ['←', '→'], does: 'move the cursor; with Shift ten steps' },
      { keys: ['n'], does: 'add a note' },
    ],
  },
];
