"""Everything that touches a results folder: store, fingerprints, certificates, freshness, locks. Imports no torch."""
