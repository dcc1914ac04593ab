import { ConvertError } from '../../errors.js';
import { isWithin, realPath } from './paths.js';

/** A link that is not followed, since it leads out of the run in which it lies (docs/trust.md). */
export class OutsideLink extends ConvertError {
  constructor(link: string, target: string) {
    super(
      'skip-item',
      'outside-link',
      `${link} is a link that leads out of the run, to ${target}, and was not followed; --copy-links follows it.`,
      {
        where: link,
      },
    );
  }
}

/** Whether links are followed wherever they lead (`--copy-links`), or only within certain directories. */
export class LinkPolicy {
  constructor(readonly copyLinks: boolean) {}

  /** @param directories a run's, and that of its artifacts where it is another; absolute */
  within(...directories: readonly string[]): LinkBounds {
    return new LinkBounds(this.copyLinks, directories);
  }
}

/** Which links are followed: those that stay within some directories, or all of them. */
export class LinkBounds {
  readonly #copyLinks: boolean;
  readonly #directories: readonly string[];
  #real: readonly string[] | undefined;

  constructor(copyLinks: boolean, directories: readonly string[]) {
    this.#copyLinks = copyLinks;
    this.#directories = directories;
  }

  /** Why a link is not followed; undefined for one that is. One that leads nowhere passes: opening it says why. */
  refused(link: string): OutsideLink | undefined {
    if (this.#copyLinks) return undefined;
    const target = realPath(link);
    if (target === undefined) return undefined;
    this.#real ??= this.#directories.flatMap((directory) => realPath(directory) ?? []);
    return this.#real.some((directory) => isWithin(target, directory)) ? undefined : new OutsideLink(link, target);
  }
}
