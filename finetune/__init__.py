"""Training: from labels or generated documents to adapters for the embedded model."""
