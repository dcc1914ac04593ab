import type { BigIntStats } from 'node:fs';

/**
 * Another change within this time (milliseconds) of a file's last change may leave its times as they are: kernels use the time of their last
 * tick (up to 10 ms), and some file systems have a resolution of one or two seconds.
 */
const TICK = 100;
const COARSE_TICK = 2_100;

/** Change times further in the future (milliseconds) come from a wrong clock, and mean nothing. */
const AHEAD = 24 * 60 * 60 * 1000;

/**
 * Changes with every change of a file. Size and modification time alone do not: `rsync -t` and `cp -p` set the latter. Nobody can set the
 * change time, and a file that replaces another has another inode.
 */
export function fileFingerprint({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${size} ${mtimeNs} ${ctimeNs} ${ino}`;
}

/**
 * Whether any later change will show in the {@link fileFingerprint}. False for a file that changed just before ("racy" in Git's terms).
 *
 * @param now wall-clock time before the file's state was read; milliseconds
 */
export function isSettled({ ctimeNs }: BigIntStats, now: number): boolean {
  const age = now - Number(ctimeNs / 1_000_000n);
  const tick = ctimeNs % 1_000_000_000n === 0n ? COARSE_TICK : TICK;
  return age > tick || age < -AHEAD;
}
