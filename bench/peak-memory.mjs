// @ts-check
/**
 * Loaded into the measured process with `node --import`: at its end it prints the most memory that it ever held in bytes, all
 * threads together, as a line of JSON.
 */
import { readFileSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) process.on('exit', () => writeSync(1, `\n${JSON.stringify({ peak: peakMemory() })}\n`));

/** Linux keeps it for this program alone; `maxRSS`, elsewhere, may be that of the process which started it. */
function peakMemory() {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  } catch {
    // no Linux
  }
  return process.resourceUsage().maxRSS * 1024;
}
