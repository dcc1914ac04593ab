import { ConvertEvents, convert } from 'mlflow2aim';
import { CsvStore } from './csv-store.js';
import { everyOtherPoint } from './every-other-point.js';

const [source = 'data', repo = 'aim'] = process.argv.slice(2);

const events = new ConvertEvents();
events.on('run:done', ({ experiment, runName, outcome, counts }) => {
  console.log(`${experiment}/${runName}: ${outcome}, ${counts.points} points`);
});

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());

const summary = await convert({
  openStore: () => new CsvStore(source),
  repo,
  stages: everyOtherPoint,
  events,
  signal: interrupted.signal,
});

const { runs } = summary;
console.log(`${runs.new} new, ${runs.updated} updated, ${runs.unchanged} unchanged, ${runs.failed} failed`);
for (const { runName, code, reason } of summary.failedRuns) console.error(`${runName}: ${reason} (${code})`);
if (!summary.complete) process.exitCode = 3;
