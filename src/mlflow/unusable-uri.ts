import { existsSync } from 'node:fs';
import { ConvertError } from '../errors.js';

/** Tracking servers that MLflow reaches through plugins or its own clients, and that are not read here. */
const SERVICES: ReadonlyArray<{ readonly uri: RegExp; readonly name: string }> = [
  { uri: /^databricks(-uc)?($|:)|^uc($|:)/, name: 'Databricks' },
  { uri: /^azureml:/i, name: 'Azure Machine Learning' },
  { uri: /^arn:aws[\w-]*:sagemaker:/i, name: 'Amazon SageMaker' },
];

/** What people write, and what MLflow calls it. */
const MISSPELT: ReadonlyMap<string, string> = new Map([
  ['postgres', 'postgresql'],
  ['postgre', 'postgresql'],
  ['postgressql', 'postgresql'],
  ['postgresq', 'postgresql'],
  ['pgsql', 'postgresql'],
  ['psql', 'postgresql'],
  ['pg', 'postgresql'],
  ['mariadb', 'mysql'],
  ['sqlite3', 'sqlite'],
  ['sqllite', 'sqlite'],
]);

/** Schemes of MLflow that name artifacts and models, not a tracking store. */
const OF_ARTIFACTS: ReadonlySet<string> = new Set(['runs', 'models', 'mlflow-artifacts']);

/** The schemes that are read. */
const READ = ['file:', 'http:', 'https:', 'sqlite:', 'postgresql:', 'mysql:'].join(', ');

/**
 * Whether a tracking URI is the address of a server without a scheme: `127.0.0.1:5000`, `[::1]:5000`. (Where the host begins with a
 * letter, it is taken for a scheme.)
 */
export function isBareAddress(uri: string): boolean {
  return /^(\d{1,3}(\.\d{1,3}){3}|\[[\da-f:]+\])(:\d{1,5})?(\/|$)/i.test(uri) && !existsSync(uri);
}

/** Why a tracking URI is not read, and what to use instead. Never quotes a password. @param scheme '' for none */
export function unusableUri(uri: string, scheme: string): ConvertError {
  const service = SERVICES.find((each) => each.uri.test(uri));
  if (service !== undefined) {
    return unsupported(`Tracking servers of ${service.name} are not read.`, EXPORT);
  }
  if (scheme.startsWith('mssql')) {
    return unsupported(
      'SQL Server databases (mssql:) are not read.',
      'Start mlflow server --backend-store-uri with this URI, and give the URL of that server.',
    );
  }
  if (isBareAddress(uri) || /^[^:/@]+:\d{1,5}(\/|$)/.test(uri)) {
    return new ConvertError('fatal', 'invalid-argument', `${uri} has no http:// or https:// in front.`, {
      hint: `Use http://${uri}, or https://${uri} if the server uses TLS.`,
    });
  }
  const meant = MISSPELT.get(scheme.split('+', 1)[0] ?? '');
  if (meant !== undefined) {
    return unsupported(`Tracking URIs do not begin with ${scheme}:.`, `Use ${meant}: instead, as MLflow does.`);
  }
  if (OF_ARTIFACTS.has(scheme)) {
    return unsupported(
      `${scheme}: names artifacts or models, not a tracking store.`,
      'Give the URI that MLFLOW_TRACKING_URI has where these were logged.',
    );
  }
  const path = uri.includes('://') ? '' : ` Write a path with a colon as ./${scheme}:…`;
  return unsupported(`Tracking URIs that begin with ${scheme}: are not read.`, `Use a path, or one of ${READ}.${path}`);
}

const EXPORT = 'Export the runs to an MLflow server, a database or a directory first (mlflow-export-import does that).';

function unsupported(message: string, hint: string): ConvertError {
  return new ConvertError('fatal', 'source-unsupported', message, { hint });
}
