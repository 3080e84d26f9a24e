"""What `qlangc keys` does, by theme."""
