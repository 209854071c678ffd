/** A table with the names of its columns, in a frame that scrolls; of a long one, the first rows and how many more there are. */
import type { ReactNode } from 'react';
import { Scrolled } from './Scrolled';

interface Properties<T> {
  heads: readonly string[];
  items: readonly T[];
  /** So many are listed. */
  most: number;
  /** The cells of a row. */
  row: (item: T) => ReactNode;
}

export function Listing<T>({ heads, items, most, row }: Properties<T>) {
  return (
    <>
      <Scrolled label={heads.join(', ')}>
        <table>
          <thead>
            <tr>
              {heads.map(head => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.slice(0, most).map((item, at) => (
              <tr key={at}>{row(item)}</tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
      {items.length > most && <p className="quiet">and {items.length - most} more</p>}
    </>
  );
}
