/** Where the work comes from when the page opens, and where it is kept: a link, who serves the page, this tab's memory. */
import { useEffect, useState } from 'react';
import { fromFragment, isLink, LinkError } from '../share/link';
import { EMPTY, VIEWS, type Work } from './state';
import type { Workbench } from './workbench';

const KEY = 'portcullis-work';
/** Milliseconds without a change after which the work is kept. */
const PAUSE = 400;

/** Opens what there is, and keeps the work in the tab; gives why a link could not be opened. */
export function useKept(bench: Workbench): string | null {
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isOpen, setOpen] = useState(false);

  useEffect(() => {
    const open = async () => {
      try {
        const opened = await begin();
        if (opened) bench.dispatch({ type: 'open', work: opened });
        setTrouble(null);
      } catch (error) {
        setTrouble(error instanceof LinkError ? error.message : 'what it leads to cannot be read');
      }
      setOpen(true);
    };
    void open();
    const onLink = () => {
      if (isLink(location.hash)) void open();
    };
    addEventListener('hashchange', onLink);
    return () => removeEventListener('hashchange', onLink);
  }, [bench]);

  useEffect(() => {
    if (!isOpen) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const writeLater = () => {
      clearTimeout(timer);
      timer = setTimeout(() => write(bench.work()), PAUSE);
    };
    writeLater();
    const unsubscribe = bench.subscribe(writeLater);
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }, [bench, isOpen]);

  return trouble;
}

async function begin(): Promise<Work | null> {
  if (isLink(location.hash)) {
    const opened = await fromFragment(location.hash);
    // Taken out of the address, or a reload would undo what is edited from here on.
    history.replaceState(null, '', location.pathname + location.search);
    return opened;
  }
  return read() ?? (await served());
}

/** Where `portcullis playground` has the manifests that it was given; another place for each start of it. */
function manifests(): string | null {
  return document.querySelector<HTMLMetaElement>('meta[name="portcullis-manifests"]')?.content ?? null;
}

async function served(): Promise<Work | null> {
  const place = manifests();
  if (place === null) return null;
  const { documents } = (await (await fetch(place)).json()) as Pick<Work, 'documents'>;
  const policies = documents.find(({ text }) => /^kind: *\w*NetworkPolicy\b/m.test(text));
  const shown = policies ?? documents[0];
  return shown ? { ...EMPTY, documents, active: shown.name } : null;
}

/** What the tab holds of this start of the server, or of the site where nobody serves manifests. */
function read(): Work | null {
  try {
    const { from, work } = JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as {
      from?: string | null;
      work?: Work;
    };
    const isUsable = work && from === manifests() && VIEWS.includes(work.view) && work.documents.length > 0;
    return isUsable ? work : null;
  } catch {
    return null;
  }
}

function write(work: Work): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ from: manifests(), work }));
  } catch {
    // Full or forbidden: the page works without.
  }
}
