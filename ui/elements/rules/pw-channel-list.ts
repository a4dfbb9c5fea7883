/**
 * All channels: where each goes, what it has sent last, what it gave up, a test with the receiver's answer, and the form
 * that makes or changes one. What was given up is listed below, to be tried again.
 */
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import {
  type Channel,
  deleteChannel,
  enableChannel,
  type Notice,
  readChannels,
  readNotices,
  retryNotice,
  testChannel,
} from '../../api/channels.ts';
import { Following } from '../../controllers/following.ts';
import type { Dashboard } from '../../dashboard.ts';
import { formatAgo, formatMoment } from '../../model/format.ts';
import { destinationText, kindTitles } from '../../model/rules/channel-form.ts';
import { lastAnswerOf, lastNoticeText } from '../../model/rules/last-notice.ts';
import { sentenceOf } from '../../model/sentence.ts';
import { zoneChanged } from '../../settings.ts';
import { sharedStyles } from '../../theme/shared.ts';
import { questionDialog } from '../dialogs.ts';
import { showGone, showOutcome, showToast } from '../events.ts';
import { icon } from '../icons.ts';
import { noneStyles } from '../none-styles.ts';
import { loading, unreadable } from '../reading-states.ts';
import { listStyles } from './list-styles.ts';
import './pw-channel-form.ts';

/** Notices that are looked through for the newest of each channel. */
const noticesMax = 200;
const deadShown = 20;
const pollMs = 10_000;

interface Tested {
  readonly isSent: boolean | null;
  readonly answer: string;
  /** On the hub's clock. */
  readonly atMs: number;
}

@customElement('pw-channel-list')
export class PwChannelList extends LitElement {
  static override readonly styles = [
    sharedStyles,
    listStyles,
    noneStyles,
    css`
      .row {
        grid-template-columns: 16px minmax(0, 1fr) minmax(0, 1fr) auto;
      }
      .row > svg {
        color: var(--pw-text-3);
      }
      .dead {
        margin-top: 16px;
      }
      .dead h2 {
        padding-bottom: 8px;
        font-size: var(--pw-fs-4);
      }
      .dead .row {
        grid-template-columns: minmax(0, 1fr) auto;
      }
      @container (max-width: 680px) {
        .row {
          grid-template-columns: 16px minmax(0, 1fr);
        }
        .row > .cell,
        .row > .acts {
          grid-column: 2;
        }
        .row > .acts {
          justify-content: flex-start;
        }
        .dead .row {
          grid-template-columns: minmax(0, 1fr);
        }
        .dead .row > * {
          grid-column: 1;
        }
      }
    `,
  ];

  @property({ attribute: false }) dashboard!: Dashboard;
  /** What was given up is shown by a log beside it. */
  @property({ type: Boolean }) hasLog = false;
  @state() private channels: readonly Channel[] | null = null;
  @state() private notices: readonly Notice[] = [];
  @state() private dead: readonly Notice[] = [];
  @state() private failure: string | null = null;
  @state() private tested: ReadonlyMap<number, Tested> = new Map();
  /** The form that is open: of a channel, or of a new one. */
  @state() private editing: Channel | 'new' | null = null;
  @state() private leaving: Channel | null = null;
  #readMs = 0;

