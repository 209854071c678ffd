/** Bringing in what one has: pasted, dropped, or chosen. */
import { useRef, useState } from 'react';
import { usePage } from '../app/page';
import { EMPTY } from '../app/state';
import { Icon } from '../style/Icon';
import { Sheet } from '../style/Sheet';
import { readFiles, withoutBookkeeping } from './import';

export default function ImportDialog({ onClose }: { onClose: () => void }) {
  const { bench, dispatch, announce } = usePage();
  const [text, setText] = useState('');
  const [isAlone, setAlone] = useState(true);
  const [refused, setRefused] = useState<readonly string[]>([]);
  const files = useRef<HTMLInputElement>(null);

  const add = (documents: { name: string; text: string }[]) => {
    if (documents.length === 0) return;
    if (isAlone) {
      const [first] = documents;
      // The question named objects that are gone now.
      dispatch({
        type: 'open',
        work: { ...EMPTY, documents, active: first?.name ?? '', profile: bench.work().profile },
      });
    } else {
      dispatch({ type: 'add', documents });
    }
    announce(documents.length === 1 ? '1 text brought in' : `${documents.length} texts brought in`);
    onClose();
  };

  return (
    <Sheet title="Import" onClose={onClose}>
      <p>Nothing leaves this page: the engine runs in it.</p>
      <label>
        <span className="label">Paste YAML or JSON, such as what this prints</span>
        <code className="command">kubectl get ns,node,pod,deploy,sts,ds,svc,netpol -A -o yaml</code>
        <textarea
          className="field paste"
          rows={10}
          spellCheck="false"
          value={text}
          onChange={event => setText(event.target.value)}
        />
      </label>
      <label className="check">
        <input type="checkbox" checked={isAlone} onChange={event => setAlone(event.target.checked)} />
        In place of what is there now
      </label>
      {refused.length > 0 && <p className="denied">Not read: {refused.join(', ')}</p>}
      <div className="sheet-actions">
        <input
          ref={files}
          type="file"
          multiple
          hidden
          accept=".yaml,.yml,.json,.txt"
          onChange={event => {
            const chosen = event.target.files;
            if (!chosen) return;
            void readFiles(chosen).then(read => {
              setRefused(read.refused);
              add(read.documents);
            });
          }}
        />
        <button type="button" className="button button-edged" onClick={() => files.current?.click()}>
          <Icon name="inbox" />
          Choose files
        </button>
        <button
          type="button"
          className="button button-main"
          disabled={text.trim() === ''}
          onClick={() => add([{ name: 'pasted.yaml', text: withoutBookkeeping(text) }])}
        >
          Import
        </button>
      </div>
      <p className="quiet">Files can be dropped anywhere on the page, too.</p>
    </Sheet>
  );
}
