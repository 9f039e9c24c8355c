/** Whether Freight may go to a Stage: decided in one place, which the dashboard asks too. */
export {
  availabilityMessage,
  availableFreight,
  compareText,
  isFreightAvailable,
  nextAvailabilityChange,
  type Availability,
  type Unavailability,
} from '@kargo/api';
