/** Starts the page; the engine comes later, in a worker. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { WELCOME } from './app/welcome';
import { Workbench } from './app/workbench';
import { startDesk } from './engine/start';
import { keepForOffline } from './offline/register';
import './style/tokens.css';
import './style/base.css';
import './style/shell.css';
import './style/editor.css';
import './style/question.css';
import './style/dialog.css';

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App bench={new Workbench(startDesk(), WELCOME)} />
    </StrictMode>,
  );
}
keepForOffline();
