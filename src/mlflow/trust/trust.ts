import type { SourceOptions } from '../../options.js';
import { LinkPolicy } from './links.js';
import { TrustedLocations, type TrustedPlaces } from './locations.js';

/** Where what a source says may lead: docs/trust.md. */
export interface Trust {
  readonly locations: TrustedLocations;
  readonly links: LinkPolicy;
}

/** What the user decides about that. */
export type TrustOptions = Pick<SourceOptions, 'allowRoots' | 'artifactsDestination' | 'copyLinks'>;

/** @param source the directories that belong to the source, and what its run ids are */
export function trustOf(
  { allowRoots, artifactsDestination, copyLinks = false }: TrustOptions,
  source: Pick<TrustedPlaces, 'stores' | 'idsAreNames'> = {},
): Trust {
  return {
    locations: new TrustedLocations({ allowRoots, artifactsDestination, ...source }),
    links: new LinkPolicy(copyLinks),
  };
}
