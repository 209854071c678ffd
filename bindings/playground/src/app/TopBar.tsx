/** The bar: what this is, what one can begin with, and what one can take away. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { Gate, Icon } from '../style/Icon';

const Gallery = lazy(() => import('../gallery/GalleryDialog'));
const Import = lazy(() => import('../share/ImportDialog'));
const Share = lazy(() => import('../share/ShareDialog'));

type Open = 'gallery' | 'import' | 'share' | null;

export function TopBar() {
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <header className="bar">
      <h1 className="brand">
        <Gate />
        Portcullis
      </h1>
      <button type="button" className="button" onClick={() => setOpen('gallery')}>
        <Icon name="book" />
        Lessons
      </button>
      <button type="button" className="button" onClick={() => setOpen('import')}>
        <Icon name="inbox" />
        Import
      </button>
      <button type="button" className="button" onClick={() => setOpen('share')}>
        <Icon name="link" />
        Share
      </button>
      <span className="bar-space" />
      <Theme />
      <Suspense fallback={null}>
        {open === 'gallery' && <Gallery onClose={close} />}
        {open === 'import' && <Import onClose={close} />}
        {open === 'share' && <Share onClose={close} />}
      </Suspense>
    </header>
  );
}

const KEY = 'portcullis-theme';

/** Light or dark; until somebody chooses, as the system has it. */
function Theme() {
  const [theme, setTheme] = useState<string | null>(() => localStorage.getItem(KEY));
  useEffect(() => {
    if (theme === null) return;
    document.documentElement.dataset['theme'] = theme;
    localStorage.setItem(KEY, theme);
  }, [theme]);
  const isDark = theme === null ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
  const other = isDark ? 'light' : 'dark';
  return (
    <button
      type="button"
      className="button"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => setTheme(other)}
    >
      <Icon name={isDark ? 'sun' : 'moon'} />
    </button>
  );
}
