/**
 * A reporter of jest's that, while nothing ends, names the test files that are running: what hangs can then be seen in
 * the log of a machine that nobody watches.
 */
const QUIET_MS = 3 * 60_000;

export default class RunningFilesReporter {
  #running = new Set();
  #timer;

  onRunStart() {
    this.#wait();
  }

  onTestFileStart({ path }) {
    this.#running.add(path);
  }

  onTestFileResult({ path }) {
    this.#running.delete(path);
    this.#wait();
  }

  onRunComplete() {
    clearInterval(this.#timer);
  }

  #wait() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      const files = [...this.#running].map((path) => path.slice(path.lastIndexOf('/test/') + 1));
      process.stderr.write(`Nothing has ended for three minutes; running: ${files.join(', ')}\n`);
    }, QUIET_MS);
  }
}
