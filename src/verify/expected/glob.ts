import type { ArtifactRule } from '../../policies.js';

/** Whether the policy takes a file: the last rule that matches decides, else whether the first one excludes (docs/mapping.md, "Artifacts"). */
export function isWantedBy(rules: readonly ArtifactRule[]): (path: string) => boolean {
  const tests = rules.map(({ include, glob }) => ({ include, matches: globTest(glob) }));
  return (path) => {
    let wanted = rules[0]?.include !== true;
    for (const { include, matches } of tests) if (matches(path)) wanted = include;
    return wanted;
  };
}

/** Whether the key of a tag matches a glob, in which a slash is a character like any other. A key matches itself. */
export function keyTest(glob: string): (key: string) => boolean {
  // the expression knows only paths; no key holds the character that takes the place of its slashes
  const hidden = (text: string) => text.replaceAll('/', '\uFFFF');
  const expression = new RegExp(`^${expressionOf(hidden(glob))}$`, 'su');
  return (key) => key === glob || expression.test(hidden(key));
}

/** A pattern without a slash is for names in any directory, one with a slash for whole paths, one that ends in a slash for directories. */
export function globTest(glob: string): (path: string) => boolean {
  const isDirectory = glob.endsWith('/');
  const anywhere = glob.slice(0, -1).includes('/') ? '' : '**/';
  const pattern = `${anywhere}${glob.replace(/^\//, '')}${isDirectory ? '**' : ''}`;
  const expression = new RegExp(`^${expressionOf(pattern)}$`, 'su');
  return (path) => expression.test(path);
}

const PART = /\\(.)|\*\*\/|\*{2,}|\*|\?|\[(!|\^)?((?:\\.|[^\]\\])+)\]|[{},]|./gsu;

function expressionOf(glob: string): string {
  let braces = 0;
  return glob.replace(PART, (part, escaped?: string, negation?: string, characters?: string) => {
    if (escaped !== undefined) return quoted(escaped);
    if (characters !== undefined) return `(?!/)[${negation === undefined ? '' : '^'}${classOf(characters)}]`;
    switch (part) {
      case '**/':
        return '(?:.*/)?';
      case '*':
        return '[^/]*';
      case '?':
        return '[^/]';
      case '{':
        braces++;
        return '(?:';
      case ',':
        return braces > 0 ? '|' : ',';
      case '}':
        return braces-- > 0 ? ')' : quoted('}');
      default:
        return part.startsWith('**') ? '.*' : quoted(part);
    }
  });
}

function classOf(characters: string): string {
  return characters.replace(/\\(.)|[[\]^&~|]/gsu, (part, escaped?: string) => `\\${escaped ?? part}`);
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
