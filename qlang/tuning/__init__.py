"""Search for the fastest configuration of a kernel on a device, and the records of what was found."""
