const SYSTEM_PREFIX = 'mlflow.';

/** Whether MLflow has set a tag, rather than a person. */
export function isSystemTag(key: string): boolean {
  return key.startsWith(SYSTEM_PREFIX);
}

/** The tags of a run, some of which find a place of their own: what was not taken is what remains. */
export class TagReader {
  private readonly remaining: Map<string, string>;

  constructor(private readonly tags: ReadonlyMap<string, string>) {
    this.remaining = new Map(tags);
  }

  peek(key: string): string | undefined {
    return this.tags.get(key);
  }

  /** The value of a tag that has its own place in Aim. An empty one is as good as none, and remains. */
  take(key: string): string | undefined {
    const value = this.tags.get(key);
    if (!value) return undefined;
    this.remaining.delete(key);
    return value;
  }

  /** Passes over a tag that is a property of the run, whatever its value. */
  drop(key: string): void {
    this.remaining.delete(key);
  }

  /** What people set themselves. */
  own(): ReadonlyMap<string, string> {
    return new Map([...this.remaining].filter(([key]) => !isSystemTag(key)));
  }

  /** What MLflow set, as far as it was not taken. */
  system(): ReadonlyMap<string, string> {
    return new Map([...this.remaining].filter(([key]) => isSystemTag(key)));
  }
}
