/** Numbers for people, the same in every locale. */

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A whole number with thousands separators: `1,234,567`. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Bytes in decimal units with three significant digits: `999 B`, `1.23 kB`, `100 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be printed as 1000: it belongs to the next unit.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** A time span in seconds: `0.4 s`, `12.3 s`, `3 min 05 s`, `2 h 05 min`, `1 d 03 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/** A time span that changes while it is read, in which tenths of a second would only flicker: `9 s`, `3 min 05 s`. */
export function formatWholeSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : formatDuration(whole);
}

/** Things in a second: `1,234 runs/s`, `12.3 runs/s`, `0.25 runs/s`. */
export function formatRate(perSecond: number, unit: string): string {
  const digits = perSecond >= 99.95 ? 0 : perSecond >= 9.995 ? 1 : 2;
  const number = digits === 0 ? formatCount(perSecond) : perSecond.toFixed(digits);
  return `${number} ${unit}/s`;
}

/** `1 run`, `2 runs`, `1,000 runs`. */
export function formatNoun(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

function twoDigits(value: number): string {
  return value.toString().padStart(2, '0');
}
