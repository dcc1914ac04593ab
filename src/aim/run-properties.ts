/** A label of Aim's ("tag" there), with the colour in which its UI draws it. */
export interface Label {
  readonly name: string;
  /** `#RRGGBB` */
  readonly color: string;
}

/** What Aim keeps about a run in its relational database. */
export interface RunProperties {
  readonly name?: string;
  readonly description?: string;
  readonly note?: string;
  /** Seconds since the epoch. */
  readonly creationTime: number;
  readonly archived: boolean;
  readonly labels: readonly Label[];
  readonly experiment: ExperimentProperties;
}

/** What Aim keeps about an experiment there. */
export interface ExperimentProperties {
  readonly name: string;
  readonly description?: string;
  readonly note?: string;
  /** Seconds since the epoch; where the source does not know it, that of the first run written. */
  readonly creationTime?: number;
}
