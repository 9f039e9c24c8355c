/** Who did something, as text in annotations, events and status. */

/** The administrator. */
export const ADMIN_ACTOR = 'admin';
/** Someone who cannot be named. */
export const UNKNOWN_ACTOR = 'unknown actor';

/** A component of the control plane. */
export const controllerActor = (component: string): string => `controller:${component}`;
/** A user of the Kubernetes API. */
export const kubernetesActor = (username: string): string => `kubernetes:${username}`;
export const emailActor = (email: string): string => `email:${email}`;
export const subjectActor = (subject: string): string => `subject:${subject}`;
/** A user known by the value of some claim. */
export const claimActor = (claim: string, value: string): string => `${claim}:${value}`;

/** Whether the actor is a component of the control plane. */
export function isControllerActor(actor: string): boolean {
  return actor.startsWith('controller:');
}

/** The actor as expressions see it: what follows the first `:`, or all of it; empty for someone unknown. */
export function expressionActor(actor: string | undefined): string {
  if (actor === undefined || actor === UNKNOWN_ACTOR) return '';
  return actor.slice(actor.indexOf(':') + 1);
}
