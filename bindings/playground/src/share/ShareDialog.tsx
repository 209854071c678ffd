/** Taking it away: a link that holds everything, Markdown, or a file. */
import { useEffect, useState } from 'react';
import { usePage, useWork, whole } from '../app/page';
import { Icon } from '../style/Icon';
import { Sheet } from '../style/Sheet';
import { toFragment } from './link';
import { toMarkdown } from './markdown';

/** What chats and browsers take without cutting it. */
const LONG = 8000;

export default function ShareDialog({ onClose }: { onClose: () => void }) {
  const { desk } = usePage();
  const work = useWork(whole);
  const [link, setLink] = useState<string | null>(null);
  const [done, setDone] = useState('');

  useEffect(() => {
    let isCurrent = true;
    void toFragment(work).then(fragment => {
      if (isCurrent) setLink(location.href.replace(/#.*$/, '') + fragment);
    });
    return () => {
      isCurrent = false;
    };
  }, [work]);

  const copy = async (text: string, what: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(`${what} copied`);
    } catch {
      setDone('The browser does not let this page copy: mark the text and copy it by hand');
    }
  };
  return (
    <Sheet title="Share" onClose={onClose}>
      <p className="warning">
        <strong>All texts are in the link.</strong> Whoever has it can read every manifest, names and
        addresses included. It is sent to no server: what stands after <code>#</code> stays in browsers, and
        in chats and histories where the link is pasted.
      </p>
      <label>
        <span className="label">
          Link{link !== null && `, ${link.length.toLocaleString('en')} characters`}
          {link !== null && link.length > LONG && ': some chats will cut it; share the file instead'}
        </span>
        <input className="field" readOnly value={link ?? ''} onFocus={event => event.target.select()} />
      </label>
      <div className="sheet-actions">
        <button
          type="button"
          className="button button-main"
          disabled={link === null}
          onClick={() => link !== null && void copy(link, 'Link')}
        >
          <Icon name="link" />
          Copy link
        </button>
        <button
          type="button"
          className="button button-edged"
          onClick={() =>
            void copy(
              toMarkdown(work, desk.findings().explanation, (link?.length ?? 0) > LONG ? null : link),
              'Markdown',
            )
          }
        >
          Copy as Markdown
        </button>
        <button type="button" className="button button-edged" onClick={() => download(work.documents)}>
          Download YAML
        </button>
      </div>
      <p role="status" className="allowed">
        {done}
      </p>
    </Sheet>
  );
}

/** All texts as one file, in their order. */
function download(documents: readonly { name: string; text: string }[]): void {
  const text = documents.map(document => `# ${document.name}\n${document.text.trimEnd()}\n`).join('---\n');
  const url = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = 'manifests.yaml';
  anchor.click();
  URL.revokeObjectURL(url);
}
