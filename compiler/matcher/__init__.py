"""The Python engine: fold → scan → entities → evaluate, the same stages and names as extension/src/engine."""
