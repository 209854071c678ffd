import { expect, test } from 'vitest';
import { arc } from '../../src/graph/arc';
import { placeWords } from '../../src/graph/labels';

const box = (x: number, y: number) => ({ x, y, width: 80, height: 30 });

test('there and back are two lines', () => {
  const [there, back] = [arc(box(0, 0), box(300, 0)), arc(box(300, 0), box(0, 0))];
  const heights = [there, back].map(({ places }) => places[0]?.y ?? 0);
  expect(Math.abs((heights[0] ?? 0) - (heights[1] ?? 0))).toBeGreaterThan(20);
});

test('words stand at their best place, unless a box or other words are there', () => {
  const places = [
    { x: 100, y: 100 },
    { x: 200, y: 100 },
    { x: 300, y: 100 },
  ];
  const alike = { text: '5432', places };
  expect(placeWords([alike, alike], [])).toEqual([places[0], places[1]]);
  expect(placeWords([alike, alike], [box(180, 90)])).toEqual([places[0], places[2]]);
});

test('where there is no room, words stand where they hide least', () => {
  const places = [
    { x: 40, y: 15 },
    { x: 90, y: 15 },
  ];
  expect(placeWords([{ text: '80', places }], [box(0, 0)])).toEqual([places[1]]);
});

test('a line leads past the boxes that stand in its way', () => {
  const inTheWay = box(0, 150);
  const { places } = arc(box(0, 0), box(0, 300), [inTheWay]);
  for (const { x, y } of places) {
    const isBehind = x > 0 && x < 80 && y > 150 && y < 180;
    expect(isBehind).toBe(false);
  }
});
