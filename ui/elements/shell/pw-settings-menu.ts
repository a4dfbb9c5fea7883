/** The menu at the end of the top bar: theme, zone of times, keys, TV mode. */
import { html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { Following } from '../../controllers/following.ts';
import { Menu } from '../../controllers/menu.ts';
import { displayZone, displayZoneText } from '../../model/display-zone.ts';
import { overviewRoute } from '../../model/route.ts';
import { chooseZone, zoneChanged } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { switchTheme, type Theme } from '../../theme/theme.ts';
import { openRoute, tell } from '../events.ts';
import { icon } from '../icons.ts';
import { menuStyles } from './menu-styles.ts';

@customElement('pw-settings-menu')
export class PwSettingsMenu extends LitElement {
  static override readonly styles = [sharedStyles, menuStyles];

  @property() theme: Theme = 'dark';
  readonly #menu = new Menu(this);

  constructor() {
    super();
    new Following(this, () => [zoneChanged]);
  }

  override render() {
    const isUtc = displayZone() === 'utc';
    return html`<button
        class="btn ghost icon"
        aria-label="Settings"
        aria-haspopup="menu"
        aria-expanded=${this.#menu.isOpen ? 'true' : 'false'}
        @click=${this.#menu.toggle}
      >
        ${icon('sliders')}
      </button>
      ${this.#menu.isOpen ? this.#renderMenu(isUtc) : ''}`;
  }

  #renderMenu(isUtc: boolean) {
    const zoneText = isUtc ? 'UTC' : `local, ${displayZoneText(Date.now())}`;
    return html`<div class="menu" role="menu" aria-label="Settings">
      ${this.#renderItem('Theme', this.theme, 't', switchTheme)}
      ${this.#renderItem('Times', zoneText, 'u', () => chooseZone(isUtc ? 'local' : 'utc'))}
      ${this.#renderItem('TV mode', '', 'f', () => this.#leaveFor(() => openRoute(this, { ...overviewRoute, isTv: true })))}
      ${this.#renderItem('Keys', '', '?', () => this.#leaveFor(() => tell(this, 'pw-keys', null)))}
    </div>`;
  }

  #renderItem(title: string, now: string, key: string, act: () => void) {
    return html`<button role="menuitem" tabindex="-1" @click=${act}>
      <span>${title} <span class="now">${now}</span></span><span class="kbd" aria-hidden="true">${key}</span>
    </button>`;
  }

  #leaveFor(act: () => void): void {
    this.#menu.close();
    act();
  }
}
