import { NavLink } from 'react-router';
import { Icon } from '../../components/icon.tsx';

/** The sections of a project on a phone, under the thumb. */
export function BottomBar({ project }: { project: string }): React.ReactNode {
  const at = `/project/${project}`;
  return (
    <nav className="bottom-bar" aria-label="Sections">
      <NavLink to={at} end>
        <Icon name="warehouse" />
        Pipeline
      </NavLink>
      <NavLink to={`${at}/promotions`}>
        <Icon name="arrow" />
        Promotions
      </NavLink>
      <NavLink to={`${at}/verifications`}>
        <Icon name="pulse" />
        Verification
      </NavLink>
      <NavLink to={`${at}/events`}>
        <Icon name="list" />
        Events
      </NavLink>
      <NavLink to={`${at}/settings`}>
        <Icon name="more" />
        Settings
      </NavLink>
    </nav>
  );
}
