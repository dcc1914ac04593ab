/** What an element may hold: text is only ever text, never HTML. */
export type Child = Node | string | false | undefined;

/**
 * An element with a class (`tag.class.class`) and children.
 * @param of the tag, with classes behind dots
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  of: Tag | `${Tag}.${string}`,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const [tag = 'div', ...classes] = of.split('.');
  const made = document.createElement(tag as Tag);
  if (classes.length > 0) made.className = classes.join(' ');
  for (const child of children) if (child !== false && child !== undefined) made.append(child);
  return made;
}

/** Text from elsewhere: its direction does not reach what is around it. */
export function foreign(text: string): HTMLElement {
  return element('bdi', text);
}

/** A sentence that may hold text from elsewhere; flags in it are not broken at their hyphens. */
export function sentence(text: string): HTMLElement {
  const parts = text.split(/(--[a-z][a-z-]+)/);
  return element('bdi', ...parts.map((part, i) => (i % 2 === 0 ? part : element('span.flag', part))));
}

/** A section of the page with its heading; undefined when there is nothing in it. */
export function section(title: string, ...children: readonly Child[]): HTMLElement | undefined {
  const filled = children.filter((child) => child !== false && child !== undefined);
  return filled.length === 0 ? undefined : element('section', element('h2', title), ...filled);
}
