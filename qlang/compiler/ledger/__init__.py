"""What `qlangc ledger` does."""
