/**
 * Channels between people, who say them with their secrets, and the database, which has these sealed.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AlertsFile, PlainChannel } from './alert-forms.ts';
import type { Channel } from './notices/channel.ts';
import { type SecretBox, SecretError } from './secret-box.ts';
import type { ChannelDraft } from './store/alerts/channels.ts';
import type { FileDefinitions } from './store/alerts/file-definitions.ts';

export class ChannelSeals {
  readonly #secrets: Pick<SecretBox, 'sealSettings' | 'openSettings'>;

  constructor(secrets: Pick<SecretBox, 'sealSettings' | 'openSettings'>) {
    this.#secrets = secrets;
  }

  seal({ name, kind, settings, isEnabled }: PlainChannel): ChannelDraft {
    // The settings are of the kind: a schema has seen them.
    const sealedSettings = this.#secrets.sealSettings(kind, settings as never);
    return { name, kind, sealedSettings, isEnabled };
  }

  /** Settings with their secrets; null when these cannot be opened. */
  open({ kind, sealedSettings }: Channel): Readonly<Record<string, unknown>> | null {
    try {
      return this.#secrets.openSettings(kind, sealedSettings);
    } catch (error) {
      if (error instanceof SecretError) return null;
      throw error;
    }
  }

  /** Secrets that have not changed keep their sealed text, which is another one each time: the row must stay equal. */
  draftsOf(file: AlertsFile, known: readonly Channel[]): FileDefinitions {
    const byName = new Map(known.map((channel) => [channel.name, channel]));
    const channels = file.channels.map((plain) => {
      const before = byName.get(plain.name);
      if (before === undefined || before.kind !== plain.kind) return this.seal(plain);
      const isSame = isDeepStrictEqual(this.open(before), plain.settings);
      const { name, kind, isEnabled } = plain;
      return isSame ? { name, kind, sealedSettings: before.sealedSettings, isEnabled } : this.seal(plain);
    });
    return { rules: file.rules, channels, downtimes: file.downtimes };
  }
}
