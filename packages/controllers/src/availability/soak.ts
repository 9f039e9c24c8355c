/** How long Freight has been where: decided in one place, which the dashboard asks too. */
export { dwell, isApprovedFor, isCurrentlyIn, isVerifiedIn, soak, soakMilliseconds, soakText, type Soak } from '@kargo/api';
