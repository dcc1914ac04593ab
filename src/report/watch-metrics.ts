import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ConvertEvents } from '../events.js';
import type { WatchHealth } from './watch-health.js';

/** Seconds; a change is to be visible within one to three. */
const LAG_BUCKETS = [0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300];

/** The numbers of a watch as Prometheus takes them (docs/running.md names them), from its events. */
export class WatchMetrics {
  private readonly registry = new Registry();

  constructor(events: ConvertEvents, health: Pick<WatchHealth, 'age'>) {
    this.countRuns(events);
    this.countErrors(events);
    this.followPasses(events);
    const registers = [this.registry];
    new Gauge({
      name: 'mlflow2aim_last_complete_pass_age_seconds',
      help: 'Time since the source was read to its end; NaN before it was for the first time.',
      registers,
      collect() {
        this.set(health.age ?? Number.NaN);
      },
    });
    new Gauge({
      name: 'mlflow2aim_resident_memory_bytes',
      help: 'Resident memory of the process.',
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** In Prometheus's text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private countRuns(events: ConvertEvents): void {
    const registers = [this.registry];
    const runs = new Counter({
      name: 'mlflow2aim_runs_total',
      help: 'Runs dealt with, by outcome; those that a watch finds unchanged are not counted.',
      labelNames: ['outcome'],
      registers,
    });
    const points = new Counter({ name: 'mlflow2aim_points_total', help: 'Points read.', registers });
    const bytes = new Counter({ name: 'mlflow2aim_artifact_bytes_total', help: 'Artifact bytes read.', registers });
    events.on('run:done', ({ outcome }) => runs.inc({ outcome }));
    events.on('run:deleted', ({ action }) => runs.inc({ outcome: action }));
    events.on('progress', (progress) => {
      points.inc(progress.points);
      bytes.inc(progress.artifactBytes);
    });
  }

  private countErrors(events: ConvertEvents): void {
    const registers = [this.registry];
    const errors = new Counter({
      name: 'mlflow2aim_errors_total',
      help: 'What went wrong: "run" for runs that failed, "source" each time that all work stopped, "warning" for the rest.',
      labelNames: ['kind'],
      registers,
    });
    for (const kind of ['run', 'source', 'warning']) errors.inc({ kind }, 0);
    const available = new Gauge({
      name: 'mlflow2aim_source_available',
      help: '0 while the watch can go no further and tries again.',
      registers,
    });
    available.set(1);
    events.on('run:done', ({ outcome }) => {
      if (outcome === 'failed') errors.inc({ kind: 'run' });
    });
    events.on('warning', () => errors.inc({ kind: 'warning' }));
    events.on('source', (state) => {
      available.set(state.available ? 1 : 0);
      if (!state.available) errors.inc({ kind: 'source' });
    });
  }

  private followPasses(events: ConvertEvents): void {
    const registers = [this.registry];
    const active = new Gauge({
      name: 'mlflow2aim_runs_active',
      help: 'Runs that go on in MLflow.',
      registers,
    });
    const success = new Gauge({
      name: 'mlflow2aim_last_success_timestamp_seconds',
      help: 'When a look at the source ended well the last time.',
      registers,
    });
    const lag = new Histogram({
      name: 'mlflow2aim_lag_seconds',
      help: 'From the first sign of a change until it was visible in Aim.',
      buckets: LAG_BUCKETS,
      registers,
    });
    events.on('watching', (watching) => {
      active.set(watching.active);
      success.setToCurrentTime();
    });
    events.on('pass', (pass) => {
      active.set(pass.active);
      success.setToCurrentTime();
      if (pass.lag !== undefined) lag.observe(pass.lag);
    });
  }
}
