"""What lies in a results folder: records, weights, verifications, certificates; fingerprints, freshness. No torch."""
