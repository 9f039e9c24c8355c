import { describe, expect, it } from 'vitest';
import { SessionStore } from './session.ts';

const NOW = 1_800_000_000_000;
const token = (exp: number): string => `x.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.y`;

class Memory {
  readonly items = new Map<string, string>();
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.items.set(key, value);
  removeItem = (key: string): void => void this.items.delete(key);
}

describe('the session of a browser', () => {
  it('outlives the page, and not its token', () => {
    const storage = new Memory();
    new SessionStore(storage, NOW).signIn(token(NOW / 1000 + 60));
    expect(new SessionStore(storage, NOW).token).toBeDefined();
    expect(new SessionStore(storage, NOW + 61_000).token).toBeUndefined();
  });

  it('keeps a token that is over while it can be renewed', () => {
    const storage = new Memory();
    new SessionStore(storage, NOW).signIn(token(NOW / 1000 + 60), 'again');
    expect(new SessionStore(storage, NOW + 61_000)).toMatchObject({ token: token(NOW / 1000 + 60), renewal: 'again' });
  });

  const of = (sub: string): string => `x.${Buffer.from(JSON.stringify({ iss: 'sso', sub })).toString('base64url')}.y`;

  it('forgets what was typed when somebody signs out, or somebody else signs in; not when a session is over or renewed', () => {
    const storage = new Memory();
    let forgotten = 0;
    const session = new SessionStore(storage, NOW, {
      forgetTyped: () => (forgotten += 1),
      startOver: () => undefined,
    });
    session.signIn(of('ann'));
    session.signIn(of('ann'), 'renewed');
    session.end();
    session.signIn(of('ann'));
    expect(forgotten).toBe(0);
    session.end();
    session.signIn(of('bob'));
    expect(forgotten).toBe(1);
    session.signOut();
    session.signIn('opaque');
    expect(forgotten).toBe(2);
    session.end();
    expect([...storage.items.values()].join()).not.toContain('opaque');
    session.signIn('another');
    expect(forgotten).toBe(3);
  });

  it('has a page start over that was somebody else’s, also when it slept through the change', () => {
    const storage = new Memory();
    const startOvers: string[] = [];
    const tab = (name: string): SessionStore =>
      new SessionStore(storage, NOW, { forgetTyped: () => undefined, startOver: () => startOvers.push(name) });
    tab('before').signIn(of('ann'));
    const [here, asleep] = [tab('here'), tab('asleep')];
    here.signIn(of('ann'), 'renewed');
    asleep.changed();
    here.signOut();
    here.signIn(of('bob'));
    // Who signs out has left the page.
    expect(startOvers).toEqual([]);
    asleep.changed();
    expect(startOvers).toEqual(['asleep']);
    here.end();
    here.signIn(of('bob'));
    expect(startOvers).toEqual(['asleep']);
    here.end();
    here.signIn(of('ann'));
    expect(startOvers).toEqual(['asleep', 'here']);
  });

  it('tells an end that nobody asked for from signing out', () => {
    const session = new SessionStore(new Memory(), NOW);
    const heard: boolean[] = [];
    session.subscribe(() => heard.push(session.isOver));
    session.signIn('a');
    session.end();
    session.signIn('b');
    session.signOut();
    expect(heard).toEqual([false, true, false, false]);
  });
});
