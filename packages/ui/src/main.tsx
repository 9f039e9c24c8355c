import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app.tsx';
import { Ticker } from './components/use-now.ts';
import { browserEnvironment } from './browser.ts';
import { Api } from './data/api.ts';
import { dropDrafts } from './data/drafts.ts';
import { HeartbeatStore } from './data/heartbeats.ts';
import { ProjectStores } from './data/project-stores.ts';
import { SessionStore } from './data/session.ts';
import { connectWorker } from './data/streams/shared-worker.ts';
import { Streams } from './data/streams/streams.ts';
import { chooseTheme, chosenTheme } from './features/shell/theme.ts';
import { ServicesContext, type Services } from './services.ts';
import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/geist-mono/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/board.css';
import './styles/panel.css';
import './styles/run.css';
import './styles/forms.css';
import './styles/shell.css';
import './styles/tables.css';
import './styles/graph.css';

const session = new SessionStore(window.localStorage, Date.now(), {
  forgetTyped: () => dropDrafts(window.localStorage),
  startOver: () => window.location.reload(),
});
window.addEventListener('storage', () => session.changed());
const api = new Api(session, window.fetch.bind(window));
const streams = new Streams({
  api,
  session,
  base: document.baseURI,
  connect: connectWorker,
  after: browserEnvironment.after,
  onLeave: (call) => window.addEventListener('pagehide', call),
});
streams.prepare();
const services: Services = {
  session,
  api,
  follow: streams.follow,
  projects: new ProjectStores(session, { follow: streams.follow, ...browserEnvironment }),
  heartbeats: new HeartbeatStore({ ask: api.heartbeats, ...browserEnvironment }),
  ticker: new Ticker(5_000),
  seconds: new Ticker(1_000),
};

// Before the first screen, which may be that of signing in.
chooseTheme(chosenTheme());

const base = new URL(document.baseURI).pathname.replace(/\/$/, '');
const root = document.getElementById('root');
if (root === null) throw new Error('the page has no place to draw into');
createRoot(root).render(
  <StrictMode>
    <ServicesContext value={services}>
      <BrowserRouter basename={base}>
        <App />
      </BrowserRouter>
    </ServicesContext>
  </StrictMode>,
);
