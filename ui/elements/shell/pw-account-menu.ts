/** Who is signed in, at the end of the top bar: name, role, password, own sessions, the way out. For others the way in. */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { signOut } from '../../api/session.ts';
import { Following } from '../../controllers/following.ts';
import { Menu } from '../../controllers/menu.ts';
import type { Dashboard } from '../../dashboard.ts';
import { initialsOf, roleTitles } from '../../model/session.ts';
import { signInHref, signInPath } from '../../model/sign-in.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { showToast } from '../events.ts';
import { icon } from '../icons.ts';
import { menuStyles } from './menu-styles.ts';

type Dialog = 'password' | 'sessions';

const loaders: Readonly<Record<Dialog, () => Promise<unknown>>> = {
  password: () => import('../account/pw-password-dialog.ts'),
  sessions: () => import('../account/pw-sessions-dialog.ts'),
};

@customElement('pw-account-menu')
export class PwAccountMenu extends LitElement {
  static override readonly styles = [
    sharedStyles,
    menuStyles,
    css`
      .avatar {
        display: grid;
        place-items: center;
        width: max(28px, var(--pw-h-control));
        height: max(28px, var(--pw-h-control));
        padding: 0;
        border: 0;
        border-radius: var(--pw-r-full);
        background: var(--pw-surface-3);
        color: var(--pw-text-1);
        font-size: var(--pw-fs-1);
        font-weight: var(--pw-w-strong);
        cursor: pointer;
      }
      .who {
        max-width: 280px;
        padding: 6px 8px 8px;
        border-bottom: 1px solid var(--pw-border-1);
        margin-bottom: 6px;
      }
      .who b {
        display: block;
        overflow-wrap: anywhere;
        font-weight: var(--pw-w-medium);
      }
      @media (max-width: 720px) {
        .btn span {
          display: none;
        }
        .btn {
          width: var(--pw-h-control);
          padding: 0;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  @state() private dialog: Dialog | null = null;
  readonly #menu = new Menu(this);

  constructor() {
    super();
    new Following(this, () => [this.dashboard.session.changed]);
  }

  override render() {
    const { kind, name, role } = this.dashboard.session.view;
    if (kind === 'anonymous') return this.#renderWayIn();
    if (kind !== 'person') return nothing;
    const title = role === null ? '' : roleTitles[role];
    const initials = initialsOf(name);
    return html`<button
        class="avatar"
        aria-label="${initials}: account of ${name}"
        title="${name}, ${title.toLowerCase()}"
        aria-haspopup="menu"
        aria-expanded=${this.#menu.isOpen ? 'true' : 'false'}
        @click=${this.#menu.toggle}
      >
        ${initials}
      </button>
      ${this.#menu.isOpen ? this.#renderMenu(name, title) : nothing} ${this.#renderDialog()}`;
  }

  /** A link that is made when it is followed: the address of the page changes without a word to this element. */
  #renderWayIn() {
    return html`<a
      class="btn"
      href=${signInPath}
      aria-label="Sign in"
      @click=${(event: Event) => {
        (event.currentTarget as HTMLAnchorElement).href = signInHref(
          location.pathname + location.search + location.hash,
        );
      }}
      >${icon('person', 14)}<span>Sign in</span></a
    >`;
  }

  #renderMenu(name: string, role: string) {
    return html`<div class="menu">
      <div class="who"><b>${name}</b><span class="now">${role}</span></div>
      <div role="menu" aria-label="Account">
        ${this.#renderItem('Change password', () => this.#open('password'))}
        ${this.#renderItem('Where you are signed in', () => this.#open('sessions'))}
        ${this.#renderItem('Sign out', () => this.dashboard.background(this.#signOut()))}
      </div>
    </div>`;
  }

  #renderItem(title: string, act: () => void) {
    const acted = () => {
      this.#menu.close();
      act();
    };
    return html`<button role="menuitem" tabindex="-1" @click=${acted}>${title}</button>`;
  }

  #renderDialog() {
    const close = () => {
      this.dialog = null;
    };
    switch (this.dialog) {
      case 'password':
        return html`<pw-password-dialog .dashboard=${this.dashboard} @pw-close=${close}></pw-password-dialog>`;
      case 'sessions':
        return html`<pw-sessions-dialog .dashboard=${this.dashboard} @pw-close=${close}></pw-sessions-dialog>`;
      case null:
        return nothing;
    }
  }

  #open(dialog: Dialog): void {
    // What is behind a dialog gets the focus back when it closes.
    this.renderRoot.querySelector<HTMLElement>('.avatar')?.focus();
    loaders[dialog]().then(
      () => {
        this.dialog = dialog;
      },
      () => showToast(this, { kind: 'failed', text: 'This could not be loaded. Reload the page.' }),
    );
  }

  async #signOut(): Promise<void> {
    const asked = await signOut(this.dashboard.client);
    // One that has ended already is what was wanted.
    if (asked.kind === 'failed' && asked.status !== 401) showToast(this, { kind: 'failed', text: asked.why });
    else location.replace(signInPath);
  }
}
