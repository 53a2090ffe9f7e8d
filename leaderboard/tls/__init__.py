"""Certificates: what this machine is called, whether a certificate can be served, and an authority for one venue."""
