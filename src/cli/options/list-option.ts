import { Option } from 'commander';

/** A flag that may be given several times; its values come as a list, in the order given. */
export class ListOption<T> extends Option {
  /**
   * @param parse takes one value
   * @param none what the help says of an empty list, which is the default
   */
  constructor(flags: string, description: string, parse: (text: string) => T, none = 'none') {
    super(flags, description);
    this.default([], none).argParser((text, before: readonly T[]) => [...before, parse(text)]);
  }
}
