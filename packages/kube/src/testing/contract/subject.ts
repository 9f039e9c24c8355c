import {
  defineKind,
  Namespace,
  s,
  type ApiError,
  type Kind,
  type KubeObject,
  type ObjectOfKind,
  type StatusReason,
} from '@kargo/api';
import { ApiError as ApiErrorClass } from '@kargo/api';
import { expect } from 'vitest';
import type { Client, WatchEvent } from '../../client/client.ts';

/** What a client contract runs against. The API behind it serves {@link contractKinds} and the core kinds. */
export interface ContractSubject {
  client: Client;
  /** Makes the API forget the history before now, so that watches from older versions expire. */
  compact?: (() => void | Promise<void>) | undefined;
  /** Makes the API send bookmarks to watches that asked for them. */
  sendBookmarks?: (() => void | Promise<void>) | undefined;
  close?: (() => void | Promise<void>) | undefined;
}

/** A namespaced kind with a status subresource. */
export const Widget = defineKind({
  group: 'contract.kargo.dev',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  statusSubresource: true,
  schema: s.object({
    spec: s.optional(
      s.object({
        size: s.optional(s.int({ minimum: 0 })),
        color: s.optional(s.enum(['red', 'green', 'blue'], { default: 'red' })),
        parts: s.optional(s.array(s.string({ minLength: 1 }))),
        options: s.optional(s.map(s.string())),
      }),
    ),
    status: s.optional(s.object({ phase: s.optional(s.string()), counts: s.optional(s.map(s.int())) })),
  }),
});
export type Widget = ObjectOfKind<typeof Widget>;

/** A cluster-scoped kind without a status subresource. */
export const Gadget = defineKind({
  group: 'contract.kargo.dev',
  version: 'v1',
  kind: 'Gadget',
  plural: 'gadgets',
  scope: 'Cluster',
  schema: s.object({
    spec: s.optional(s.object({ size: s.optional(s.int()) })),
    status: s.optional(s.object({ phase: s.optional(s.string()) })),
  }),
});
export type Gadget = ObjectOfKind<typeof Gadget>;

/** The kinds that the API of a contract's subject serves besides the core kinds. */
export const contractKinds: readonly Kind<KubeObject>[] = [Widget, Gadget];

/** A test of the contract: runs in a namespace of its own. */
export interface ContractTest {
  title: string;
  run: (context: ContractContext) => Promise<void>;
  /** Without this hook of the subject the test is skipped. */
  needs?: 'compact' | 'sendBookmarks';
}

export interface ContractContext {
  client: Client;
  namespace: string;
  subject: ContractSubject;
  /** A widget of this test's namespace, not created yet. */
  widget: (name: string, spec?: Widget['spec'], metadata?: KubeObject['metadata']) => Widget;
}

/** Creates the namespace of a test. */
export async function openContext(subject: ContractSubject): Promise<ContractContext> {
  const { client } = subject;
  const created = await client.create(Namespace, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { generateName: 'contract-' },
  });
  const namespace = created.metadata.name ?? '';
  const widget = (name: string, spec?: Widget['spec'], metadata?: KubeObject['metadata']): Widget => ({
    apiVersion: 'contract.kargo.dev/v1',
    kind: 'Widget',
    metadata: { name, namespace, ...metadata },
    ...(spec === undefined ? {} : { spec }),
  });
  return { client, namespace, subject, widget };
}

/** Expects a call to be refused for `reason`, and returns the error. */
export async function refused(call: Promise<unknown>, reason: StatusReason): Promise<ApiError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error, `expected ${reason}, but the call succeeded or failed otherwise`).toBeInstanceOf(ApiErrorClass);
  const failure = error as ApiError;
  expect({ reason: failure.reason, message: failure.message }).toEqual({ reason, message: failure.message });
  return failure;
}

/** The first `count` events that are not bookmarks. */
export async function take<T extends KubeObject>(
  events: AsyncIterable<WatchEvent<T>>,
  count: number,
): Promise<{ type: string; object: T }[]> {
  const out: { type: string; object: T }[] = [];
  for await (const event of events) {
    if (event.type === 'BOOKMARK') continue;
    out.push(event);
    if (out.length === count) break;
  }
  return out;
}

/** Waits until an object is gone. */
export async function gone<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  namespace: string | undefined,
  name: string,
): Promise<void> {
  const fieldSelector = `metadata.name=${name}`;
  const { items, metadata } = await client.list(kind, { namespace, fieldSelector });
  if (items.length === 0) return;
  for await (const event of client.watch(kind, { namespace, fieldSelector, resourceVersion: metadata.resourceVersion }))
    if (event.type === 'DELETED') return;
}

/** `ADDED a`, `MODIFIED b`: what happened, without versions. */
export function told(events: readonly { type: string; object: KubeObject }[]): string[] {
  return events.map(({ type, object }) => `${type} ${object.metadata.name}`);
}
