/** Files dropped anywhere become texts. */
import { type DragEvent, type ReactNode, useState } from 'react';
import { readFiles } from '../share/import';
import { usePage } from './page';

export function DropTarget({ children }: { children: ReactNode }) {
  const { dispatch, announce } = usePage();
  const [isOver, setOver] = useState(false);
  const carriesFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keyboards have the dialog of Import.
    <div
      className={isOver ? 'drop drop-over' : 'drop'}
      onDragOver={event => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={event => {
        if (event.currentTarget === event.target || event.relatedTarget === null) setOver(false);
      }}
      onDrop={event => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        setOver(false);
        void readFiles(event.dataTransfer.files).then(({ documents, refused }) => {
          dispatch({ type: 'add', documents });
          announce(
            refused.length === 0
              ? `${documents.length} files added`
              : `${documents.length} files added; not read: ${refused.join(', ')}`,
          );
        });
      }}
    >
      {children}
    </div>
  );
}
