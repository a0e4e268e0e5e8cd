"""The rulebook compiler: YAML files in, a release (bundle.json + automaton.bin) and diagnostics out.

Imports nothing of the project's other parts.
"""
