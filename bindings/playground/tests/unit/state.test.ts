import { describe, expect, test } from 'vitest';
import { EMPTY, freeName, reduce, type Work } from '../../src/app/state';
import { marksOfTests } from '../../src/question/marks';

const work: Work = {
  ...EMPTY,
  documents: [
    { name: 'a.yaml', text: 'one two' },
    { name: 'b.yaml', text: 'three' },
  ],
  active: 'a.yaml',
};
const texts = ({ documents }: Work) => documents.map(({ name, text }) => [name, text]);

describe('edits that the engine made up', () => {
  const edits = [{ document: 'b.yaml', changes: [{ from: 0, to: 5, insert: 'four' }] }];

  test('change the text, and show it', () => {
    const after = reduce(work, { type: 'apply', edits, on: work.documents });
    expect(texts(after)).toEqual([
      ['a.yaml', 'one two'],
      ['b.yaml', 'four'],
    ]);
    expect(after.active).toBe('b.yaml');
  });

  test('count where other texts have changed since', () => {
    const edited = reduce(work, { type: 'edit', name: 'a.yaml', text: 'another' });
    expect(texts(reduce(edited, { type: 'apply', edits, on: work.documents }))[1]).toEqual([
      'b.yaml',
      'four',
    ]);
  });

  test('do nothing where the text is no longer the one that they are for', () => {
    const edited = reduce(work, { type: 'edit', name: 'b.yaml', text: 'tree' });
    expect(reduce(edited, { type: 'apply', edits, on: work.documents })).toBe(edited);
  });

  test('count in the text before them, however many there are', () => {
    const several = [
      {
        document: 'a.yaml',
        changes: [
          { from: 0, to: 3, insert: 'first' },
          { from: 4, to: 7, insert: 'second' },
        ],
      },
    ];
    const after = reduce(work, { type: 'apply', edits: several, on: work.documents });
    expect(texts(after)[0]).toEqual(['a.yaml', 'first second']);
  });

  test('may make a text that was not there', () => {
    const made = [{ document: 'c.yaml', changes: [{ from: 0, to: 0, insert: 'five' }] }];
    const after = reduce(work, { type: 'apply', edits: made, on: work.documents });
    expect(texts(after)[2]).toEqual(['c.yaml', 'five']);
  });
});

test('a name that is taken gets a number', () => {
  expect(freeName('a.yaml', new Set(['a.yaml', 'a-2.yaml']))).toBe('a-3.yaml');
  expect(freeName('a', new Set(['a']))).toBe('a-2');
});

test('what becomes of assertions stands beside them', () => {
  const span = { document: 'a.yaml', line: 1, column: 1, from: 0, to: 3, fromByte: 0, toByte: 3 };
  const marks = marksOfTests([
    { name: 'one', span, status: 'passed' },
    { name: 'two', span, status: 'failed', message: 'not so' },
    { name: 'three', span: null, status: 'passed' },
  ]);
  expect(marks.map(({ tone, text }) => [tone, text])).toEqual([
    ['allow', '✓ holds'],
    ['deny', '✕ does not hold'],
  ]);
});
