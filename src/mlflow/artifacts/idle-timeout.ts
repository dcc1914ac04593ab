/** The longest silence of a store, in milliseconds; that of MLflow's S3 client. */
export const IDLE_TIMEOUT = 60_000;
