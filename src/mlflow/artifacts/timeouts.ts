/** How long a store may keep silent, in milliseconds; MLflow's S3 client waits as long. */
export const LONGEST_SILENCE = 60_000;
