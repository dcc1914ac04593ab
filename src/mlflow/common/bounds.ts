/**
 * Bounds on what is read, so that no store, whoever made it, can block a conversion or exhaust its memory. Each is far beyond what MLflow
 * writes. docs/trust.md lists them all, and says what happens beyond.
 */

const MIB = 1024 * 1024;

/** One param, tag or meta.yaml. MLflow allows params 6,000 characters, tags 8,000, a dataset's profile 16 MiB. */
export const MAX_FIELD_BYTES = 16 * MIB;

/** All params, tags and datasets of one run, those of its models included. */
export const MAX_FIELDS_BYTES = 64 * MIB;

/** One metric file: some 500 million points. */
export const MAX_METRIC_BYTES = 16 * 1024 * MIB;

/** One line of a metric file, some 30 bytes in MLflow. A file with a longer one is not a metric. */
export const MAX_LINE_BYTES = 64 * MIB;

/** Files and directories below one directory of params, tags, metrics or artifacts, or in one listing of a store. */
export const MAX_ENTRIES = 1_000_000;

/** Directories of artifacts that a server is asked for, one request each. */
export const MAX_LISTED_DIRECTORIES = 100_000;

/** How often links may lead to the same directory: branching links to links would otherwise lead there endlessly. */
export const MAX_LINKED_VISITS = 16;

/** Datasets that one metric names. Each becomes a sequence of its own. */
export const MAX_METRIC_DATASETS = 1000;

/** The characters of their names and digests. */
export const MAX_DATASET_CHARACTERS = 1_000_000;

/** Points of a run of which a model tells the dataset. All of them are held. */
export const MAX_MEASURED_POINTS = 1_000_000;

/** The depth of nested directories. A key of MLflow has at most 250 characters, and so at most 125 directories. */
export const MAX_DIRECTORY_DEPTH = 200;

/** A JSON response, decoded. V8 needs about eight times as much for its values. */
export const MAX_JSON_BYTES = 256 * MIB;

/** Objects, lists and their elements in a response: V8 needs up to 56 bytes for each, however short its JSON is. */
export const MAX_JSON_VALUES = 20_000_000;

/** A page of a list. A larger one is requested again with fewer items. */
export const MAX_PAGE_BYTES = 64 * MIB;

/** Traces of a database, where counting stops. */
export const MAX_COUNTED_TRACES = 100_000;

/** The part of an error response that is read. */
export const MAX_ERROR_BYTES = 64 * 1024;

/** Pages of one list; ten million runs, at a hundred per page. */
export const MAX_PAGES = 100_000;

/** Points of a metric that a server sends unsorted in one response; 24 bytes each, and as many again while sorting. */
export const MAX_SORTED_POINTS = 20_000_000;

/** The distance between two points in such a response; a point has some hundred bytes, and a key of any length. */
export const MAX_POINT_BYTES = 16 * MIB;

/** A body that delivers fewer bytes within the idle timeout (MLFLOW_HTTP_REQUEST_TIMEOUT, 120 s) counts as idle. */
export const LEAST_BYTES = 1024;
