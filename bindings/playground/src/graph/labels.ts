/** Where the words of lines stand: on their line, and on no box and no other words as long as there is room. */
import type { Point } from './arc';
import type { Placed } from './layout';

const LETTER = 6.9;
const HEIGHT = 18;
const PADDING = 8;

export interface Words {
  text: string;
  /** Where they may stand, the best place first. */
  places: readonly Point[];
}

/** A place for each, in their order. */
export function placeWords(all: readonly Words[], boxes: readonly Placed[]): Point[] {
  const taken: Placed[] = [...boxes];
  return all.map(({ text, places }) => {
    const first = places[0] ?? { x: 0, y: 0 };
    const cost = (place: Point) => {
      const room = around(text, place);
      return taken.reduce((sum, other) => sum + shared(room, other), 0);
    };
    let best = { place: first, cost: cost(first) };
    for (const place of places) {
      if (best.cost === 0) break;
      const other = { place, cost: cost(place) };
      if (other.cost < best.cost) best = other;
    }
    taken.push(around(text, best.place));
    return best.place;
  });
}

function around(text: string, { x, y }: Point): Placed {
  const width = text.length * LETTER + PADDING;
  return { x: x - width / 2, y: y - HEIGHT / 2, width, height: HEIGHT };
}

/** The area that two have in common. */
function shared(one: Placed, two: Placed): number {
  const width = Math.min(one.x + one.width, two.x + two.width) - Math.max(one.x, two.x);
  const height = Math.min(one.y + one.height, two.y + two.height) - Math.max(one.y, two.y);
  return width > 0 && height > 0 ? width * height : 0;
}
