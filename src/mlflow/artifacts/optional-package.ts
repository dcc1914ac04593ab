import { ConvertError, errorCode } from '../../errors.js';

/**
 * Loads a package that users install only if they need it. Rejects with a `skip-item` that names the package and the command
 * to install it if it is missing.
 *
 * @param what needs the package: `Files at s3: locations`
 */
export async function optionalPackage<Module>(
  name: string,
  what: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (!isNotFound(cause) || !String(cause).includes(name)) throw cause;
    throw new ConvertError(
      'skip-item',
      'missing-package',
      `${what} need the package ${name}, which is not installed.`,
      {
        hint: `Install it where mlflow2aim is installed, and run again: npm install ${name} (with --global for a global installation).`,
        cause,
      },
    );
  }
}

/** True for the error of {@link optionalPackage}. */
export function isMissingPackage(error: unknown): boolean {
  return error instanceof ConvertError && isNotFound(error.cause);
}

function isNotFound(cause: unknown): boolean {
  const code = errorCode(cause);
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
