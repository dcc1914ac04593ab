import type { SequenceId, SequenceSummary, Value } from '../contents.js';
import type { RunReport } from './finding-report.js';
import { showValue } from './show.js';

/** Fields of Aim's objects and the types that they have (docs/aim-repo-format.md §5.2). */
const FIELDS: Readonly<Record<string, Readonly<Record<string, readonly Value['type'][]>>>> = {
  'aim.image': {
    data: ['bytes'],
    format: ['string'],
    width: ['int'],
    height: ['int'],
    caption: ['string'],
  },
  'aim.text': { data: ['string'] },
  'aim.log_line': { data: ['string'] },
  'aim.audio': { data: ['bytes'], format: ['string'], caption: ['string'] },
  'aim.distribution': { data: ['bytes'], dtype: ['string'], bin_count: ['int'], range: ['list'] },
  'aim.figure': { data: ['string'], format: ['string'] },
  'aim.log_record': { message: ['string'], log_level: ['int'], timestamp: ['float', 'int'] },
};

/** What they may have besides. */
const OPTIONAL_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'aim.image': ['mode', 'source'],
  'aim.figure': ['source', 'version'],
  'aim.log_record': ['__logger_info', 'extra_args'],
};

/** A sequence of objects, and how strictly its summary is taken; see {@link MetricToCheck}. */
export interface ObjectsToCheck {
  readonly id: SequenceId;
  readonly summary: SequenceSummary;
  readonly byAim: boolean;
}

/** Checks the points of a sequence of objects: that the objects are whole, and that the summary fits them. */
export class ObjectCheck {
  private count = 0;
  private least: bigint | undefined;
  private greatest: bigint | undefined;
  private hasFirstStep = false;
  private longest: number | undefined;

  constructor(
    private readonly sequence: ObjectsToCheck,
    private readonly report: RunReport,
  ) {}

  add(step: bigint, value: Value): void {
    const { summary } = this.sequence;
    this.count++;
    if (this.least === undefined || step < this.least) this.least = step;
    if (this.greatest === undefined || step > this.greatest) this.greatest = step;
    if (step === summary.firstStep) this.hasFirstStep = true;
    if (value.type === 'list') this.longest = Math.max(this.longest ?? 0, value.items.length);
    const items = value.type === 'list' ? value.items : [value];
    for (const item of items) this.checkItem(step, item, value.type === 'list');
  }

  finish(): void {
    const { sequence, report, longest } = this;
    if (this.count === 0) {
      report.add('sequence-without-points', {}, sequence.id);
      return;
    }
    const { byAim, summary } = sequence;
    if (summary.lastStep !== this.greatest) this.differs('last_step', summary.lastStep, this.greatest);
    if (byAim ? !this.hasFirstStep : summary.firstStep !== this.least) {
      this.differs('first_step', summary.firstStep, this.least);
    }
    if (longest === undefined) return;
    const stored = Number(summary.recordMaxLength ?? -1n);
    const fits = byAim ? stored >= longest : stored === longest;
    if (!fits) this.differs('record_max_length', summary.recordMaxLength, BigInt(longest));
  }

  private checkItem(step: bigint, value: Value, inList: boolean): void {
    const { dtype = '' } = this.sequence.summary;
    const name = value.type === 'object' ? value.name : value.type;
    const type = inList ? `list(${name})` : name;
    if (value.type !== 'object') {
      if (value.type !== 'unreadable' && FIELDS[withoutList(dtype)] !== undefined) {
        this.malformed(step, 'val', dtype, showValue(value));
      }
      return;
    }
    if (type !== dtype && !(inList && dtype === 'list')) this.malformed(step, 'val', dtype, type);
    this.checkFields(step, name, value.fields);
  }

  private checkFields(step: bigint, name: string, fields: ReadonlyMap<string, Value>): void {
    const known = FIELDS[name];
    if (known === undefined) return;
    for (const [field, types] of Object.entries(known)) {
      const found = fields.get(field);
      if (found?.type === 'unreadable') continue;
      if (found === undefined) this.malformed(step, `val/${field}`, types.join(' or '), 'nothing');
      else if (!types.includes(found.type)) this.malformed(step, `val/${field}`, types.join(' or '), showValue(found));
    }
    if (this.sequence.byAim) return; // a later version may keep more
    for (const [field, found] of fields) {
      const isKnown = known[field] !== undefined || OPTIONAL_FIELDS[name]?.includes(field) === true;
      if (!isKnown) this.malformed(step, `val/${field}`, 'nothing', showValue(found));
    }
  }

  private malformed(step: bigint, record: string, expected: string, found: string): void {
    this.report.add('object-malformed', { step, record, expected, found }, this.sequence.id);
  }

  private differs(record: string, found: bigint | undefined, expected: bigint | undefined): void {
    const details = { record, expected: String(expected ?? 'nothing'), found: String(found ?? 'nothing') };
    this.report.add('summary-differs', details, this.sequence.id);
  }
}

function withoutList(dtype: string): string {
  return /^list\((.*)\)$/.exec(dtype)?.[1] ?? dtype;
}
