"""What lies in a results folder: records, weights, verifications, certificates; fingerprints and freshness. No torch."""
