"""TLS 1.3 with classical, hybrid and post-quantum parts, through pyOpenSSL (extra `tls`)."""
