import { createHash } from 'node:crypto';

/**
 * Whether a run belongs to a sample of this share, 0 to 1. The same runs do in every verification, and those of a smaller sample are
 * among those of a larger one.
 */
export function isInSample(runId: string, share: number): boolean {
  if (share >= 1) return true;
  return createHash('sha256').update(`sample ${runId}`).digest().readUIntBE(0, 6) < share * 2 ** 48;
}
