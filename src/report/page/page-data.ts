import type { ThroughputNumbers } from '../throughput.js';

/**
 * What a page shows: sentences and numbers, whatever they are about. All texts are bounded, on one line, and without control
 * characters.
 */
export interface PageReport {
  /** What the report is about. */
  readonly title: string;
  /** How it ended. */
  readonly verdict: PageVerdict;
  /** Terms with what is to be said of them, as `From`. */
  readonly facts: readonly (readonly [term: string, text: string])[];
  readonly cards: readonly PageCard[];
  readonly sections: readonly PageSection[];
  readonly throughput?: ThroughputNumbers;
  /** How long it took. */
  readonly seconds: number;
  /** The runs that took longest, slowest first. */
  readonly slowest: readonly PageRun[];
  /** What the runs can be filtered by. */
  readonly filters: readonly PageFilter[];
  /** What is not on the page, as sentences. */
  readonly omitted: readonly string[];
}

/** How good the news is. */
export type Tone = 'good' | 'warn' | 'bad' | 'plain';

export interface PageVerdict {
  readonly tone: Tone;
  readonly text: string;
}

/** A number, and what it is made of. */
export interface PageCard {
  readonly title: string;
  readonly value: string;
  readonly details: readonly string[];
}

export interface PageSection {
  readonly title: string;
  readonly parts: readonly PagePart[];
}

export interface PagePart {
  readonly title?: string;
  /** What to know about all of it. */
  readonly note?: string;
  readonly groups?: readonly PageGroup[];
  readonly messages?: readonly PageMessage[];
}

/** Runs that have something in common. */
export interface PageGroup {
  readonly key: string;
  /** What it is, in few words. */
  readonly title: string;
  /** As on docs/codes.md. */
  readonly code: string;
  readonly runs: number;
  /** How many files, points, metrics … it concerns in all these runs, with the word: `3 files`. */
  readonly amount?: string;
  /** More about all of them, or the sentence of the first. */
  readonly detail?: string;
}

export interface PageMessage {
  readonly text: string;
  readonly code?: string;
}

export interface PageRun {
  readonly id: string;
  readonly name?: string;
  readonly experiment?: string;
  readonly badges: readonly PageBadge[];
  readonly points: number;
  readonly seconds?: number;
  /** What else there is to be counted: `3 artifacts`. */
  readonly amounts?: readonly string[];
  /** Of runs that need attention, what for, as a sentence. */
  readonly reason?: string;
  /** More sentences, by what they are about. */
  readonly lists?: readonly PageList[];
  /** The keys of the groups and filters that it belongs to. */
  readonly keys: readonly string[];
  /** Those with more are shown first. */
  readonly weight: number;
}

export interface PageBadge {
  readonly word: string;
  readonly tone: Tone;
}

export interface PageList {
  readonly title: string;
  readonly texts: readonly string[];
}

export interface PageFilter {
  readonly key: string;
  readonly label: string;
}
