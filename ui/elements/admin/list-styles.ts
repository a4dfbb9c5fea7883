/** Looks of the pages of administration that are a list of something: what it is, its table, and what stands in its place. */
import { sharedStyles } from '../../theme/shared.ts';
import { noneStyles } from '../none-styles.ts';
import { readingStyles } from '../reading-states.ts';
import { tableStyles } from '../table-styles.ts';
import { adminHeadStyles } from './head-styles.ts';

export const adminListStyles = [sharedStyles, adminHeadStyles, noneStyles, readingStyles, tableStyles];
