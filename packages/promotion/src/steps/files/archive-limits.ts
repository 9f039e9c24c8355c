/** Bytes of the largest file that is packed or unpacked. */
export const MAX_FILE = 50 * 1024 * 1024;

/** Bytes of all files of an archive together. */
export const MAX_TOTAL = 100 * 1024 * 1024;

/** Files, folders and links of an archive. */
export const MAX_ENTRIES = 100_000;

/** Bytes of an archive, unpacked: {@link MAX_TOTAL}, and what describes and fills up the entries. */
export const MAX_ARCHIVE = MAX_TOTAL + 64 * 1024 * 1024;