  constructor() {
    super();
    new Following(this, () => [zoneChanged]);
    new Following(
      this,
      () => [this.dashboard.ticked],
      () => this.#second(),
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#refresh();
  }

  override render() {
    const { channels, failure } = this;
    if (channels === null)
      return failure === null
        ? loading()
        : unreadable({ heading: 'Channels could not be loaded', why: failure, again: this.#refresh });
    return html`${channels.length === 0 ? this.#renderNone() : this.#renderChannels(channels)} ${this.#renderDead()} ${this.#renderDialogs()}`;
  }

  #renderNone() {
    return html`<div class="none">
      <h2>Nobody is told yet</h2>
      <p>A channel takes what fires to people: by e-mail, a chat, a pager, or a webhook of yours.</p>
      ${this.#mayChange ? html`<button class="btn primary" @click=${() => this.#edit('new')}>Add channel</button>` : nothing}
    </div>`;
  }

  #renderChannels(channels: readonly Channel[]) {
    return html`<div class="tools">
        <span>Rules that name no channel tell all that are enabled.</span>
        ${this.#mayChange ? html`<button class="btn" @click=${() => this.#edit('new')}>${icon('plus', 14)}Add channel</button>` : nothing}
      </div>
      <ul class="list" aria-label="Channels">
        ${repeat(
          channels,
          ({ id }) => id,
          (channel) => this.#renderChannel(channel),
        )}
      </ul>`;
  }

  #renderChannel(channel: Channel) {
    const { id, name, kind, isEnabled, origin } = channel;
    const destination = destinationText(channel);
    const isOfFile = origin === 'file';
    const tested = this.tested.get(id);
    return html`<li class="row ${isEnabled ? '' : 'off'}">
      ${icon('send', 14)}
      <div>
        <b>${name}</b>${isOfFile ? html`<span class="mark">kept in the file</span>` : nothing}${isEnabled ? nothing : html`<span class="mark">disabled</span>`}
        <small>${kindTitles[kind]}${destination === '' ? '' : `, ${destination}`}</small>
      </div>
      <div class="cell">
        ${this.#renderLast(channel)}
        <div role="status">
          ${
            tested === undefined
              ? nothing
              : html`<small class=${tested.isSent === null ? '' : tested.isSent ? 'good' : 'bad'}>
                  ${tested.isSent === null ? 'Sending a test' : tested.isSent ? `Test sent. ${sentenceOf(tested.answer)}` : `Test not sent. ${sentenceOf(tested.answer)}`}
                </small>`
          }
        </div>
      </div>
      ${this.#mayChange ? this.#renderActs(channel) : html`<span></span>`}
    </li>`;
  }

  /** Channels hold secrets and reach out of the hub: they are an admin's. */
  get #mayChange(): boolean {
    return this.dashboard.session.may('admin');
  }

  #renderActs(channel: Channel) {
    const { id, name, isEnabled, origin } = channel;
    const isOfFile = origin === 'file';
    const tested = this.tested.get(id);
    return html`<div class="acts">
        <label class="check" title=${isEnabled ? 'Enabled' : 'Disabled'}
          ><input
            type="checkbox"
            role="switch"
            aria-label="Enabled: ${name}"
            .checked=${isEnabled}
            ?disabled=${isOfFile}
            @change=${(event: Event) => this.#enable(channel, event.target as HTMLInputElement)}
        /></label>
        <button class="btn small" aria-label="Send test: ${name}" ?disabled=${tested?.isSent === null} @click=${() => this.#test(channel)}>
          Send test
        </button>
        <button class="btn ghost small icon" aria-label="Edit: ${name}" ?disabled=${isOfFile} @click=${() => this.#edit(channel)}>
          ${icon('edit', 14)}
        </button>
        <button class="btn ghost small icon" aria-label="Delete: ${name}" ?disabled=${isOfFile} @click=${() => this.#leave(channel)}>
          ${icon('trash', 14)}
        </button>
      </div>`;
  }

  #renderLast({ id }: Channel) {
    const { hubMs } = this.dashboard;
    const last = this.notices.find(({ channelId }) => channelId === id);
    const dead = this.dead.filter(({ channelId }) => channelId === id).length;
    const given = dead === 0 ? nothing : html`<small class="bad">${dead} given up</small>`;
    if (last === undefined) return html`no notice lately ${given}`;
    const tested = this.tested.get(id);
    const said = lastAnswerOf(last, tested?.isSent === true ? tested.atMs : null);
    const answer = said === null ? nothing : html`<small class=${said.isOld ? '' : 'bad'}>${said.text}</small>`;
    return html`${last.event}: ${last.rule}${last.host === '' ? '' : `, ${last.host}`}
      <small title=${formatMoment(last.sentMs ?? last.createdMs)}>${lastNoticeText(last, hubMs)}</small>${answer}${given}`;
  }

  #renderDead() {
    if (this.dead.length === 0 || this.hasLog) return nothing;
    const { hubMs } = this.dashboard;
    const names = new Map((this.channels ?? []).map(({ id, name }) => [id, name]));
    return html`<section class="dead" aria-label="Given up">
      <h2>Given up after a day of trying</h2>
      <ul class="list">
        ${this.dead.slice(0, deadShown).map(
          (notice) => html`<li class="row">
            <div>
              <b>${notice.message === '' ? `${notice.rule}, ${notice.host}` : notice.message}</b>
              <small>
                ${names.get(notice.channelId) ?? ''}, ${formatAgo(notice.createdMs, hubMs)}${notice.answer === '' ? '' : `: ${notice.answer}`}
              </small>
            </div>
            <div class="acts">
              <button class="btn small" @click=${() => this.dashboard.background(this.#retry(notice))}>Try again</button>
            </div>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  #renderDialogs() {
    const { editing, leaving } = this;
    return html`${
      editing === null
        ? nothing
        : html`<pw-channel-form
            .dashboard=${this.dashboard}
            .channel=${editing === 'new' ? null : editing}
            @pw-close=${this.#close}
            @pw-saved=${this.#saved}
          ></pw-channel-form>`
    }${
      leaving === null
        ? nothing
        : questionDialog({
            heading: 'Delete this channel?',
            text: `"${leaving.name}" tells nobody any more. Notices that wait for it are not sent.`,
            act: 'Delete channel',
            close: this.#close,
            confirm: () => this.dashboard.background(this.#delete(leaving)),
          })
    }`;
  }

  /** What is said of tries goes by the clock, and they go on without anybody here. */
  #second(): void {
    if (Math.abs(this.dashboard.hubMs - this.#readMs) >= pollMs) this.#refresh();
    this.requestUpdate();
  }

  readonly #refresh = (): void => {
    this.#readMs = this.dashboard.hubMs;
    this.dashboard.background(this.#read());
  };

  async #read(): Promise<void> {
    const { client } = this.dashboard;
    const [channels, notices, dead] = await Promise.all([
      readChannels(client),
      readNotices(client, { limit: noticesMax }),
      readNotices(client, { state: 'dead', limit: noticesMax }),
    ]);
    if (channels.kind === 'failed') this.failure = channels.why;
    else {
      this.failure = null;
      this.channels = channels.value;
    }
    // The database may be away while channels are known: then there is no news of notices.
    if (notices.kind === 'ok') this.notices = notices.value;
    if (dead.kind === 'ok') this.dead = dead.value;
  }

  #edit(what: Channel | 'new'): void {
    this.editing = what;
  }

  #leave(channel: Channel): void {
    this.leaving = channel;
  }

  readonly #close = (): void => {
    this.editing = null;
    this.leaving = null;
  };

  #saved(): void {
    this.editing = null;
    showToast(this, { kind: 'done', text: 'Channel saved' });
    this.#refresh();
  }

  #enable(channel: Channel, box: HTMLInputElement): void {
    const isEnabled = box.checked;
    const send = async () => {
      const asked = await enableChannel(this.dashboard.client, channel.id, isEnabled);
      if (asked.kind === 'ok') {
        showToast(this, { kind: 'done', text: isEnabled ? 'Channel enabled' : 'Channel disabled' });
        this.#refresh();
        return;
      }
      box.checked = channel.isEnabled;
      showToast(this, { kind: 'failed', text: asked.why });
    };
    this.dashboard.background(send());
  }

  #test({ id }: Channel): void {
    const note = (result: Omit<Tested, 'atMs'>) => {
      this.tested = new Map([...this.tested, [id, { ...result, atMs: this.dashboard.hubMs }]]);
    };
    const send = async () => {
      note({ isSent: null, answer: '' });
      const asked = await testChannel(this.dashboard.client, id);
      note(asked.kind === 'ok' ? asked.value : { isSent: false, answer: asked.why });
    };
    this.dashboard.background(send());
  }

  async #delete({ id }: Channel): Promise<void> {
    this.leaving = null;
    const asked = await deleteChannel(this.dashboard.client, id);
    showGone(this, asked, 'Channel deleted');
    this.#refresh();
  }

  async #retry({ id }: Notice): Promise<void> {
    const asked = await retryNotice(this.dashboard.client, id);
    showOutcome(this, asked, 'The notice is tried again');
    this.#refresh();
  }
}
