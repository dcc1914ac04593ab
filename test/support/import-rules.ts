import { type ImportKind, type ModuleGraph, roomOf } from './module-graph.js';

/**
 * The rules of imports, each a function from the modules to the sentences that say where it is broken. A room is a directory
 * with its own files, or a loose file in `src/`.
 */

/** One import of a file of this project or, with `packages`, of a package. */
interface Edge {
  readonly file: string;
  readonly target: string;
  readonly kind: ImportKind;
}

function* edges(graph: ModuleGraph): Generator<Edge> {
  for (const [file, imports] of graph) {
    for (const { target, kind } of imports) if (graph.has(target)) yield { file, target, kind };
  }
}

/** Whether a room is the given one or lies in it. */
function isIn(room: string, outer: string): boolean {
  return room === outer || room.startsWith(`${outer}/`);
}

/** No circle between rooms, types included. Names one circle, and an import for each of its steps. */
export function circles(graph: ModuleGraph): string[] {
  const rooms = new Map<string, Map<string, Edge>>();
  for (const edge of edges(graph)) {
    const [from, to] = [roomOf(edge.file), roomOf(edge.target)];
    if (from === to) continue;
    const next = rooms.get(from) ?? new Map<string, Edge>();
    next.set(to, next.get(to) ?? edge);
    rooms.set(from, next);
  }
  const circle = findCircle(new Map([...rooms].map(([room, next]) => [room, [...next.keys()]])));
  if (circle === undefined) return [];
  const steps = circle.map((room, i) => rooms.get(room)!.get(circle[(i + 1) % circle.length]!)!);
  const path = [...circle, circle[0]].join(' → ');
  const why = steps.map(({ file, target }) => `${file} imports ${target}`).join(', ');
  return [`Rooms may not import each other in a circle: ${path} (${why}).`];
}

