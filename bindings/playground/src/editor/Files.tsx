/** The texts' tabs, with how many errors and warnings each has. */
import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useFindings, usePage, useWork } from '../app/page';
import { freeName } from '../app/state';
import { tabFrom } from '../app/tabs';
import { Icon } from '../style/Icon';

export function Files() {
  const { dispatch, bench } = usePage();
  const documents = useWork(work => work.documents);
  const active = useWork(work => work.active);
  const diagnostics = useFindings(findings => findings.diagnostics);
  const lint = useFindings(findings => findings.lint);
  const list = useRef<HTMLDivElement>(null);
  const names = documents.map(({ name }) => name);

  // biome-ignore lint/correctness/useExhaustiveDependencies: whichever is shown has to be seen.
  useEffect(() => {
    list.current
      ?.querySelector('[aria-selected="true"]')
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [active]);

  const show = (name: string) => {
    dispatch({ type: 'show', name });
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
  };
  const onKeyDown = (event: KeyboardEvent, at: number) => {
    const to = tabFrom(names, at, event.key);
    if (to !== undefined) {
      event.preventDefault();
      show(to);
    } else if (event.key === 'Delete') {
      event.preventDefault();
      remove(names[at]);
    }
  };
  const remove = (name: string | undefined) => {
    const document = documents.find(one => one.name === name);
    if (!document) return;
    if (document.text.trim() !== '' && !confirm(`Remove ${document.name}?`)) return;
    dispatch({ type: 'remove', name: document.name });
  };

  return (
    <div className="files">
      <div className="files-list" role="tablist" aria-label="Texts" ref={list}>
        {names.map((name, at) => (
          <button
            type="button"
            key={name}
            id={`file-${name}`}
            role="tab"
            className="file"
            aria-selected={name === active}
            aria-controls="text-panel"
            tabIndex={name === active ? 0 : -1}
            onClick={() => dispatch({ type: 'show', name })}
            onKeyDown={event => onKeyDown(event, at)}
          >
            {name}
            <Count name={name} severity="error" list={diagnostics} />
            <Count name={name} severity="warning" list={[...diagnostics, ...lint]} />
          </button>
        ))}
      </div>
      <button
        type="button"
        className="button button-small"
        aria-label="New text"
        title="New text"
        onClick={() => {
          const name = freeName('manifests.yaml', new Set(names));
          const work = { ...bench.work(), active: name };
          dispatch({ type: 'open', work: { ...work, documents: [...documents, { name, text: '' }] } });
        }}
      >
        <Icon name="plus" />
      </button>
      <button
        type="button"
        className="button button-small"
        aria-label={`Remove ${active}`}
        title={`Remove ${active}`}
        onClick={() => remove(active)}
      >
        <Icon name="trash" />
      </button>
    </div>
  );
}

interface Counted {
  severity: string;
  span: { document: string } | null;
}

function Count({ name, severity, list }: { name: string; severity: string; list: readonly Counted[] }) {
  const count = list.filter(one => one.severity === severity && one.span?.document === name).length;
  if (count === 0) return null;
  return (
    <span className={`file-count file-count-${severity}`}>
      {count}
      <span className="visually-hidden"> {count === 1 ? severity : `${severity}s`}</span>
    </span>
  );
}
