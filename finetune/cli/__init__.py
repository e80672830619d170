"""The command line of the training side, one module a group of commands."""
