/** How long a store may keep silent, in milliseconds; MLflow's S3 client waits as long. */
export const IDLE_TIMEOUT = 60_000;
