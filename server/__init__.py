"""Distributes releases: watches the rulebook, signs, serves, pushes. Imports `compiler` only."""
