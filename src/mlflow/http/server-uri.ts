import { ConvertError } from '../../errors.js';
import { withoutTrailing } from '../common/trailing.js';
import { type UiPage, uiPage } from '../locations/ui-page.js';

/** A user and a password for Basic authentication. */
export interface UserPassword {
  readonly user: string;
  readonly password: string;
}

/** The tracking URI of a server, taken apart. */
export interface ServerUri {
  /** `http://host:port`, without a path. */
  readonly origin: string;
  /** The path prefix of the server, without a trailing slash; '' for none. */
  readonly prefix: string;
  /** The tracking URI without credentials, fit to be shown and stored. */
  readonly shown: string;
  readonly userPassword?: UserPassword;
}

/** Parses an `http:` or `https:` tracking URI. Throws a `fatal` error that does not quote the URI: it may contain a password. */
export function parseServerUri(uri: string): ServerUri {
  const page = uiPage(uri);
  if (page !== undefined) throw pageError(page);
  let url: URL;
  try {
    url = new URL(uri);
  } catch (_) {
    throw new ConvertError('fatal', 'invalid-argument', 'The tracking URI of the server is not a valid URL.', {
      hint: 'It should look like http://host:5000.',
    });
  }
  const prefix = withoutTrailing(url.pathname, '/');
  return {
    origin: url.origin,
    prefix,
    shown: url.origin + prefix,
    ...((url.username !== '' || url.password !== '') && {
      userPassword: { user: decoded(url.username), password: decoded(url.password) },
    }),
  };
}

/** A page would be read as the whole server. The command line knows what such a page selects; the library does not guess. */
function pageError({ server, experimentId }: UiPage): ConvertError {
  const { shown } = parseServerUri(server);
  const selected = experimentId === undefined ? '' : ` with the experiment id ${experimentId}`;
  return new ConvertError('fatal', 'invalid-argument', "This tracking URI is the address of a page of MLflow's UI.", {
    hint: `Use ${shown}${selected}.`,
  });
}

/** The origin of a URL that the user gave. Throws a `fatal` error if it is not a URL. */
export function originOf(url: string): string {
  if (URL.canParse(url)) return new URL(url).origin;
  throw new ConvertError('fatal', 'invalid-argument', 'A trusted origin is not a valid URL.', {
    hint: 'It should look like https://host:5000.',
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % is literal
  }
}
