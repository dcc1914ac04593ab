import type { BigIntStats } from 'node:fs';

/**
 * Within so many milliseconds of a file's last change another can come that leaves all its times as they are: kernels give
 * files the time of their last tick (up to 10 ms), and some file systems whole seconds, or even ones.
 */
const TICK = 100;
const COARSE_TICK = 2_100;

/** Change times further ahead than that (milliseconds) come from a clock that was wrong, and say nothing of now. */
const AHEAD = 24 * 60 * 60 * 1000;

/**
 * What changes with every change of a file. Size and modification time alone can be what they were: `rsync -t` and `cp -p`
 * set them. Nobody can set the time of the last change, and a file that takes another's place has another inode.
 */
export function fileFingerprint({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${size} ${mtimeNs} ${ctimeNs} ${ino}`;
}

/**
 * Whether a later change would show in the {@link fileFingerprint}. False for a file that changed just before it was looked at
 * (Git calls it racy): its mark is one to look again.
 *
 * @param now wall-clock time when the file was looked at, to be compared with its own; milliseconds
 */
export function isSettled({ ctimeNs }: BigIntStats, now: number): boolean {
  const age = now - Number(ctimeNs / 1_000_000n);
  const tick = ctimeNs % 1_000_000_000n === 0n ? COARSE_TICK : TICK;
  return age > tick || age < -AHEAD;
}
