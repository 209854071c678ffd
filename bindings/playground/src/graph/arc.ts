/** The line between two boxes: a slight arc from border to border, so that there and back are two lines. */
import type { Placed } from './layout';

export interface Point {
  x: number;
  y: number;
}

export interface Arc extends Record<string, unknown> {
  path: string;
  /** Where its words may stand, the best place first. */
  places: readonly Point[];
}

/** How far an arc may leave the straight line, for its length. */
const BENDS = [0.16, 0.3, 0.45, 0.62, 0.8, -0.3, -0.5, -0.8] as const;
/** What is better avoided: going behind a box, under words, far around, and on the side of the way back. */
const COSTS = { box: 3, words: 1, bend: 6, other: 4 };
/** How far around what stands in the way a line keeps. */
const CLEAR = 5;
/** At so many parts of the way is looked for what stands in it. */
const STEPS = 24;
/** Parts of the way at which words may stand: first of all not in the middle, where lines cross. */
const PARTS = [0.36, 0.28, 0.44, 0.52, 0.2, 0.6, 0.68, 0.76];

export function arc(
  from: Placed,
  to: Placed,
  boxes: readonly Placed[] = [],
  words: readonly Placed[] = [],
): Arc {
  const [start, end] = [middle(from), middle(to)];
  if (start.x === end.x && start.y === end.y) return loop(from);
  const ways = BENDS.map(bend => {
    const way = bent(from, to, bend);
    const points = Array.from({ length: STEPS }, (_, step) => way.at((step + 0.5) / STEPS));
    const behind = (list: readonly Placed[]) => points.filter(point => list.some(one => holds(one, point)));
    const cost =
      COSTS.box * behind(boxes).length +
      COSTS.words * behind(words).length +
      COSTS.bend * Math.abs(bend) +
      (bend < 0 ? COSTS.other : 0);
    return { ...way, cost };
  });
  const best = ways.reduce((best, way) => (way.cost < best.cost ? way : best));
  return { path: best.path, places: PARTS.map(best.at) };
}

/** The way between two boxes with a bend, and each part of it. */
function bent(from: Placed, to: Placed, by: number): { path: string; at: (part: number) => Point } {
  const [start, end] = [middle(from), middle(to)];
  const [dx, dy] = [end.x - start.x, end.y - start.y];
  const bend = { x: (start.x + end.x) / 2 - dy * by, y: (start.y + end.y) / 2 + dx * by };
  const [leaves, enters] = [border(from, bend, 2), border(to, bend, 5)];
  const along = (t: number, a: number, b: number, c: number) =>
    (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t ** 2 * c;
  return {
    path: `M${leaves.x},${leaves.y} Q${bend.x},${bend.y} ${enters.x},${enters.y}`,
    at: part => ({
      x: along(part, leaves.x, bend.x, enters.x),
      y: along(part, leaves.y, bend.y, enters.y),
    }),
  };
}

function holds({ x, y, width, height }: Placed, point: Point): boolean {
  const isIn = (at: number, first: number, size: number) => at > first - CLEAR && at < first + size + CLEAR;
  return isIn(point.x, x, width) && isIn(point.y, y, height);
}

function middle({ x, y, width, height }: Placed): Point {
  return { x: x + width / 2, y: y + height / 2 };
}

/** Where the way from the box's middle to a point crosses its border, and a little further. */
function border(box: Placed, towards: Point, room: number): Point {
  const { x, y } = middle(box);
  const [dx, dy] = [towards.x - x, towards.y - y];
  const length = Math.hypot(dx, dy) || 1;
  const scale = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : (box.width / 2 + room) / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : (box.height / 2 + room) / Math.abs(dy),
  );
  const reach = Math.min(scale, 1 - 1 / length);
  return { x: x + dx * reach, y: y + dy * reach };
}

/** From a box to itself: its members among each other. */
function loop({ x, y, width }: Placed): Arc {
  const right = x + width;
  return {
    path: `M${right - 26},${y - 2} C${right - 30},${y - 34} ${right + 30},${y - 34} ${right + 4},${y + 6}`,
    places: [{ x: right + 4, y: y - 24 }],
  };
}
