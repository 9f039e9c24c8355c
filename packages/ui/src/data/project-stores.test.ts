import { describe, expect, it } from 'vitest';
import { ProjectStores } from './project-stores.ts';

const tokenOf = (sub: string, exp: number): string =>
  `x.${Buffer.from(JSON.stringify({ iss: 'https://sso', sub, exp })).toString('base64url')}.y`;

function stores(): { session: { token: string | undefined }; all: ProjectStores } {
  const session: { token: string | undefined } = { token: tokenOf('ann', 1) };
  const all = new ProjectStores(session, {
    follow: () => {
      throw new Error('away');
    },
    now: () => 0,
    after: () => () => undefined,
    frame: () => undefined,
    isSeen: () => true,
    onAttention: () => () => undefined,
  });
  return { session, all };
}

describe('what is known of projects', () => {
  it('is kept when the token is renewed or gone, and not for somebody else', () => {
    const { session, all } = stores();
    const shop = all.of('shop');
    session.token = tokenOf('ann', 2);
    expect(all.of('shop')).toBe(shop);
    session.token = undefined;
    expect(all.of('shop')).toBe(shop);
    session.token = tokenOf('bob', 2);
    expect(all.of('shop')).not.toBe(shop);
  });

  it('is let go for the project that nobody looked at for longest, once there are many', () => {
    const { all } = stores();
    const [first, watched] = [all.of('first'), all.of('watched')];
    const leave = watched.subscribe(() => undefined);
    for (let n = 0; n < 18; n++) all.of(`project-${n}`);
    expect(all.of('first')).toBe(first);
    for (let n = 0; n < 20; n++) all.of(`other-${n}`);
    expect(all.of('watched')).toBe(watched);
    expect(all.of('first')).not.toBe(first);
    leave();
  });
});
