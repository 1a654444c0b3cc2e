"""Waits: the model, what it is fed with, what is shown of it and what came of it (R3.30-R3.32)."""
