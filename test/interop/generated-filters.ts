/** A run as search_runs.py writes it. */
export interface SearchedRun {
  readonly name: string;
  readonly status: string;
  readonly start: number;
  readonly end: number;
  readonly deleted: boolean;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Step, time and the value as Python's float() takes it. */
  readonly metrics: Readonly<Record<string, readonly (readonly [step: number, time: number, value: string])[]>>;
  readonly datasets: readonly (readonly [name: string, digest: string, context: string])[];
}

const START = 1_700_000_000_000;
const STATUSES = ['FINISHED', 'FAILED', 'KILLED', 'RUNNING'];
const VALUES = ['0.1', '0.5', '1', '-1', '1e-8', '0', 'nan', 'inf', '12345.678'];
const TEXTS = [
  'vit',
  'ViT',
  'vit-large',
  'resnet50',
  '',
  '0.1',
  "it''s",
  'a b',
  'C:\\dir',
  'Ärger',
  '50%',
  'v_t',
  'None',
];
const DATASETS = ['train', 'eval set', 'mnist'];
const METRICS = ['acc', 'val loss', 'train/loss', 'rare'];
const PARAMS = ['model', 'lr', 'net/depth', 'rare'];
const TAGS = ['team', 'a.b', 'note', 'rare'];

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes runs, and filters that find some of them. */
export class FilterGenerator {
  constructor(private readonly random: () => number) {}

  runs(count: number): SearchedRun[] {
    return Array.from({ length: count }, (_, i) => ({
      name: `${this.pick(['sweep', 'Sweep', 'base'])}-${i}`,
      status: this.pick(STATUSES),
      start: START + Math.floor(i / 2) * 1000,
      end: START + 60_000 + i,
      deleted: this.chance(0.15),
      params: this.some(PARAMS, () => this.pick(TEXTS.filter((text) => text !== ''))),
      tags: this.some(TAGS, () => this.pick(TEXTS)),
      metrics: this.some(METRICS, () => this.points()),
      datasets: DATASETS.filter(() => this.chance(0.25)).map((name) => [
        name,
        `d${name.length}`,
        this.pick(['training', 'eval']),
      ]),
    }));
  }

  /** @param ids of runs */
  filter(ids: readonly string[]): string {
    const count = this.pick([1, 1, 1, 2, 2, 3]);
    const clauses = Array.from({ length: count }, () => this.clause(ids));
    let filter = clauses.reduce((all, clause) => all + this.pick([' AND ', ' and ', '  AND\n']) + clause);
    if (this.chance(0.04)) filter = ` ${filter} `;
    return this.chance(0.12) ? this.spoil(filter) : filter;
  }

  private clause(ids: readonly string[]): string {
    const kind = this.pick(['metric', 'metric', 'param', 'tag', 'text', 'number', 'id', 'dataset', 'odd'] as const);
    switch (kind) {
      case 'metric':
        return this.numbers(`${this.pick(['metrics', 'metric', '`metrics`'])}.${this.key(this.pick(METRICS))}`, VALUES);
      case 'param':
        return this.texts(
          `${this.pick(['params', 'param', 'parameters', 'parameter'])}.${this.key(this.pick(PARAMS))}`,
          TEXTS,
          true,
        );
      case 'tag':
        return this.texts(
          `${this.pick(['tags', 'tag'])}.${this.key(this.pick([...TAGS, 'mlflow.runName']))}`,
          TEXTS,
          true,
        );
      case 'text': {
        const name = this.pick([
          'status',
          'run_name',
          'user_id',
          'artifact_uri',
          '`run name`',
          '"Run name"',
          'Run_name',
        ]);
        return this.texts(this.prefixed(name), [...STATUSES, 'sweep-1', 'unknown', 'Sweep-3'], false);
      }
      case 'number': {
        const name = this.pick(['start_time', 'end_time', 'created', 'Created']);
        return this.numbers(this.prefixed(name), [START, START + 3000, START + 60_005].map(String));
      }
      case 'id':
        return this.list(this.prefixed('run_id'), ids);
      case 'dataset': {
        const field = `${this.pick(['datasets', 'dataset'])}.${this.pick(['name', 'digest', 'context', 'context'])}`;
        const values = [...DATASETS, 'd5', 'training', 'eval'];
        return this.chance(0.4) ? this.list(field, values) : this.texts(field, values, false);
      }
      case 'odd':
        return this.pick([
          "params.model IN ('vit')",
          "metrics.acc LIKE '1'",
          'start_time IN (1)',
          "attributes.status IN ('FINISHED')",
          'status = FINISHED',
          'metrics.acc > inf',
          'metrics.acc IS NULL',
          "params.model == 'vit'",
          "tags.team <> 'vit'",
          'experiment_id = "1"',
          "datasets.source = 'x'",
          "foo.bar = 'x'",
          "params.model NOT LIKE 'v%'",
          'metrics.acc > 0x1',
          "params.model = 'a' OR params.model = 'b'",
          '(metrics.acc > 0)',
        ]);
    }
  }

