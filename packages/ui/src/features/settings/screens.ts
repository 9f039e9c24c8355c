/** The screens of the settings, fetched together. */
export { AuditTrail } from '../audit/audit-trail.tsx';
export { ConfigMapPage, ConfigMaps } from './config-maps.tsx';
export { CredentialPage, Credentials } from './credentials.tsx';
export { ManifestsList } from './manifests-list.tsx';
export { ReceiverForm, Receivers } from './receivers.tsx';
export { RolePage, Roles } from './roles.tsx';
export { ClusterSettings, ProjectSettings } from './settings-page.tsx';
export { Tokens } from './tokens.tsx';
