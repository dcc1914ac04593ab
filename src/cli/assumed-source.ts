import { ConvertError } from '../errors.js';
import { defaultTrackingUri } from '../mlflow/default-store.js';

/** Options of a command that reads a source. */
interface SourcedSettings<Options> {
  readonly options: Options;
  /** True when neither a flag nor the environment names the source. */
  readonly sourceAssumed: boolean;
}

/** The options with a tracking URI: without one, the store that MLflow itself would use in this directory. */
export function withSource<Options>({ options, sourceAssumed }: SourcedSettings<Options>): Options {
  if (!sourceAssumed) return options;
  const trackingUri = defaultTrackingUri('.');
  if (trackingUri === undefined) {
    throw new ConvertError(
      'fatal',
      'source-not-found',
      'No tracking URI was given, and this directory contains neither ./mlruns nor ./mlflow.db.',
      {
        hint: 'Set --tracking_uri or MLFLOW_TRACKING_URI to where MLflow keeps its runs.',
      },
    );
  }
  return { ...options, trackingUri };
}
