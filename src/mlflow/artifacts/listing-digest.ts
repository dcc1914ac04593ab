import { createHash } from 'node:crypto';
import type { Notice } from '../../model.js';
import type { ArtifactRepository } from './artifact-repository.js';

/**
 * A digest that changes whenever a listing shows that a file was added, replaced or removed, or that the reason has changed
 * why files cannot be listed. If listings have no versions, replacing a file by one of equal size is not noticed.
 */
export async function listingDigest(artifacts: ArtifactRepository, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const add = (item: Notice | readonly unknown[]): void => void hash.update(`${JSON.stringify(item)}\n`);
  for await (const { path, size, version } of artifacts.list({ signal, notice: add })) add([path, size, version]);
  return hash.digest('hex').slice(0, 32);
}
