// A training process as far as SQLite is concerned: commits points to one run, one transaction after the other, with a busy
// timeout of a second, until it is told to stop. Run as a worker thread; tells its parent of each commit and of each error.
import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseSync } from '@photostructure/sqlite';

const { file, runId, timeout } = workerData;
const database = new DatabaseSync(file, { timeout, enableForeignKeyConstraints: false });
const insert = database.prepare(
  "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES ('live', 0.5, ?, ?, ?, 0)",
);
let running = true;
parentPort.on('message', () => {
  running = false;
});

let step = 0;
function commit() {
  try {
    database.exec('BEGIN');
    for (let count = 0; count < 10; count++) insert.run(1700000000000 + step, runId, step++);
    database.exec('COMMIT');
    parentPort.postMessage('commit');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    parentPort.postMessage(String(error));
  }
  if (running) setImmediate(commit);
  else {
    database.close();
    parentPort.close();
  }
}
commit();
