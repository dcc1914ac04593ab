// @ts-check

/**
 * What is going on, as one line on stderr: rewritten on a terminal, elsewhere a line each time.
 *
 * @param {string} text empty to clear the line
 */
export function say(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
  else if (text !== '') process.stderr.write(`${text}\n`);
}
