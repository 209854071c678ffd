import { Text } from '@codemirror/state';
import { expect, test } from 'vitest';
import { isHard } from '../../src/editor/structure';

const cases: [string, string, boolean][] = [
  ['a policy', 'spec:\n  podSelector: {matchLabels: {app: db}}\n', false],
  ['many brackets that close', '[]\n'.repeat(5000), false],
  ['brackets in brackets', '['.repeat(201), true],
  ['maps in maps over many lines', '{a:\n'.repeat(201), true],
  ['a line without end', 'x'.repeat(50_001), true],
];
test.each(cases)('whether %s is too hard to colour', (_, text, wanted) => {
  expect(isHard(Text.of(text.split('\n')))).toBe(wanted);
});
