import { createHash } from 'node:crypto';
import { defineKind, type Kind, type KubeObject } from '@kargo/api';
import type { AccessAttributes, Authorizer, Client, Clock, UserInfo } from '@kargo/kube';

interface SubjectAccessReview extends KubeObject {
  spec: object;
  status?: { allowed: boolean; denied?: boolean; reason?: string };
}

const SubjectAccessReview = defineKind<Omit<SubjectAccessReview, keyof KubeObject>>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  scope: 'Cluster',
}) as unknown as Kind<SubjectAccessReview>;

interface TokenReview extends KubeObject {
  spec: { token: string };
  status?: { authenticated?: boolean; user?: Partial<UserInfo> };
}

const TokenReview = defineKind<Omit<TokenReview, keyof KubeObject>>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  scope: 'Cluster',
}) as unknown as Kind<TokenReview>;

/** How long answers count, in milliseconds: rights that were taken away end within that time. */
const ALLOWED_COUNTS = 10_000;
const DENIED_COUNTS = 3000;
const TOKEN_COUNTS = 10_000;
const MOST_ANSWERS = 5000;

/** Decisions of the cluster that `client` reaches, by SubjectAccessReview. Answers count for some seconds. */
export function clusterAuthorizer(client: Pick<Client, 'create'>, clock: Clock): Authorizer {
  const known = new RecentAnswers<{ allowed: boolean; reason?: string }>(clock);
  return {
    authorize: (user, attributes) =>
      known.get(
        JSON.stringify([user, attributes]),
        async () => {
          const spec = { ...subjectOf(user), ...attributesOf(attributes) };
          const review = { apiVersion: 'authorization.k8s.io/v1', kind: SubjectAccessReview.kind, metadata: {}, spec };
          const { status } = await client.create<SubjectAccessReview>(SubjectAccessReview, review);
          const { reason } = status ?? {};
          const allowed = status?.allowed === true && status.denied !== true;
          return { allowed, ...(reason === undefined || reason === '' ? {} : { reason }) };
        },
        ({ allowed }) => (allowed ? ALLOWED_COUNTS : DENIED_COUNTS),
      ),
  };
}

/** Whose tokens are, by TokenReview. Answers count for some seconds. Fails when the cluster cannot be asked. */
export function clusterTokens(client: Pick<Client, 'create'>, clock: Clock): (token: string) => Promise<UserInfo | undefined> {
  const known = new RecentAnswers<UserInfo | undefined>(clock);
  return (token) =>
    known.get(
      createHash('sha256').update(token).digest('base64'),
      async () => {
        const review = { apiVersion: 'authentication.k8s.io/v1', kind: TokenReview.kind, metadata: {}, spec: { token } };
        const { status } = await client.create<TokenReview>(TokenReview, review);
        const { username = '', ...rest } = status?.user ?? {};
        return status?.authenticated === true && username !== '' ? { ...rest, username } : undefined;
      },
      (user) => (user === undefined ? 0 : TOKEN_COUNTS),
    );
}

function subjectOf({ username, groups, uid, extra }: UserInfo): object {
  return {
    user: username,
    ...(groups === undefined ? {} : { groups }),
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
}

function attributesOf({ path, verb, ...resource }: AccessAttributes): object {
  return path === undefined ? { resourceAttributes: { verb, ...resource } } : { nonResourceAttributes: { verb, path } };
}

/** Remembers answers for a time; equal questions under way are asked once. Failures are not remembered. */
class RecentAnswers<V> {
  readonly #clock: Clock;
  readonly #answers = new Map<string, { value: Promise<V>; until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get(question: string, ask: () => Promise<V>, countsFor: (value: V) => number): Promise<V> {
    const known = this.#answers.get(question);
    if (known !== undefined && this.#clock.now() < known.until) return known.value;
    const answer = { value: ask(), until: Infinity };
    this.#answers.delete(question);
    this.#answers.set(question, answer);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= MOST_ANSWERS) break;
      this.#answers.delete(oldest);
    }
    try {
      const value = await answer.value;
      answer.until = this.#clock.now() + countsFor(value);
      return value;
    } catch (error) {
      if (this.#answers.get(question) === answer) this.#answers.delete(question);
      throw error;
    }
  }
}
