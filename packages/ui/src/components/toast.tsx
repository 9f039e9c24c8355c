import { createContext, use, useCallback, useMemo, useState } from 'react';
import { Icon } from './icon.tsx';
import { StatusShape } from './status-shape.tsx';

interface Message {
  id: number;
  tone: 'ok' | 'bad';
  text: string;
  detail?: string | undefined;
}

export interface Toaster {
  say: (text: string) => void;
  /** Does it; says `done` when it is done, and when it fails what was being done and why. */
  attempt: (doing: string, run: () => Promise<unknown>, done?: string) => void;
}

const ToastContext = createContext<Toaster | undefined>(undefined);

/** Says what came of things that have no place of their own on the screen. */
export function useToast(): Toaster {
  const toaster = use(ToastContext);
  if (toaster === undefined) throw new Error('programmer error: a screen outside of the toasts');
  return toaster;
}

const SHOWN_FOR = 6_000;

export function Toasts({ children }: { children: React.ReactNode }): React.ReactNode {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const close = useCallback((id: number) => setMessages((all) => all.filter((each) => each.id !== id)), []);
  const add = useCallback(
    (message: Omit<Message, 'id'>) => {
      const id = performance.now();
      setMessages((all) => [...all.slice(-3), { ...message, id }]);
      // Failures stay until somebody has read them.
      if (message.tone === 'ok') setTimeout(() => close(id), SHOWN_FOR);
    },
    [close],
  );
  const toaster = useMemo(
    (): Toaster => ({
      say: (text) => add({ tone: 'ok', text }),
      attempt: (doing, run, done) => {
        run().then(
          () => {
            if (done !== undefined) add({ tone: 'ok', text: done });
          },
          (error: unknown) =>
            add({ tone: 'bad', text: `${doing} failed`, detail: error instanceof Error ? error.message : String(error) }),
        );
      },
    }),
    [add],
  );
  return (
    <ToastContext value={toaster}>
      {children}
      <div className="toasts" aria-live="polite">
        {messages.map(({ id, tone, text, detail }) => (
          <div key={id} className="toast" role={tone === 'bad' ? 'alert' : 'status'}>
            <StatusShape look={tone === 'ok' ? { shape: 'ring-check', tone: 'ok' } : { shape: 'failed', tone: 'bad' }} />
            <span>
              <strong>{text}</strong>
              {detail === undefined ? null : <span className="subject">{detail}</span>}
            </span>
            <button type="button" className="icon-btn" aria-label="Close" onClick={() => close(id)}>
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
    </ToastContext>
  );
}
