"""From labelled documents and settings to an adapter: examples, collation, the trainer, runs."""