  private numbers(field: string, values: readonly string[]): string {
    const value = this.pick([...values.filter((text) => /^[-\d.e]+$/.test(text)), '.5', '1.', '-0.0', '1E3']);
    return `${field}${this.space()}${this.pick(['=', '!=', '<', '<=', '>', '>='])}${this.space()}${value}`;
  }

  private texts(field: string, values: readonly string[], canBeNull: boolean): string {
    if (canBeNull && this.chance(0.2)) return `${field} ${this.pick(['IS NULL', 'is not null', 'IS NOT NULL'])}`;
    const value = this.pick(values);
    if (this.chance(0.5)) return `${field}${this.space()}${this.pick(['=', '!='])}${this.space()}${this.quoted(value)}`;
    const ignoreCase = this.chance(0.5) && /^[ -~]*$/.test(value);
    return `${field} ${ignoreCase ? this.pick(['ILIKE', 'ilike']) : this.pick(['LIKE', 'like'])} ${this.quoted(this.pattern(value))}`;
  }

  /** A backslash escapes in the patterns of some databases only, and at the end it is an error in some. */
  private pattern(value: string): string {
    const text = value.replaceAll('\\', '');
    const cut = Math.floor(this.random() * (text.length + 1));
    return this.pick([
      text,
      `%${text.slice(cut)}`,
      `${text.slice(0, cut)}%`,
      `%${text.slice(cut, cut + 2)}%`,
      text.replace('i', '_'),
      '%',
      `${text}_`,
    ]);
  }

  private list(field: string, values: readonly string[]): string {
    const some = Array.from({ length: this.pick([1, 2, 3]) }, () => this.quoted(this.pick(values)));
    const comma = some.length === 1 ? this.pick(['', ',']) : '';
    return `${field} ${this.pick(['IN', 'in', 'NOT IN', 'not  in'])} (${some.join(this.pick([',', ', ']))}${comma})`;
  }

  private quoted(text: string): string {
    return this.chance(0.5) || text.includes("'") ? `"${text}"` : `'${text}'`;
  }

  private key(key: string): string {
    if (/^\w+$/.test(key) && this.chance(0.6)) return key;
    return this.pick([`\`${key}\``, `"${key}"`]);
  }

  private prefixed(name: string): string {
    return `${this.pick(['', 'attributes.', 'attribute.', 'attr.', 'run.'])}${name}`;
  }

  private points(): [number, number, string][] {
    const length = this.pick([1, 2, 4]);
    return Array.from({ length }, () => [this.pick([0, 1, 2, 7]), START + this.pick([0, 10, 20]), this.pick(VALUES)]);
  }

  /** With a character more or less, as a typing error leaves it. */
  private spoil(filter: string): string {
    const at = Math.floor(this.random() * filter.length);
    return (
      filter.slice(0, at) +
      this.pick(['', "'", '"', '`', '(', ' ', '.', ',', ';', '1', 'x']) +
      filter.slice(at + this.pick([0, 1]))
    );
  }

  private some<T>(keys: readonly string[], value: () => T): Record<string, T> {
    const chosen = keys.filter((key) => this.chance(key === 'rare' ? 0.1 : 0.8));
    return Object.fromEntries(chosen.map((key) => [key, value()]));
  }

  private space(): string {
    return this.pick([' ', '', '  ']);
  }

  private chance(share: number): boolean {
    return this.random() < share;
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }
}
