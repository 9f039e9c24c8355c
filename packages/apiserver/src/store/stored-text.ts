import type { KubeObject } from '@kargo/api';
import { deepFreeze } from '@kargo/kube';

/** An object as it was stored, read only when somebody asks for it: text takes a third of the memory, and no time at the start. */
export class StoredText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The object, deeply frozen. */
  read(): KubeObject {
    return deepFreeze(JSON.parse(this.text) as KubeObject);
  }
}
