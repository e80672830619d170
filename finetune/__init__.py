"""Training: from labels or generated documents to adapters for the embedded model."""

import docvlm  # noqa: F401 - sets up how threads wait, before PyTorch is imported
