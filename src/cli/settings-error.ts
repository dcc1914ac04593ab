/** Flags that contradict each other; the message is a sentence. */
export class SettingsError extends Error {}
