// @ts-check
import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** The types of file systems that statfs(2) names on Linux. */
const FILE_SYSTEMS = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'XFS'],
  [0x9123683e, 'Btrfs'],
  [0x2fc12fc1, 'ZFS'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlayfs'],
]);

/**
 * What the numbers are measured on, as lines of Markdown. To be asked before the measuring: it tells how busy the machine was.
 *
 * @param {string} directory where the stores lie
 */
export function describeMachine(directory) {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  const disk = FILE_SYSTEMS.get(statfsSync(directory).type) ?? 'another file system';
  return [
    `* ${new Date().toISOString().slice(0, 10)}, mlflow2aim ${version} on Node ${process.version}`,
    `* ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${memory}, ${type()} ${release()}, stores on ${disk}`,
    `* load average of the machine before the first measurement: ${loadavg()[0]?.toFixed(2)}`,
  ];
}
