"""Starts the servers, puts the questions to them in turn, and sets the answers side by side. Used by scripts/bench."""