/** Some circle of a directed graph, as its nodes in order; undefined when there is none. */
function findCircle(next: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | undefined => {
    const start = path.indexOf(node);
    if (start >= 0) return path.slice(start);
    if (done.has(node)) return undefined;
    path.push(node);
    for (const other of next.get(node) ?? []) {
      const circle = visit(other);
      if (circle !== undefined) return circle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of next.keys()) {
    const circle = visit(node);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** `room` and all below it import nothing of this project outside it but the files or rooms in `allowed`. */
export function importsOnly(graph: ModuleGraph, room: string, allowed: readonly string[]): string[] {
  const but = allowed.length === 0 ? '' : ` but ${allowed.join(', ')}`;
  return [...edges(graph)]
    .filter(({ file, target }) => isIn(roomOf(file), room) && ![room, ...allowed].some((one) => isIn(target, one)))
    .map(({ file, target }) => `${room}/ may import nothing of this project${but}: ${file} imports ${target}.`);
}

/** None of `rooms` imports any of `others`. */
export function importsNone(graph: ModuleGraph, rooms: readonly string[], others: readonly string[]): string[] {
  return rooms.flatMap((room) =>
    [...edges(graph)].flatMap(({ file, target }) => {
      const other = others.find((one) => isIn(target, one));
      if (other === undefined || !isIn(file, room) || isIn(file, other)) return [];
      return [`${room}/ may not import ${other}/: ${file} imports ${target}.`];
    }),
  );
}

/** `room` is imported by `importers` alone. */
export function importedOnlyBy(graph: ModuleGraph, room: string, importers: readonly string[]): string[] {
  return [...edges(graph)]
    .filter(({ file, target }) => isIn(target, room) && ![room, ...importers].some((one) => isIn(file, one)))
    .map(({ file, target }) => `Only ${importers.join(', ')} may import ${room}/: ${file} imports ${target}.`);
}

/** The loose files in `src/` are those of the list, some of which may be missing. */
export function looseFiles(graph: ModuleGraph, known: Readonly<Record<string, string>>): string[] {
  return [...graph.keys()]
    .filter((file) => roomOf(file) === file && !Object.hasOwn(known, file))
    .map((file) => `Loose files in src/ are entry points and the ground floor only: ${file} belongs in a room.`);
}

/** Everything that is loaded along with a module. */
function loadedWith(graph: ModuleGraph, entry: string): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    for (const { target, kind } of graph.get(file) ?? []) if (kind === 'value') waiting.push(target);
  }
  return found;
}

/** Loading `entry` does not load `unwanted`, a module or a package. */
export function loadsNot(graph: ModuleGraph, entry: string, unwanted: string): string[] {
  const loaded = loadedWith(graph, entry);
  return [...loaded]
    .filter((file) => graph.get(file)?.some(({ target, kind }) => kind === 'value' && target === unwanted))
    .map((file) => `${entry} may not load ${unwanted}: ${file}, which it loads, imports it.`);
}

/** Of what is loaded with `entry`, only `importers` import `room`. */
export function loadsThrough(graph: ModuleGraph, entry: string, room: string, importers: readonly string[]): string[] {
  const loaded = loadedWith(graph, entry);
  return [...edges(graph)]
    .filter(({ file, target, kind }) => kind === 'value' && loaded.has(file) && isIn(target, room) && !isIn(file, room))
    .filter(({ file }) => !importers.some((one) => isIn(file, one)))
    .map(
      ({ file, target }) =>
        `Of what ${entry} loads, only ${importers.join(', ')} may import ${room}/: ${file} imports ${target}.`,
    );
}

/** A line of the table of layers. */
export interface Layer {
  readonly rooms: readonly string[];
  /** Names of rooms; `mlflow/` means that room and all below it. */
  readonly mayImport: readonly string[];
}

/** The words in the third column that mean all rooms of that line. */
const GROUND_FLOOR = 'ground floor';

/**
 * Reads the Markdown table under the heading "Layers": rooms in backticks in the first column, what they may import in the
 * third. The words "ground floor" there stand for the rooms of the line in which they are the second column's first words.
 */
export function readLayers(markdown: string): readonly Layer[] {
  const section = /^## Layers$([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(markdown)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => /^\| *`/.test(line));
  const cells = rows.map((row) => row.split('|').slice(1, -1));
  const ground = cells.find(([, what]) => what?.trim().toLowerCase().startsWith(GROUND_FLOOR))?.[0] ?? '';
  return cells.map(([rooms = '', , mayImport = '']) => ({
    rooms: names(rooms),
    mayImport: [...names(mayImport), ...(mayImport.includes(GROUND_FLOOR) ? names(ground) : [])],
  }));
}

function names(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

/** Each room has one line in the table, and each line's rooms exist. */
export function roomsOfTable(graph: ModuleGraph, layers: readonly Layer[]): string[] {
  const listed = layers.flatMap(({ rooms }) => rooms);
  const rooms = new Set([...graph.keys()].map(roomOf));
  const missing = [...rooms].filter((room) => !listed.includes(room));
  const obsolete = listed.filter((room) => !rooms.has(room));
  const twice = listed.filter((room, i) => listed.indexOf(room) !== i);
  return [
    ...missing.map((room) => `Every room has a line in the table of layers: \`${room}\` has none.`),
    ...obsolete.map((room) => `The table of layers lists rooms that exist: there is no \`${room}\` in src/.`),
    ...twice.map((room) => `A room has one line in the table of layers: \`${room}\` has two.`),
  ];
}

/** A room imports only what its line in the table says. */
export function importsOfTable(graph: ModuleGraph, layers: readonly Layer[]): string[] {
  const allowed = new Map(layers.flatMap(({ rooms, mayImport }) => rooms.map((room) => [room, mayImport] as const)));
  return [...edges(graph)]
    .map(({ file, target }) => ({ file, target, from: roomOf(file), to: roomOf(target) }))
    .filter(({ from, to }) => from !== to && !allowed.get(from)?.some((name) => covers(name, to)))
    .map(
      ({ file, target, from, to }) =>
        `The table of layers does not let \`${from}\` import \`${to}\`: ${file} imports ${target}.`,
    );
}

/** A line's permissions that nothing needs: the table says what is so, not what might be. */
export function unusedOfTable(graph: ModuleGraph, layers: readonly Layer[]): string[] {
  const needed = new Map<string, Set<string>>();
  for (const { file, target } of edges(graph)) {
    const from = roomOf(file);
    needed.set(from, (needed.get(from) ?? new Set()).add(roomOf(target)));
  }
  const ground = layers.find(({ rooms }) => rooms.includes('errors.ts'))?.rooms ?? [];
  return layers.flatMap(({ rooms, mayImport }) =>
    mayImport
      .filter((name) => !ground.includes(name))
      .filter((name) => !rooms.some((room) => [...(needed.get(room) ?? [])].some((to) => covers(name, to))))
      .map(
        (name) =>
          `The table of layers lets ${rooms.map((room) => `\`${room}\``).join(', ')} import \`${name}\`, which nothing there does.`,
      ),
  );
}

function covers(name: string, room: string): boolean {
  return name.endsWith('/') ? isIn(room, name.slice(0, -1)) : name === room;
}
