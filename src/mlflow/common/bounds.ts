/**
 * How much of a source is read, so that no store, however it was made, can hold a conversion up or fill its memory. Each
 * is far beyond what MLflow writes; docs/trust.md lists them all and says what happens beyond.
 */

const MIB = 1024 * 1024;

/** One param, tag or meta.yaml. MLflow allows params 6,000 characters, tags 8,000, a dataset's profile 16 MiB. */
export const MAX_FIELD_BYTES = 16 * MIB;

/** All params, tags and datasets of one run, those of its models included. */
export const MAX_FIELDS_BYTES = 64 * MIB;

/** One metric file: some 500 million points. */
export const MAX_METRIC_BYTES = 16 * 1024 * MIB;

/** One line of a metric file, some 30 bytes in MLflow; behind a longer one the rest of the file is no metric either. */
export const MAX_LINE_BYTES = 64 * MIB;

/** Files and directories below one directory of params, tags, metrics or artifacts, or in one listing of a store. */
export const MAX_ENTRIES = 1_000_000;

/** Directories of artifacts that a server is asked for, one request each. */
export const MAX_LISTED_DIRECTORIES = 100_000;

/** How often a directory is walked through links: links to links that branch would lead to it without end. */
export const MAX_LINKED_VISITS = 16;

/** Directories one in another. A key of MLflow has at most 250 characters, and so at most 125. */
export const MAX_DIRECTORY_DEPTH = 200;

/** An answer of a server in JSON, decoded. V8 needs some eight times as much for what becomes of it. */
export const MAX_JSON_BYTES = 256 * MIB;

/** Objects, lists and what is in them in such an answer: V8 holds each in up to 56 bytes, however short it is written. */
export const MAX_JSON_VALUES = 20_000_000;

/** A page of a list, before it is asked for again with fewer items on it. */
export const MAX_PAGE_BYTES = 64 * MIB;

/** Traces of a database, which are only counted. */
export const MAX_COUNTED_TRACES = 100_000;

/** What is read of an answer that is an error. */
export const MAX_ERROR_BYTES = 64 * 1024;

/** Pages of one list: of runs, a hundred on each, ten millions. */
export const MAX_PAGES = 100_000;

/** Points of a metric that a server gives unsorted and all at once; 24 bytes each, and as many again while they are sorted. */
export const MAX_SORTED_POINTS = 20_000_000;

/** What lies between two points of such an answer; a point has some hundred bytes, and a key of any length. */
export const MAX_POINT_BYTES = 16 * MIB;

/** A body that brings less while it might have been silent (MLFLOW_HTTP_REQUEST_TIMEOUT, 120 s) is no answer. */
export const LEAST_BYTES = 1024;
