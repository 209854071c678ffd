import { Text } from '@codemirror/state';
import { expect, test } from 'vitest';
import { kindOf } from '../../src/editor/structure';

const cases: [string, string, string][] = [
  ['a policy', 'spec:\n  podSelector: {matchLabels: {app: db}}\n', 'whole'],
  ['many brackets that close', '[]\n'.repeat(5000), 'whole'],
  ['brackets in brackets', '['.repeat(201), 'hard'],
  ['maps in maps over many lines', '{a:\n'.repeat(201), 'hard'],
  ['many lines', 'kind: Pod\n'.repeat(7000), 'long'],
  ['a line without end', 'x'.repeat(50_001), 'hard'],
];
test.each(cases)('how much is known of %s', (_, text, wanted) => {
  expect(kindOf(Text.of(text.split('\n')))).toBe(wanted);
});
