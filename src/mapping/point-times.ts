/** As milliseconds that is March 1973, before MLflow; as seconds, the year 5138. */
const FIRST_OF_MILLISECONDS = 1e11;

/** Clocks differ; milliseconds. */
const DAY = 24 * 60 * 60 * 1000;

/**
 * Turns times of points that are in seconds into milliseconds, in place. MLflow before 1.0 logged metrics so, and runs in
 * milliseconds (mlflow 1.0's change of the metric's time), and neither later versions nor `mlflow db upgrade` have put that
 * right; programs that call `log_metric(…, timestamp=time.time())` still do. A time is taken for one in seconds where that
 * places the point no earlier than a day before the start of its run, and milliseconds would place it before March 1973.
 *
 * @param timestamps as the source has them; milliseconds or seconds since the epoch
 * @param startTime of the run, milliseconds since the epoch; without one nothing is changed
 */
export function inMilliseconds(timestamps: Float64Array, startTime: number | undefined): void {
  if (startTime === undefined || startTime < FIRST_OF_MILLISECONDS) return;
  const first = (startTime - DAY) / 1000;
  for (let i = 0; i < timestamps.length; i++) {
    const time = timestamps[i]!;
    if (time < FIRST_OF_MILLISECONDS && time >= first) timestamps[i] = time * 1000;
  }
}
