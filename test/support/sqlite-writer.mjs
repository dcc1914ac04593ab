// A training process as far as SQLite is concerned: commits points to one run, one transaction after the other, with a busy
// timeout, until it is told to stop. Run as a worker thread; asked for 'another', it answers after its next commit with all the
// errors so far.
import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseSync } from '@photostructure/sqlite';

const { file, runId, timeout } = workerData;
const database = new DatabaseSync(file, { timeout, enableForeignKeyConstraints: false });
const insert = database.prepare(
  "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('live', 0.5, ?, ?, ?, 0)",
);
const errors = [];
let [running, asked] = [true, false];
parentPort.on('message', (message) => {
  if (message === 'another') asked = true;
  else running = false;
});

let step = 0;
function commit() {
  try {
    database.exec('BEGIN');
    for (let count = 0; count < 10; count++) insert.run(1700000000000 + step, runId, step++);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    errors.push(String(error));
  }
  if (asked) parentPort.postMessage(errors);
  asked = false;
  // what training computes between two steps
  for (const since = performance.now(); performance.now() - since < 2; );
  if (running) setImmediate(commit);
  else {
    database.close();
    parentPort.close();
  }
}
commit();
