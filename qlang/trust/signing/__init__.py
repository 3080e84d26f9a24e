"""The signer: the one place where run manifests are signed, in a process of its own.

Nothing is imported here. `request` has what is asked and answered, `service` the core, `client` and `server` the
two ends of the process boundary. Its only verb is *sign this manifest*; bytes are never signed as they come.
"""
