// Which Node can verify: older ones know neither ML-DSA nor SLH-DSA, and would call a genuine run broken.

/** Why this version of Node cannot verify, or null if it can. */
export function versionFault(version = process.versions.node) {
  const [major, minor] = version.split(".").map(Number);
  return major > 24 || (major === 24 && minor >= 15) ? null : `needs Node 24.15 or newer, this is ${version}`;
}

/** Ends the process with status 2, which is no verdict, where Node is too old. */
export function demandNode(program) {
  const fault = versionFault();
  if (fault === null) return;
  console.error(`${program} ${fault}`);
  process.exit(2);
}
