import { ConvertError, type ErrorCode } from '../../errors.js';
import type { UnreachableReason } from '../../model.js';
import type { ArtifactRepository } from './artifact-repository.js';

const CODES: Readonly<Record<UnreachableReason, ErrorCode>> = {
  missing: 'not-found',
  refused: 'permission-denied',
  'no-access': 'auth-failed',
  failed: 'unreachable',
};

/**
 * The repository of a run whose files cannot be reached: one notice. `uri` contains no credentials, `detail` is a sentence.
 */
export function unreachableArtifacts(uri: string, detail: string, reason: UnreachableReason): ArtifactRepository {
  return {
    // biome-ignore lint/correctness/useYield: there is nothing to give
    async *list({ signal, notice }) {
      signal.throwIfAborted();
      notice({ kind: 'artifacts-unreachable', uri, detail, reason });
    },
    // biome-ignore lint/correctness/useYield: there is nothing to give
    async *open(_, signal) {
      signal.throwIfAborted();
      throw new ConvertError('skip-item', CODES[reason], detail, { where: uri });
    },
  };
}

/** The repository of a run that has no files. */
export const NO_ARTIFACTS: ArtifactRepository = {
  // biome-ignore lint/correctness/useYield: there is nothing to give
  async *list({ signal }) {
    signal.throwIfAborted();
  },
  // biome-ignore lint/correctness/useYield: there is nothing to give
  async *open(file, signal) {
    signal.throwIfAborted();
    throw new ConvertError('skip-item', 'not-found', `${file.uri} does not exist.`, { where: file.uri });
  },
};
