/**
 * Where boxes and the frames of their namespaces lie: frames in rows, boxes in rows inside them, in an order that hangs
 * on names alone. So an edit moves lines, and never boxes.
 */
import type { Graph, Node } from './model';

export interface Placed {
  x: number;
  y: number;
  width: number;
  height: number;
}

const LINE = 17;
const HEAD = 24;
const PADDING = 18;
/** Room between boxes, and between frames, for lines and their words. */
const BETWEEN_BOXES = { x: 84, y: 66 };
const BETWEEN_FRAMES = { x: 104, y: 72 };
/** How wide the picture is for its height. */
const ASPECT = 1.7;
/** So many names stand in a box. */
export const SHOWN_NAMES = 4;

export function layout({ nodes }: Graph): Map<string, Placed> {
  const namespaces = [...new Set(nodes.map(({ namespace }) => namespace))].sort(byName);
  const frames = namespaces.map(namespace => {
    const inside = nodes.filter(node => node.namespace === namespace);
    const boxes = pack(inside.map(size), BETWEEN_BOXES, Math.ceil(Math.sqrt(inside.length)));
    return { namespace, inside, boxes, ...around(boxes, namespace ?? 'outside') };
  });
  const area = frames.reduce(
    (sum, { width, height }) => sum + (width + BETWEEN_FRAMES.x) * (height + BETWEEN_FRAMES.y),
    0,
  );
  const places = pack(frames, BETWEEN_FRAMES, frames.length, Math.sqrt(area * ASPECT));
  const placed = new Map<string, Placed>();
  frames.forEach(({ namespace, inside, boxes }, at) => {
    const frame = places[at];
    if (!frame) return;
    placed.set(frameId(namespace), frame);
    inside.forEach(({ id }, index) => {
      const box = boxes[index];
      if (box) placed.set(id, { ...box, x: frame.x + PADDING + box.x, y: frame.y + HEAD + PADDING + box.y });
    });
  });
  return placed;
}

export const frameId = (namespace: string | null) => (namespace === null ? 'outside' : `ns ${namespace}`);

export interface Title extends Placed {
  title: string;
}

/** Where the titles of frames stand. */
export function titles({ nodes }: Graph, placed: ReadonlyMap<string, Placed>): Title[] {
  return [...new Set(nodes.map(({ namespace }) => namespace))].flatMap(namespace => {
    const frame = placed.get(frameId(namespace));
    const title = namespace ?? 'outside';
    const width = Math.min(20 + 8 * title.length, frame?.width ?? 0);
    return frame ? [{ title, x: frame.x, y: frame.y, width, height: HEAD }] : [];
  });
}

/** Outside first, then by name. */
function byName(a: string | null, b: string | null): number {
  return a === null ? -1 : b === null ? 1 : a < b ? -1 : 1;
}

function size({ names }: Node): { width: number; height: number } {
  const shown = names.slice(0, SHOWN_NAMES);
  const longest = Math.max(...shown.map(name => Math.min(name.length, 30)));
  const lines = shown.length + (names.length > SHOWN_NAMES ? 1 : 0);
  return { width: Math.max(76, 24 + 7.4 * longest), height: 14 + LINE * lines };
}

/** Puts rectangles in rows, each in the middle of its row's height. */
function pack(
  sizes: readonly { width: number; height: number }[],
  between: { x: number; y: number },
  most: number,
  widest = Number.POSITIVE_INFINITY,
): Placed[] {
  const placed: Placed[] = [];
  let y = 0;
  for (let first = 0; first < sizes.length; ) {
    const row: { width: number; height: number }[] = [];
    let width = 0;
    for (const one of sizes.slice(first, first + most)) {
      if (row.length > 0 && width + one.width > widest) break;
      row.push(one);
      width += one.width + between.x;
    }
    const height = Math.max(...row.map(one => one.height));
    let x = 0;
    for (const one of row) {
      placed.push({ x, y: y + (height - one.height) / 2, width: one.width, height: one.height });
      x += one.width + between.x;
    }
    y += height + between.y;
    first += row.length;
  }
  return placed;
}

function around(boxes: readonly Placed[], title: string): { width: number; height: number } {
  return {
    width: Math.max(34 + 8 * title.length, 2 * PADDING + Math.max(...boxes.map(({ x, width }) => x + width))),
    height: HEAD + 2 * PADDING + Math.max(...boxes.map(({ y, height }) => y + height)),
  };
}
