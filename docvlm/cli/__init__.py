"""The command line: ``python -m docvlm``."""
