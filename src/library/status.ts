import { readStatus, type Status, type StatusOptions } from '../state/status.js';

/** What `status` takes. */
export interface StatusRequest extends StatusOptions {
  /** The directory that holds `.aim`. */
  readonly repo: string;
}

/**
 * Tells what an Aim repository was converted from, how up to date it is, and what failed. Reads the repository alone, also while a
 * conversion is writing it. Rejects with a {@link ConvertError}: `repository-not-found`, or `never-converted`.
 */
export async function status({ repo, ...options }: StatusRequest): Promise<Status> {
  return readStatus(repo, options);
}
