import type { Notice } from '../../model.js';
import { displayedUri } from '../locations/displayed-uri.js';
import type { ArtifactRepository } from './artifact-repository.js';
import { unreachableArtifacts } from './unreachable-artifacts.js';

/**
 * The files of a run whose location is not followed: those that the tracking server provides, if there is one. If there is
 * none, or it provides none, a notice that names the switch.
 *
 * @param sentence says why the location is not followed, and names the switch
 */
export function refusedArtifacts(uri: string, sentence: string, server?: ArtifactRepository): ArtifactRepository {
  if (server === undefined) return unreachableArtifacts(displayedUri(uri), sentence, 'refused');
  return {
    list: (context) => {
      const notice = (told: Notice): void => {
        const isUnreachable = told.kind === 'artifacts-unreachable';
        context.notice(isUnreachable ? { ...told, detail: `${told.detail} ${sentence}`, reason: 'refused' } : told);
      };
      return server.list({ ...context, notice });
    },
    open: (file, signal) => server.open(file, signal),
  };
}
