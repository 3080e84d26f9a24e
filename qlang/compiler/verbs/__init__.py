"""The verbs of `qlangc`, one file each: `main(argv) -> int` parses its options and does the work."""
